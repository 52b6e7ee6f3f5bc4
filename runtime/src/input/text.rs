//! From text to a value. One parser for all messages: a second deserializer beside that of `Value` would double what is
//! compiled for each of them.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{MOST_FAILURES, pointer_of, words};
use crate::error::Failure;

/// A text that is no JSON, and where that shows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken {
    /// The code of the failure: `utf8` or `syntax`.
    pub code: &'static str,
    /// What it is not: "not UTF-8", or "not JSON".
    pub what: &'static str,
    /// From 1.
    pub line: usize,
    /// In characters, from 1; 0 before the first.
    pub column: usize,
    /// What the parser says; nothing if there is nothing to add.
    pub why: String,
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        let Broken { code, what, line, column, why } = broken;
        let why = if why.is_empty() { why } else { format!(": {why}") };
        Failure::new("", code, format!("{what} at line {line}, column {column}{why}"))
    }
}

/// Reads JSON text; no text at all is null. With the value come the keys that are there twice, each a failure with its
/// JSON pointer: the last one counts, as in `serde_json`, but no caller accepts it.
///
/// # Errors
/// Why it is no JSON, and where. Nesting is bounded at 128 levels.
pub fn parse(text: &[u8]) -> Result<(Value, Vec<Failure>), Broken> {
    let text = std::str::from_utf8(text).map_err(|error| {
        let (line, column) = place(&text[..error.valid_up_to()]);
        Broken { code: "utf8", what: "not UTF-8", line, column, why: String::new() }
    })?;
    // Editors of one large vendor put a byte order mark in front of UTF-8; RFC 8259 lets a parser pass over it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_ascii().is_empty() {
        return Ok((Value::Null, Vec::new()));
    }
    let mut path = Path::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let parsed = (Seed { path: &mut path }).deserialize(&mut json).and_then(|value| json.end().map(|()| value));
    match parsed {
        Ok(value) => Ok((value, path.duplicates)),
        Err(error) => {
            // serde_json repeats the place at the end of its text.
            let full = error.to_string();
            let why = full.split(" at line ").next().unwrap_or_default().to_owned();
            Err(Broken { code: "syntax", what: "not JSON", line: error.line(), column: error.column(), why })
        }
    }
}

/// Line and column (in characters) of what comes after `before`, both from 1.
fn place(before: &[u8]) -> (usize, usize) {
    let before = String::from_utf8_lossy(before);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    (line, column)
}

/// Where the parser is, and what it found there.
#[derive(Default)]
struct Path {
    segments: Vec<String>,
    duplicates: Vec<Failure>,
}

/// Builds a `Value` as `serde_json` does, and notes duplicate keys, which `Value` itself would swallow.
struct Seed<'p> {
    path: &'p mut Path,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            self.path.segments.push(items.len().to_string());
            let item = seq.next_element_seed(Seed { path: self.path })?;
            self.path.segments.pop();
            match item {
                Some(item) => items.push(item),
                None => return Ok(Value::Array(items)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = map.next_key::<String>()? {
            self.path.segments.push(key);
            let value = map.next_value_seed(Seed { path: self.path })?;
            let Some(key) = self.path.segments.pop() else { continue };
            // With its feature `arbitrary_precision`, which anybody in the build may turn on, `serde_json` hands
            // numbers over as a map of this one key.
            if key == "$serde_json::private::Number"
                && let Some(number) = value.as_str().and_then(|text| text.parse::<Number>().ok())
            {
                return Ok(Value::Number(number));
            }
            if fields.contains_key(&key) && self.path.duplicates.len() < MOST_FAILURES {
                let pointer = pointer_of(&self.path.segments) + &pointer_of(&[&key]);
                let message = format!("the field {} is there twice", words::quoted(&key));
                self.path.duplicates.push(Failure::new(pointer, "duplicate", message));
            }
            fields.insert(key, value);
        }
        Ok(Value::Object(fields))
    }
}
