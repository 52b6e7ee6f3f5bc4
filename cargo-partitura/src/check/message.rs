//! A finding as cargo hands one of rustc's to editors: `{"reason": "compiler-message", ..}`.

use serde_json::{Value, json};

use super::{Finding, Place};
use crate::application::Application;

/// One line of `--message-format=json`.
pub(super) fn json(application: &Application, finding: &Finding, places: &[Place], rendered: &str) -> Value {
    let binary = &application.binary;
    let spans: Vec<Value> = places.iter().enumerate().map(|(number, place)| span(place, number == 0)).collect();
    let help = json!({
        "message": format!("`cargo partitura explain {}`", finding.code),
        "code": null, "level": "help", "spans": [], "children": [], "rendered": null,
    });
    json!({
        "reason": "compiler-message",
        "package_id": binary.package.id,
        "manifest_path": binary.package.manifest_path,
        "target": {
            "kind": ["bin"], "crate_types": ["bin"], "name": binary.name, "src_path": binary.source,
            "edition": binary.package.edition,
        },
        "message": {
            "$message_type": "diagnostic",
            "message": finding.message,
            "code": { "code": finding.code, "explanation": null },
            "level": finding.severity.word(),
            "spans": spans,
            "children": [help],
            "rendered": format!("{rendered}\n\n"),
        },
    })
}

fn span(place: &Place, is_primary: bool) -> Value {
    let source = place.source.as_ref();
    let (text, offset) = source.map_or((String::new(), 0), |source| (source.text.clone(), source.offset));
    let range = source.map_or(0..0, super::Source::range);
    // rustc counts columns in characters, from one.
    let column = |byte: usize| text[..byte].chars().count() + 1;
    let [start, end] = [column(range.start), column(range.end)];
    json!({
        "file_name": place.file,
        "byte_start": offset + range.start, "byte_end": offset + range.end,
        "line_start": place.line, "line_end": place.line,
        "column_start": start, "column_end": end,
        "is_primary": is_primary,
        "text": [{ "text": text, "highlight_start": start, "highlight_end": end }],
        "label": if is_primary { Value::Null } else { Value::from("also here") },
        "suggested_replacement": null, "suggestion_applicability": null, "expansion": null,
    })
}
