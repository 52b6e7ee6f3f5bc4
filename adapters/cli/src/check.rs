//! `check`: what no compiler sees.

use std::collections::BTreeSet;
use std::sync::Arc;

use partitura_runtime::app::{Blueprint, Finding, Severity};
use partitura_runtime::config::{Config, Mistake, Mistakes, Origin};
use partitura_runtime::entrypoint::Entrypoint;
use partitura_runtime::error::Error;

use crate::options::Options;
use crate::table::count;
use crate::world::World;
use crate::{exit, told};

/// The code of what is wrong with the configuration.
const CONFIGURATION: &str = "PT0206";

/// Every finding of `verify`, and what is wrong with the configuration, in the words in which a start tells it. Exit code 70 when
/// something is wrong with the wiring, 78 when something is with the configuration alone.
pub(crate) fn check(
    blueprint: &'static Blueprint,
    options: &Options,
    entrypoints: &[Arc<dyn Entrypoint>],
    json: bool,
    world: &mut World<'_>,
) -> u8 {
    let mut findings = blueprint.verify();
    let is_miswired = has_errors(&findings);
    findings.extend(configured(blueprint, options.load(blueprint, world), entrypoints));
    let is_wrong = has_errors(&findings);
    let text = if json { crate::describe::json(&findings) } else { words(blueprint, &findings, is_wrong) };
    match world.answer(text) {
        false => exit::OUTPUT,
        true if is_miswired => exit::INTERNAL,
        true if is_wrong => exit::CONFIGURATION,
        true => exit::DONE,
    }
}

fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// What a start would say of the configuration. Entrypoints are asked only if their sections can be read, as at a start.
fn configured(
    blueprint: &'static Blueprint,
    config: Result<Config, Mistakes>,
    entrypoints: &[Arc<dyn Entrypoint>],
) -> Vec<Finding> {
    let config = match config {
        Ok(config) => config,
        Err(mistakes) => return mistakes.iter().map(|mistake| mistaken(mistake, Severity::Error)).collect(),
    };
    if let Err(mistakes) = blueprint.check_config(&config) {
        // A value that is nowhere may be where the application runs: a password, most often.
        let severity = |mistake: &Mistake| if mistake.origin.is_some() { Severity::Error } else { Severity::Warning };
        return mistakes.iter().map(|mistake| mistaken(mistake, severity(mistake))).collect();
    }
    let errors = partitura_runtime::host::check(blueprint.configured(&config), &config, entrypoints);
    errors.iter().map(|error| unfit(&config, error)).chain(blueprint.verify_config(&config)).collect()
}

fn mistaken(mistake: &Mistake, severity: Severity) -> Finding {
    let place = mistake.origin.as_ref().and_then(Origin::line);
    // A line of a file is told as a place; a variable or a flag is part of what is said.
    let message = match place {
        Some(_) => Mistake { origin: None, message: mistake.message.clone() }.to_string(),
        None => mistake.to_string(),
    };
    Finding { severity, code: CONFIGURATION.into(), message, places: place.into_iter().collect() }
}

fn unfit(config: &Config, error: &Error) -> Finding {
    let code = match error.code() {
        code if code.starts_with("PT") => code.to_owned(),
        _ => CONFIGURATION.to_owned(),
    };
    let keys = error.failures().iter().map(|failure| config.place_of(&failure.pointer));
    let places: BTreeSet<String> = keys.flatten().filter_map(|origin| origin.line()).collect();
    let lines = told::with_failures(error, told::one_line(error.message()));
    Finding {
        severity: Severity::Error,
        code: code.into(),
        message: lines.join("\n"),
        places: places.into_iter().collect(),
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
