//! Where answers and all else go, and in which form.

use std::fmt::Display;
use std::io::Write;
use std::process::{Command, Stdio};

use partitura_runtime::line::table::table;
use serde_json::{Map, Value};

use crate::editor::size;

/// How replies are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// As JSON, indented.
    #[default]
    Json,
    /// As JSON in one line.
    Compact,
    /// Lists of objects in columns, an object in two; all else as compact JSON.
    Table,
}

impl Form {
    pub(crate) const NAMES: &'static [&'static str] = &["json", "compact", "table"];

    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "json" => Some(Form::Json),
            "compact" => Some(Form::Compact),
            "table" => Some(Form::Table),
            _ => None,
        }
    }

    /// A reply in this form.
    pub(crate) fn print(self, value: &Value) -> String {
        match (self, value) {
            // Fails for keys that are no texts only, which a value does not have.
            (Form::Json, value) => serde_json::to_string_pretty(value).unwrap_or_default(),
            (Form::Table, Value::Array(all)) if !all.is_empty() && all.iter().all(Value::is_object) => rows(all),
            (Form::Table, Value::Object(fields)) if !fields.is_empty() => {
                let rows: Vec<[String; 2]> = fields.iter().map(|(key, value)| [key.clone(), cell(value)]).collect();
                table("", &rows)
            }
            (_, value) => value.to_string(),
        }
    }
}

/// A line of names and one for each object. Fields that an object lacks are empty.
fn rows(all: &[Value]) -> String {
    let objects = || all.iter().filter_map(Value::as_object);
    let mut keys: Vec<&str> = Vec::new();
    for key in objects().flat_map(Map::keys) {
        if !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    let head: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
    let row =
        |object: &Map<String, Value>| keys.iter().map(|key| object.get(*key).map(cell).unwrap_or_default()).collect();
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(objects().map(row)).collect();
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..keys.len()).map(width).collect();
    let line = |cells: &Vec<String>| {
        let cells: Vec<String> = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    lines.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A text as it stands, but for its line breaks.
fn cell(value: &Value) -> String {
    match value {
        Value::String(text) if !text.contains(char::is_control) => text.clone(),
        Value::Null => String::new(),
        value => value.to_string(),
    }
}

/// Where the shell prints.
pub(crate) struct Screen {
    out: Box<dyn Write + Send>,
    err: Box<dyn Write + Send>,
    /// A person watches.
    pub(crate) is_terminal: bool,
}

impl Screen {
    pub(crate) fn new(out: Box<dyn Write + Send>, err: Box<dyn Write + Send>, is_terminal: bool) -> Self {
        Screen { out, err, is_terminal }
    }

    /// Prints an answer and a line break.
    pub(crate) fn answer(&mut self, text: &str) -> std::io::Result<()> {
        // At once, so that no other process's line comes between.
        self.out.write_all(format!("{text}\n").as_bytes()).and_then(|()| self.out.flush())
    }

    /// Tells something that is no answer.
    pub(crate) fn tell(&mut self, line: impl Display) {
        // Nobody is left to be told when this fails.
        drop(self.err.write_all(format!("{line}\n").as_bytes()).and_then(|()| self.err.flush()));
    }

    /// The pager that `text` is shown in, if it is longer than the terminal is high: `$PAGER`, or `less -FRX`.
    pub(crate) fn pager(&self, text: &str) -> Option<Command> {
        let (height, width) = self.is_terminal.then(size)?;
        let lines: usize = text.lines().map(|line| line.chars().count().div_ceil(width.max(1)).max(1)).sum();
        if lines + 1 < height {
            return None;
        }
        pager(std::env::var("PAGER").ok().as_deref())
    }
}

/// What a variable `PAGER` names; none if it is empty.
fn pager(variable: Option<&str>) -> Option<Command> {
    let mut words = crate::typed::words(variable.unwrap_or("less -FRX")).all.into_iter().map(|word| word.text);
    let mut command = Command::new(words.next()?);
    command.args(words).stdin(Stdio::piped());
    Some(command)
}

/// Shows `text` in a pager, until it is left. Blocks.
///
/// # Errors
/// If it cannot be started: nothing is shown then.
pub(crate) fn page(mut pager: Command, text: &str) -> std::io::Result<()> {
    let mut child = pager.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that is left before the end reads no more.
        drop(stdin.write_all(text.as_bytes()).and_then(|()| stdin.write_all(b"\n")));
    }
    child.wait().map(drop)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn replies_have_three_forms() {
        let list = json!([{ "id": 1, "name": "Ada" }, { "id": 22, "note": "a\nb" }]);
        assert_eq!(Form::Compact.print(&list), r#"[{"id":1,"name":"Ada"},{"id":22,"note":"a\nb"}]"#);
        assert_eq!(Form::Table.print(&list), "id  name  note\n1   Ada\n22        \"a\\nb\"");
        assert_eq!(
            Form::Table.print(&json!({ "id": 1, "owner": { "name": "Ada" } })),
            "id     1\nowner  {\"name\":\"Ada\"}"
        );
        assert_eq!(Form::Table.print(&json!([1, "a"])), "[1,\"a\"]");
        assert_eq!(Form::Json.print(&json!({ "id": 1 })), "{\n  \"id\": 1\n}");
        for name in Form::NAMES {
            assert!(Form::named(name).is_some());
        }
    }

    #[test]
    fn the_pager_is_the_users() {
        let words = |variable: Option<&str>| {
            let pager = pager(variable)?;
            let mut words = vec![pager.get_program().to_owned()];
            words.extend(pager.get_args().map(ToOwned::to_owned));
            Some(words.join(std::ffi::OsStr::new(" ")).into_string().unwrap())
        };
        assert_eq!(words(None).unwrap(), "less -FRX");
        assert_eq!(words(Some("bat --plain")).unwrap(), "bat --plain");
        assert_eq!(words(Some("")), None);
    }
}
