//! What came back, in one form for all entrypoints.

use std::collections::BTreeSet;
use std::fmt;

use partitura_runtime::error::{Error, Kind};
use partitura_wire::Fault;
use serde_json::Value;

/// What a caller was answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// The items of a stream, before it ended or failed.
    pub(crate) items: Option<Vec<Value>>,
    /// The reply (null for a stream that ended well), or what was told in its place.
    pub(crate) end: Result<Value, Refusal>,
}

/// An error, as far as an entrypoint tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The kind; one of these, where an entrypoint has one form for several, as the table of kinds says.
    pub(crate) kinds: Vec<Kind>,
    /// The input was not understood.
    pub(crate) malformed: bool,
    /// `None` where the entrypoint tells none.
    pub(crate) code: Option<String>,
    /// Every place of a mistake.
    pub(crate) pointers: BTreeSet<String>,
}

impl Answer {
    pub(crate) fn reply(value: Value) -> Self {
        Answer { items: None, end: Ok(value) }
    }

    pub(crate) fn stream(items: Vec<Value>, end: Result<(), Refusal>) -> Self {
        Answer { items: Some(items), end: end.map(|()| Value::Null) }
    }

    pub(crate) fn refused(refusal: Refusal) -> Self {
        Answer { items: None, end: Err(refusal) }
    }

    /// A stream that failed before its first item is no other thing than a message that failed.
    pub(crate) fn settled(mut self) -> Self {
        if self.end.is_err() && self.items.as_ref().is_some_and(Vec::is_empty) {
            self.items = None;
        }
        self
    }

    /// As it is where items are only given all at once.
    pub(crate) fn collected(mut self) -> Self {
        if self.end.is_err() {
            self.items = None;
        }
        self
    }

    /// Without what differs from call to call.
    pub(crate) fn without(mut self, pointers: &[String]) -> Self {
        let values = self.items.iter_mut().flatten().chain(self.end.as_mut().ok());
        for value in values {
            for pointer in pointers {
                remove(value, pointer);
            }
        }
        self
    }
}

/// `*` stands for every element.
fn remove(value: &mut Value, pointer: &str) {
    let Some(rest) = pointer.strip_prefix('/') else { return };
    let (first, rest) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    match value {
        Value::Array(items) if first == "*" => items.iter_mut().for_each(|item| remove(item, rest)),
        Value::Array(items) => {
            if let Some(item) = first.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                match rest {
                    "" => *item = Value::Null,
                    rest => remove(item, rest),
                }
            }
        }
        Value::Object(fields) if rest.is_empty() => drop(fields.shift_remove(first)),
        Value::Object(fields) => {
            if let Some(field) = fields.get_mut(first) {
                remove(field, rest);
            }
        }
        _ => {}
    }
}

impl From<Result<Value, Error>> for Answer {
    fn from(answer: Result<Value, Error>) -> Self {
        match answer {
            Ok(value) => Answer::reply(value),
            Err(error) => Answer::refused(error.into()),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal::from(Fault::of(&error, None))
    }
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        Refusal {
            kinds: vec![fault.kind],
            malformed: fault.malformed,
            code: Some(fault.code),
            pointers: fault.failures.into_iter().map(|failure| failure.pointer).collect(),
        }
    }
}

impl Answer {
    /// Whether this is the answer `other`, as far as either tells.
    pub(crate) fn agrees(&self, other: &Answer) -> bool {
        self.items == other.items
            && match (&self.end, &other.end) {
                (Ok(own), Ok(theirs)) => own == theirs,
                (Err(own), Err(theirs)) => own.agrees(theirs),
                _ => false,
            }
    }
}

impl Refusal {
    /// That of a name that nobody knows.
    pub(crate) fn unknown() -> Self {
        let code = Some("PT0307".to_owned());
        Refusal { kinds: vec![Kind::NotFound], malformed: false, code, pointers: BTreeSet::new() }
    }

    fn agrees(&self, other: &Refusal) -> bool {
        let code = |of: &Refusal| of.code.clone();
        // A command line writes `--first-name` for `/first_name`.
        let places = |of: &Refusal| of.pointers.iter().map(|text| text.replace('-', "_")).collect::<BTreeSet<_>>();
        self.malformed == other.malformed
            && self.kinds.iter().any(|kind| other.kinds.contains(kind))
            && code(self).zip(code(other)).is_none_or(|(own, theirs)| own == theirs)
            && places(self) == places(other)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(items) = &self.items {
            write!(f, "{} items {}, then ", items.len(), Value::from(items.clone()))?;
        }
        match &self.end {
            Ok(value) => write!(f, "{value}"),
            Err(refusal) => write!(f, "{refusal}"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.name()).collect();
        f.write_str(&if self.malformed { "malformed".to_owned() } else { kinds.join(" or ") })?;
        if let Some(code) = &self.code {
            write!(f, " [{code}]")?;
        }
        if !self.pointers.is_empty() {
            let pointers: Vec<&str> = self.pointers.iter().map(String::as_str).collect();
            write!(f, " at {}", pointers.join(", "))?;
        }
        Ok(())
    }
}
