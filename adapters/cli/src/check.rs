//! `check`: what no compiler sees.

use partitura_runtime::app::{Blueprint, Finding, Severity};

use crate::exit;
use crate::table::count;
use crate::world::World;

/// Every finding of `verify`. Exit code 70 when one of them is an error.
pub(crate) fn check(blueprint: &'static Blueprint, json: bool, world: &mut World<'_>) -> u8 {
    let findings = blueprint.verify();
    let is_wrong = findings.iter().any(|finding| finding.severity == Severity::Error);
    let text = if json { crate::describe::json(&findings) } else { words(blueprint, &findings, is_wrong) };
    match (world.answer(text), is_wrong) {
        (false, _) => exit::OUTPUT,
        (true, true) => exit::INTERNAL,
        (true, false) => exit::DONE,
    }
}

fn words(blueprint: &'static Blueprint, findings: &[Finding], is_wrong: bool) -> String {
    let mut lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    if is_wrong {
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        let warnings = findings.len() - errors;
        lines.push(format!("{}, {}", count(errors, "error"), count(warnings, "warning")));
    } else {
        let made = blueprint.describe();
        let [messages, providers, modules] = [
            count(made.messages.len(), "message"),
            count(made.providers.len(), "provider"),
            count(made.modules.len(), "module"),
        ];
        let warnings = match findings.len() {
            0 => String::new(),
            number => format!(" ({})", count(number, "warning")),
        };
        lines.push(format!("ok: {messages}, {providers}, {modules}{warnings}"));
    }
    lines.join("\n")
}
