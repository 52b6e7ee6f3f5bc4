//! The mistakes of an input in words of the command line.

use serde_json::Value;

use super::composed::Input;
use crate::error::Failure;
use crate::input::shape::{Shape, kebab};
use crate::nearest::nearest;

/// Longer texts are not quoted.
const QUOTED: usize = 40;
/// More fields than these are not listed.
const LISTED: usize = 8;

/// One line for each, in their order.
pub(super) fn lines(shape: &Shape<'_>, input: &Input, failures: &[Failure]) -> Vec<String> {
    let is_told = |failure: &&Failure| {
        let path = segments(&failure.pointer);
        !(1..=path.len()).any(|length| input.holes.contains(&path[..length]))
    };
    failures.iter().filter(is_told).map(|failure| line(shape, input, failure)).collect()
}

fn line(shape: &Shape<'_>, input: &Input, failure: &Failure) -> String {
    let path = segments(&failure.pointer);
    let Some(first) = path.first() else {
        return match &input.file {
            Some((file, _)) => format!("{file}: {}", failure.message),
            None if input.value.is_null() => format!("{}; give it with --json", failure.message),
            None => failure.message.clone(),
        };
    };
    let flag = flag(input, &path);
    if let Some((file, keys)) = &input.file
        && keys.contains(first)
        && flag.is_none()
    {
        return format!("{file}: {}: {}", failure.pointer, failure.message);
    }
    let flag = flag.unwrap_or_else(|| spelled(&path));
    match failure.code.as_ref() {
        "missing" => format!("{flag}: missing{}", in_brackets(&failure.message)),
        "unknown" => format!("{flag}: unknown field{}", other_names(shape, &path)),
        _ => format!("{flag}: {}", with_text(&failure.message, &path, input)),
    }
}

/// The flag as it was typed: that of the place itself, or that of what it is part of, and the rest of the way.
fn flag(input: &Input, path: &[String]) -> Option<String> {
    (1..=path.len()).rev().find_map(|length| {
        let typed = input.flags.get(&path[..length])?;
        Some(path[length..].iter().fold(typed.clone(), |text, segment| text + &step(segment)))
    })
}

/// The flag as it would be typed.
fn spelled(path: &[String]) -> String {
    let (first, rest) = path.split_first().map_or(("", path), |(first, rest)| (first.as_str(), rest));
    rest.iter().fold(format!("--{}", kebab(first)), |text, segment| text + &step(segment))
}

fn step(segment: &str) -> String {
    format!(".{}", kebab(segment))
}

/// What the decoder says in brackets: the type of what is missing, or the names that it may have.
fn in_brackets(message: &str) -> String {
    match (message.find(" ("), message.strip_prefix("missing field, ")) {
        (Some(at), _) => message[at..].to_owned(),
        (None, Some(names)) => format!(" ({names})"),
        (None, None) => String::new(),
    }
}

/// The fields that may have been meant.
fn other_names(shape: &Shape<'_>, path: &[String]) -> String {
    let Some((last, parents)) = path.split_last() else { return String::new() };
    let Some(schema) = shape.at(shape.root(), parents) else { return String::new() };
    let flag = |name: &str| spelled(&parents.iter().cloned().chain([name.to_owned()]).collect::<Vec<_>>());
    let names: Vec<&str> = shape.fields_of(schema).iter().map(|field| field.name).collect();
    // A single letter is near to any other.
    let near = if last.len() < 2 { Vec::new() } else { nearest(&last.replace('-', "_"), names.iter().copied()) };
    let near: Vec<String> = near.into_iter().map(|name| flag(name).trim_start_matches("--").to_owned()).collect();
    match (near.is_empty(), names.len()) {
        (false, _) => did_you_mean(&near),
        (true, 0) => "; there are no fields here".to_owned(),
        (true, 1..=LISTED) => {
            let all: Vec<String> = names.iter().map(|name| format!("`{}`", flag(name))).collect();
            format!("; there is {}", all.join(", "))
        }
        (true, _) => "; --help lists them".to_owned(),
    }
}

/// `` ; did you mean `--name`? ``, or nothing. The names come without their dashes.
pub(super) fn did_you_mean(near: &[String]) -> String {
    match near {
        [] => String::new(),
        [one] => format!("; did you mean `--{one}`?"),
        many => {
            let many: Vec<String> = many.iter().map(|name| format!("`--{name}`")).collect();
            format!("; did you mean one of {}?", many.join(", "))
        }
    }
}

/// On a command line everything is a text, so "not a string" says nothing: what was typed says more. Not of a secret,
/// since stderr may end in a log.
fn with_text(message: &str, path: &[String], input: &Input) -> String {
    let Some(start) = message.strip_suffix(", not a string") else { return message.to_owned() };
    let pointer =
        path.iter().fold(String::new(), |text, part| text + "/" + &part.replace('~', "~0").replace('/', "~1"));
    let is_secret = path.iter().any(|part| {
        let part = part.to_ascii_lowercase();
        ["password", "secret", "token", "key"].iter().any(|word| part.contains(word))
    });
    match input.value.pointer(&pointer).and_then(Value::as_str) {
        Some(text) if !is_secret && text.chars().count() <= QUOTED => format!("{start}, not `{text}`"),
        _ => message.to_owned(),
    }
}

fn segments(pointer: &str) -> Vec<String> {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~")).collect()
}
