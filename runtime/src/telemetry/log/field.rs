//! The fields of an event or a span, with secrets left out as they are read: no format can forget it.

use std::error::Error;
use std::fmt::{self, Write as _};

use serde_json::Number;
use tracing::field::{Field, Visit};

/// What stands for a secret.
const REDACTED: &str = "***";

/// The fields in the order in which they were first recorded; recorded again, a value is replaced.
#[derive(Default)]
pub(super) struct Fields {
    pub(super) all: Vec<(&'static str, Value)>,
}

/// A value, ready to be written in either format.
pub(super) enum Value {
    /// A string of the program's.
    Text(String),
    /// What `Debug` or `Display` made of a value.
    Shown(String),
    /// A number that JSON can write.
    Number(Number),
    /// True or false.
    Bool(bool),
    /// A value that must not be seen.
    Redacted,
}

impl Fields {
    /// Takes the field `message` out, which is the text of an event.
    pub(super) fn take_message(&mut self) -> Option<Value> {
        let at = self.all.iter().position(|(name, _)| *name == "message")?;
        Some(self.all.remove(at).1)
    }

    /// The text of the field `name`, if it has one.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.all.iter().find(|(known, _)| *known == name).and_then(|(_, value)| match value {
            Value::Text(text) | Value::Shown(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Takes over all fields of `fresh`.
    pub(super) fn merge(&mut self, fresh: Fields) {
        fresh.all.into_iter().for_each(|(name, value)| self.set(name, value));
    }

    fn put(&mut self, field: &Field, value: impl FnOnce() -> Value) {
        // A secret is not even formatted.
        let value = if is_secret(field.name()) { Value::Redacted } else { value() };
        self.set(field.name(), value);
    }

    fn set(&mut self, name: &'static str, value: Value) {
        match self.all.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.all.push((name, value)),
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, || shown(format_args!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, || Value::Text(value.to_owned()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, || Value::Bool(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, || Value::Number(value.into()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, || Value::Number(value.into()));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        // JSON has neither infinity nor NaN.
        self.put(field, || Number::from_f64(value).map_or_else(|| shown(format_args!("{value}")), Value::Number));
    }

    /// With its causes, outermost first.
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.put(field, || {
            let mut text = String::new();
            let mut next = Some(value);
            while let Some(error) = next {
                let separator = if text.is_empty() { "" } else { ": " };
                let _ = write!(text, "{separator}{error}");
                next = error.source();
            }
            Value::Shown(text)
        });
    }
}

impl Value {
    /// The value as text, without quotes.
    pub(super) fn into_text(self) -> String {
        match self {
            Value::Text(text) | Value::Shown(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => value.to_string(),
            Value::Redacted => REDACTED.to_owned(),
        }
    }
}

impl serde::Serialize for Value {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Text(text) | Value::Shown(text) => serializer.serialize_str(text),
            Value::Number(number) => number.serialize(serializer),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Redacted => serializer.serialize_str(REDACTED),
        }
    }
}

/// For people: a string in quotes and escaped, so that its end can be seen.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Text(text) => write!(f, "{text:?}"),
            Value::Shown(text) => f.write_str(text),
            Value::Number(number) => number.fmt(f),
            Value::Bool(value) => value.fmt(f),
            Value::Redacted => f.write_str(REDACTED),
        }
    }
}

/// `format!` would panic when a value of the user's cannot be formatted; the log keeps what there is.
fn shown(value: fmt::Arguments<'_>) -> Value {
    let mut text = String::new();
    let _ = text.write_fmt(value);
    Value::Shown(text)
}

/// Whether a field with this name holds a secret. The name contains one of the words, in upper or lower case: a number
/// of tokens is left out too, and better so than a token written.
fn is_secret(name: &str) -> bool {
    const WORDS: [&str; 8] =
        ["password", "secret", "token", "authorization", "credential", "api_key", "api-key", "apikey"];
    let has = |word: &str| name.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
    WORDS.into_iter().any(has)
}
