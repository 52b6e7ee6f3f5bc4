//! `check`: builds, then shows what the compiler cannot see.

mod message;
mod render;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use serde::Deserialize;

use crate::application::{Application, Messages, print_line};
use crate::failure::{Failure, Result};
use crate::listed::count;
use crate::project::{Choice, Project};

/// What `check --json` of an application says.
#[derive(Debug, Deserialize)]
struct Finding {
    severity: Severity,
    code: String,
    message: String,
    places: Vec<String>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Severity {
    Warning,
    Error,
}

impl Severity {
    fn word(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// Shows every finding; fails if one is an error.
pub(crate) fn check(matches: &ArgMatches) -> Result<u8> {
    let choice = Choice::of(matches);
    let as_json = matches.get_flag("json");
    let project = Project::read(&choice)?;
    let binary = project.binary(&choice)?;
    let messages = if as_json { Messages::Json } else { Messages::Shown };
    let application = Application::build_of(&choice, &project, binary, messages)?;
    let (text, _) = application.ask(&["check", "--json"])?;
    let findings: Vec<Finding> = serde_json::from_str(&text).map_err(|_| {
        Failure::new(format!("`{}` does not answer `check --json`", application.program.display()))
            .fix("its `main` has to be that of `app!`: fn main() -> std::process::ExitCode { Shop::main() }")
    })?;
    let mut sources = Sources { root: application.root.clone(), files: HashMap::new() };
    for finding in &findings {
        let places = sources.places(finding);
        let rendered = render::render(finding, &places);
        match as_json {
            true => print_line(&message::json(&application, finding, &places, &rendered).to_string())?,
            false => print_line(&format!("{rendered}\n"))?,
        }
    }
    let number = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings) = (number(Severity::Error), number(Severity::Warning));
    if !as_json {
        print_line(&summary(&application, errors, warnings)?)?;
    }
    let refused = errors > 0 || (warnings > 0 && matches.get_flag("deny-warnings"));
    Ok(u8::from(refused))
}

fn summary(application: &Application, errors: usize, warnings: usize) -> Result<String> {
    let described = application.described()?;
    let name = &described.application.name;
    let found = match (errors, warnings) {
        (0, 0) => String::new(),
        (0, warnings) => format!(" ({})", count(warnings, "warning")),
        (errors, warnings) => {
            let [errors, warnings] = [count(errors, "error"), count(warnings, "warning")];
            return Ok(format!("{name} does not start: {errors}, {warnings}"));
        }
    };
    let [messages, routes, providers, modules] = [
        count(described.messages.len(), "message"),
        count(described.routes.len(), "route"),
        count(described.providers.len(), "provider"),
        count(described.modules.len(), "module"),
    ];
    Ok(format!("{name} is wired: {messages}, {routes}, {providers}, {modules}{found}"))
}

/// A line of a file that a finding is about.
struct Place {
    /// As the program says it.
    file: String,
    line: usize,
    /// Absent when the file cannot be read.
    source: Option<Source>,
}

/// A line's text.
struct Source {
    text: String,
    /// Bytes before the line.
    offset: usize,
}

impl Source {
    /// What is underlined: all but the white space around it, as bytes of the line.
    fn range(&self) -> std::ops::Range<usize> {
        let end = self.text.trim_end().len();
        (self.text.len() - self.text.trim_start().len()).min(end)..end
    }
}

/// The files that findings are about, each read once.
struct Sources {
    root: PathBuf,
    files: HashMap<String, Option<String>>,
}

impl Sources {
    fn places(&mut self, finding: &Finding) -> Vec<Place> {
        finding.places.iter().map(|place| self.place(place)).collect()
    }

    fn place(&mut self, place: &str) -> Place {
        let (file, line) = place.rsplit_once(':').unwrap_or((place, ""));
        let line = line.parse().unwrap_or(1);
        let root = &self.root;
        let text = self.files.entry(file.to_owned()).or_insert_with(|| read(root, file));
        let source = text.as_ref().and_then(|text| {
            let before: usize = text.split_inclusive('\n').take(line - line.min(1)).map(str::len).sum();
            let own = text.lines().nth(line.checked_sub(1)?)?;
            Some(Source { text: own.to_owned(), offset: before })
        });
        Place { file: file.to_owned(), line, source }
    }
}

/// `file!()` is relative to the workspace of the crate, which for a dependency elsewhere is absolute.
fn read(root: &Path, file: &str) -> Option<String> {
    std::fs::read_to_string(root.join(file)).ok()
}
