//! What is wrong, and where.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Failure, Kind, Result};
use crate::input::MOST_FAILURES;

/// Where rules tell what is wrong. It stands at one place of the input, and [`at`](Report::at), [`index`](Report::index)
/// and [`key`](Report::key) lead further in; only a failure writes the way down.
///
/// ```
/// # use partitura_runtime::validate::{Report, collect};
/// fn dates(report: &mut Report<'_>) {
///     report.at("period").at("to").fail("order", "must not be before `from`");
/// }
/// let error = collect(dates).unwrap_err();
/// assert_eq!(error.failures()[0].pointer, "/period/to");
/// ```
pub struct Report<'a> {
    place: Place<'a>,
    code: Option<&'static str>,
    message: Option<&'static str>,
    found: &'a mut Found,
}

/// A list on the stack: each value knows the one around it.
#[derive(Clone, Copy)]
struct Place<'a> {
    around: Option<&'a Place<'a>>,
    token: Token<'a>,
}

#[derive(Clone, Copy)]
enum Token<'a> {
    /// The whole of the input.
    Root,
    Name(&'a str),
    Index(usize),
    Key(&'a dyn Key),
}

/// A key of a map, as serde writes it.
trait Key {
    fn text(&self) -> String;
}

impl<K: Serialize> Key for K {
    fn text(&self) -> String {
        match serde_json::to_value(self) {
            Ok(Value::String(text)) => text,
            Ok(other) => other.to_string(),
            // No key of a JSON object, so there is no input that holds it.
            Err(_) => "?".to_owned(),
        }
    }
}

/// Everything that was told.
#[derive(Default)]
pub(super) struct Found {
    failures: Vec<Failure>,
    /// How many more than are kept.
    more: usize,
    /// A rule that could not be judged.
    defect: Option<Error>,
}

impl<'a> Report<'a> {
    pub(super) fn new(found: &'a mut Found) -> Self {
        Report { place: Place { around: None, token: Token::Root }, code: None, message: None, found }
    }

    fn inner<'b>(&'b mut self, token: Token<'b>) -> Report<'b> {
        let place = Place { around: Some(&self.place), token };
        Report { place, code: self.code, message: self.message, found: self.found }
    }

    /// Further in, at the field `name`, which is the name in JSON.
    pub fn at<'b>(&'b mut self, name: &'b str) -> Report<'b> {
        self.inner(Token::Name(name))
    }

    /// Further in, at one item of a list.
    pub fn index(&mut self, index: usize) -> Report<'_> {
        self.inner(Token::Index(index))
    }

    /// Further in, at one value of a map.
    pub fn key<'b, K: Serialize>(&'b mut self, key: &'b K) -> Report<'b> {
        self.inner(Token::Key(key))
    }

    /// The same place; what is told there gets this code and this text, where they are given.
    pub fn saying(&mut self, code: Option<&'static str>, message: Option<&'static str>) -> Report<'_> {
        let (code, message) = (code.or(self.code), message.or(self.message));
        Report { place: self.place, code, message, found: self.found }
    }

    /// Tells that something is wrong here: a stable `code` for programs, a `message` for people.
    #[cold]
    pub fn fail(&mut self, code: impl Into<Cow<'static, str>>, message: impl Into<String>) {
        self.push(Failure::new("", code, message));
    }

    /// Tells a failure whose pointer is relative to this place: empty, or `/name/..`.
    #[cold]
    pub fn push(&mut self, mut failure: Failure) {
        if self.found.failures.len() == MOST_FAILURES {
            self.found.more += 1;
            return;
        }
        failure.pointer.insert_str(0, &self.pointer());
        if let Some(code) = self.code {
            failure.code = Cow::Borrowed(code);
        }
        if let Some(message) = self.message {
            message.clone_into(&mut failure.message);
        }
        self.found.failures.push(failure);
    }

    /// Tells that a rule cannot be judged, and why: the check then answers with `error` and nothing else.
    #[cold]
    pub fn give_up(&mut self, error: Error) {
        self.found.defect.get_or_insert(error);
    }

    /// The JSON pointer (RFC 6901) of this place.
    pub fn pointer(&self) -> String {
        let mut tokens = Vec::new();
        let mut place = Some(&self.place);
        while let Some(Place { around, token }) = place {
            match token {
                Token::Root => {}
                Token::Name(name) => tokens.push((*name).to_owned()),
                Token::Index(index) => tokens.push(index.to_string()),
                Token::Key(key) => tokens.push(key.text()),
            }
            place = *around;
        }
        tokens.reverse();
        crate::input::pointer_of(&tokens)
    }

    /// How many failures were told so far, here and elsewhere.
    pub fn len(&self) -> usize {
        self.found.failures.len() + self.found.more
    }

    /// Whether nothing was told so far, neither here nor elsewhere.
    pub fn is_empty(&self) -> bool {
        self.found.failures.is_empty() && self.found.defect.is_none()
    }
}

impl Found {
    #[inline]
    pub(super) fn into_result(self, what: impl FnOnce() -> String) -> Result<()> {
        match self.failures.is_empty() && self.defect.is_none() {
            true => Ok(()),
            false => Err(self.into_error(&what())),
        }
    }

    #[cold]
    fn into_error(mut self, what: &str) -> Error {
        if let Some(defect) = self.defect {
            return defect;
        }
        let message = match self.failures.len() + self.more {
            1 => format!("{what} breaks 1 rule"),
            all => format!("{what} breaks {all} rules"),
        };
        if self.more > 0 {
            self.failures.push(Failure::new("", "more", format!("… and {} more", self.more)));
        }
        Error::new(Kind::Invalid, message).with_failures(self.failures)
    }
}
