//! A finding as rustc shows one: the lines themselves, underlined.

use super::{Finding, Place};
use crate::explain;

/// The text, without a line break at its end.
pub(super) fn render(finding: &Finding, places: &[Place]) -> String {
    let digits = places.iter().map(|place| place.line.to_string().len()).max().unwrap_or(1);
    let margin = " ".repeat(digits);
    let mut lines = vec![format!("{}[{}]: {}", finding.severity.word(), finding.code, finding.message)];
    for (number, place) in places.iter().enumerate() {
        let (arrow, underline) = if number == 0 { ("-->", "^") } else { (":::", "-") };
        let Some(source) = &place.source else {
            lines.push(format!("{margin}{arrow} {}:{}", place.file, place.line));
            continue;
        };
        let range = source.range();
        let before = source.text[..range.start].chars().count();
        let width = source.text[range.clone()].chars().count().max(1);
        lines.push(format!("{margin}{arrow} {}:{}:{}", place.file, place.line, before + 1));
        lines.push(format!("{margin} |"));
        lines.push(format!("{:>digits$} | {}", place.line, source.text.trim_end().replace('\t', " ")));
        lines.push(format!("{margin} | {}{}", " ".repeat(before), underline.repeat(width)));
    }
    lines.push(format!("{margin} |"));
    if let Some(title) = explain::title(&finding.code) {
        lines.push(format!("{margin} = help: {title}: `cargo partitura explain {}`", finding.code));
    } else {
        lines.pop();
    }
    lines.join("\n")
}
