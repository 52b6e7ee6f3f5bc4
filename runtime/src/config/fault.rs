//! The error of a deserialisation: what is wrong, and as it rises, where.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

use super::path::Path;
use super::secret::{self, HIDDEN};
use super::tree::{Node, Value};
use super::{Mistake, Origin};
use crate::nearest::did_you_mean;

/// Why a value could not be read. It gets its place from the innermost reader that it passes.
pub(super) struct Fault {
    reason: Reason,
    /// It was made while a secret was read, by whatever deserializer.
    secret: bool,
    place: Option<Box<Place>>,
}

#[derive(Debug)]
enum Reason {
    /// It has the wrong type or is out of range. `value` is not shown if it may be secret.
    Wrong { expected: String, found: String, value: Option<String> },
    /// A key is not there.
    Missing(&'static str),
    /// A name is none of those that are allowed.
    Unknown { name: String, known: &'static [&'static str] },
    /// What a user's own type says.
    Own(String),
}

struct Place {
    path: Path,
    origin: Option<Origin>,
    secret: bool,
}

impl Fault {
    pub(super) fn wrong(expected: impl fmt::Display, found: &str, value: Option<String>) -> Self {
        Reason::Wrong { expected: expected.to_string(), found: found.to_owned(), value }.into()
    }

    /// Gives it a place, unless it has one.
    pub(super) fn or_at(mut self, path: &Path, origin: Option<&Origin>, secret: bool) -> Self {
        let secret = secret || path.looks_secret();
        self.place.get_or_insert_with(|| Place { path: path.clone(), origin: origin.cloned(), secret }.into());
        self
    }

    /// As [`Fault::or_at`], of a value. What serde read out of a buffer has no place but that of the whole, so that the name of the
    /// key does not say whether its value is secret: what tells a value of a key with such a name, in whatever depth, tells nothing.
    pub(super) fn or_in(mut self, path: &Path, node: Option<&Node>, secret: bool) -> Self {
        if self.place.is_none() {
            self.secret |= node.is_some_and(|node| self.tells_secret(&node.value, false));
        }
        self.or_at(path, node.map(|node| &node.origin), secret)
    }

    fn tells_secret(&self, value: &Value, secret: bool) -> bool {
        let told = match &self.reason {
            Reason::Wrong { value: Some(text), .. } | Reason::Unknown { name: text, .. } | Reason::Own(text) => text,
            Reason::Wrong { value: None, .. } | Reason::Missing(_) => return false,
        };
        let tells = |shape: &str| secret && !shape.is_empty() && told.contains(shape);
        match value {
            Value::Table(table) => table.iter().any(|(key, entry)| {
                let secret = secret || Path::default().key(key).may_look_secret();
                self.tells_secret(&entry.node.value, secret)
                    || secret && entry.node.text.as_deref().is_some_and(|text| !text.is_empty() && told.contains(text))
            }),
            Value::List(nodes) => nodes.iter().any(|node| self.tells_secret(&node.value, secret)),
            // As it is, and as Rust quotes it.
            Value::String(text) => tells(text) || tells(format!("{text:?}").trim_matches('"')),
            Value::Datetime(text) => tells(text),
            Value::Integer(number) => tells(&number.to_string()),
            Value::Float(number) => tells(&number.to_string()),
            Value::Boolean(_) => false,
        }
    }

    /// The path of what is wrong: of the key that is missing, not of the table that misses it.
    pub(super) fn path(&self) -> Path {
        let path = self.place.as_ref().map(|place| place.path.clone()).unwrap_or_default();
        match self.reason {
            Reason::Missing(key) => path.key(key),
            _ => path,
        }
    }

    /// What a person reads of it; `prefix` is that of the environment's variables.
    pub(super) fn mistake(self, prefix: &str) -> Mistake {
        let path = self.path();
        let (origin, secret) = self.place.map(|place| (place.origin, place.secret)).unwrap_or_default();
        let message = match self.reason {
            Reason::Missing(_) => return missing(&path, origin, prefix),
            // Out of a buffer, so that the place is that of a table with a secret in it.
            _ if self.secret && !secret => format!("`{path}` is not valid: {HIDDEN}"),
            Reason::Wrong { expected, found, value: _ } if secret => {
                format!("`{path}` must be {expected}, not {found}")
            }
            Reason::Wrong { expected, found, value } => {
                format!("`{path}` must be {expected}, not {}", value.unwrap_or(found))
            }
            Reason::Unknown { known, .. } if secret => format!("`{path}` must be {}", one_of(known)),
            Reason::Unknown { name, known } => {
                let near = did_you_mean(&name, known.iter().copied());
                format!("`{path}` must be {}, not `{name}`{near}", one_of(known))
            }
            Reason::Own(_) if secret => format!("`{path}` is not valid; why is not shown, because its value is secret"),
            Reason::Own(text) => format!("`{path}` is not valid: {text}"),
        };
        Mistake { origin, message }
    }
}

/// The mistake that `path` is not there. `origin` is that of the table that misses it; it is told only inside a list,
/// where the path alone does not lead a reader to the place.
pub(super) fn missing(path: &Path, origin: Option<Origin>, prefix: &str) -> Mistake {
    match path.variable(prefix) {
        Some(variable) => Mistake::nowhere(format!("missing `{path}`: set it in {} or as {variable}", super::FILE)),
        None if path.is_in_list() => Mistake { origin, message: format!("missing `{path}`: set it here") },
        None => Mistake::nowhere(format!("missing `{path}`: set it in {}", super::FILE)),
    }
}

fn one_of(known: &[&str]) -> String {
    let names: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [one] => one.clone(),
        many => format!("one of {}", many.join(", ")),
    }
}

fn value_of(unexpected: Unexpected<'_>) -> Option<String> {
    match unexpected {
        Unexpected::Str(text) => Some(format!("`{text}`")),
        Unexpected::Signed(number) => Some(number.to_string()),
        Unexpected::Unsigned(number) => Some(number.to_string()),
        Unexpected::Float(number) => Some(number.to_string()),
        Unexpected::Bool(value) => Some(value.to_string()),
        Unexpected::Char(value) => Some(format!("`{value}`")),
        _ => None,
    }
}

fn kind_of(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Str(_) | Unexpected::Char(_) => "a string".to_owned(),
        Unexpected::Signed(_) | Unexpected::Unsigned(_) => "an integer".to_owned(),
        Unexpected::Float(_) => "a float".to_owned(),
        Unexpected::Bool(_) => "a boolean".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        Unexpected::Other(_) => "this value".to_owned(),
        other => other.to_string(),
    }
}

impl From<Reason> for Fault {
    fn from(reason: Reason) -> Self {
        Fault { reason, secret: secret::is_within(), place: None }
    }
}

impl Error for Fault {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Reason::Own(text.to_string()).into()
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Reason::Wrong { expected: expected.to_string(), found: kind_of(unexpected), value: None }.into()
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let (expected, found) = (expected.to_string(), kind_of(unexpected));
        Reason::Wrong { expected, found, value: value_of(unexpected) }.into()
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        Reason::Unknown { name: variant.to_owned(), known }.into()
    }

    fn missing_field(field: &'static str) -> Self {
        Reason::Missing(field).into()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A user's own type may put it into an error of its own, as `Debug` too; people read `mistake`.
        if self.secret { f.write_str(HIDDEN) } else { write!(f, "{:?}", self.reason) }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Fault {}
