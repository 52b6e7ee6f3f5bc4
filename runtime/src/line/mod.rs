//! A message as somebody types it: `--owner Ada --tags a --tags b`. Its fields become JSON as its schema says, and every mistake
//! is one line in the words of what was typed. For the command line, for `send`, for a shell.

mod composed;
mod fields;
pub mod flags;
pub mod help;
mod mistakes;
pub mod output;
pub mod spelled;
pub mod table;
#[cfg(test)]
mod tests;
pub mod told;
mod yaml;

use std::fmt::Display;
use std::io::Read;

pub use composed::Input;
pub use fields::{Line, parse};

use crate::error::Error;
use crate::input::shape::Shape;

/// The input that a line makes, over the JSON of the file `json` if there is one (`-` for `stdin`, at most 64 MiB).
///
/// # Errors
/// Everything that is wrong with the line, a text for each.
pub fn read(shape: &Shape<'_>, line: Line, json: Option<&str>, stdin: &mut dyn Read) -> Result<Input, Vec<String>> {
    let mut wrong = Vec::new();
    let file = json.map(|file| composed::file(file, stdin, &mut wrong)).transpose();
    let has_file = file.is_ok();
    let file = file.unwrap_or_else(|text| {
        wrong.push(text);
        None
    });
    wrong.extend(line.mistakes);
    let input = composed::build(file, line.fields, &mut wrong);
    if wrong.is_empty() {
        return Ok(input);
    }
    // Without its file an input lacks what is in it.
    if has_file {
        let failures = crate::input::explain(shape.root(), &input.value_or_empty());
        wrong.extend(mistakes::lines(shape, &input, &failures));
    }
    Err(wrong)
}

/// The input that is JSON, which is called `name` in what is told of it.
///
/// # Errors
/// Why it is none: one text, with line and column; or a text for each key that is there twice.
pub fn json(name: &str, text: &str) -> Result<Input, Vec<String>> {
    let mut wrong = Vec::new();
    let value = composed::parse(name, text.as_bytes(), &mut wrong).map_err(|text| vec![text])?;
    let input = composed::build(Some(value), Vec::new(), &mut wrong);
    if wrong.is_empty() { Ok(input) } else { Err(wrong) }
}

/// What is told of an error of the message that `input` was sent as: the error, and each failure in the words of the line. `trace`
/// is told of an internal error only.
pub fn refusal(error: &Error, trace: Option<impl Display>, shape: &Shape<'_>, input: &Input) -> Vec<String> {
    let lines = mistakes::lines(shape, input, error.failures());
    let lines: Vec<String> = lines.iter().map(|line| told::tame(line).into_owned()).collect();
    // What could not be decoded has no line but those of its mistakes.
    if error.is_malformed() && !lines.is_empty() {
        return lines;
    }
    let indented = lines.into_iter().map(|line| format!("  {line}"));
    std::iter::once(told::line(error, trace)).chain(indented).collect()
}
