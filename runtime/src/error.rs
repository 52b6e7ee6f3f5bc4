//! One error type for every door: a [`Kind`] that each entrypoint turns into its own form, a code, a text that a
//! caller may read, and, never shown to a caller, what went wrong inside.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::problem;

/// The result of a handler, a provider and of everything that the framework does on a user's behalf.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure it is. The table that turns it into an HTTP status, an exit code and a JSON-RPC code is
/// [`Error::http_status`], [`Error::exit_code`] and [`Error::json_rpc_code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// The input breaks a rule, or cannot be understood (see [`Error::is_malformed`]).
    Invalid,
    /// Nobody knows who is calling.
    Unauthenticated,
    /// The caller is known and may not.
    Forbidden,
    /// What was asked for is not there; also an unknown message name.
    NotFound,
    /// The request contradicts the state of things; reload and try again.
    Conflict,
    /// It was there once and will not come back.
    Gone,
    /// The input exceeds a size limit.
    TooLarge,
    /// A rate or a queue is exhausted; try again later.
    TooMany,
    /// The deadline passed.
    Timeout,
    /// The caller went away, or the application is stopping.
    Cancelled,
    /// A thing that is needed does not answer now.
    Unavailable,
    /// A defect on this side. Its text never leaves the process.
    Internal,
}

impl Kind {
    /// Every kind, in the order of the table.
    pub const ALL: [Kind; 12] = [
        Kind::Invalid,
        Kind::Unauthenticated,
        Kind::Forbidden,
        Kind::NotFound,
        Kind::Conflict,
        Kind::Gone,
        Kind::TooLarge,
        Kind::TooMany,
        Kind::Timeout,
        Kind::Cancelled,
        Kind::Unavailable,
        Kind::Internal,
    ];

    /// The name as it is written in `#[problem(kind = ..)]` and in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Invalid => "invalid",
            Kind::Unauthenticated => "unauthenticated",
            Kind::Forbidden => "forbidden",
            Kind::NotFound => "not_found",
            Kind::Conflict => "conflict",
            Kind::Gone => "gone",
            Kind::TooLarge => "too_large",
            Kind::TooMany => "too_many",
            Kind::Timeout => "timeout",
            Kind::Cancelled => "cancelled",
            Kind::Unavailable => "unavailable",
            Kind::Internal => "internal",
        }
    }

    /// The kind in words: "not found".
    pub const fn title(self) -> &'static str {
        match self {
            Kind::Invalid => "the input is not valid",
            Kind::Unauthenticated => "credentials are needed",
            Kind::Forbidden => "this is not allowed",
            Kind::NotFound => "not found",
            Kind::Conflict => "this conflicts with what is there",
            Kind::Gone => "this is gone",
            Kind::TooLarge => "the input is too large",
            Kind::TooMany => "too many requests",
            Kind::Timeout => "the deadline passed",
            Kind::Cancelled => "cancelled",
            Kind::Unavailable => "not available now",
            Kind::Internal => "internal error",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Failure {
    /// Where: a JSON pointer (RFC 6901) into the input; empty for the whole of it.
    pub pointer: String,
    /// A stable code for programs: `missing`, `unknown`, `type`, `range`, ..
    pub code: Cow<'static, str>,
    /// For people: what is wrong and what would be right.
    pub message: String,
}

impl Failure {
    /// A failure at `pointer`.
    pub fn new(pointer: impl Into<String>, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Failure { pointer: pointer.into(), code: code.into(), message: message.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.pointer.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.pointer, self.message)
        }
    }
}

/// What a handler, a provider or the framework answers when it fails.
///
/// Any `std::error::Error` becomes one through `?`: of kind [`Kind::Internal`], its text kept for the log and hidden
/// from callers; an enum with `#[derive(Problem)]` keeps the kind, code and text that it declares. The size is one
/// pointer, so that a `Result` of a small reply stays small.
pub struct Error(Box<Inner>);

struct Inner {
    kind: Kind,
    code: Cow<'static, str>,
    message: String,
    failures: Vec<Failure>,
    malformed: bool,
    retry_after: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of `kind` whose `message` a caller may read, except for [`Kind::Internal`], whose message is for the
    /// log only. The code is the kind's name until [`Error::with_code`] gives another.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner {
            kind,
            code: Cow::Borrowed(kind.name()),
            message: message.into(),
            failures: Vec::new(),
            malformed: false,
            retry_after: None,
            source: None,
        }))
    }

    /// [`Kind::Invalid`]: understood, and breaks a rule.
    pub fn invalid(message: impl Into<String>) -> Self {
        Error::new(Kind::Invalid, message)
    }

    /// [`Kind::Invalid`], and not understood at all: wrong syntax, a field missing or unknown, a value of a wrong type.
    pub fn malformed(message: impl Into<String>, failures: Vec<Failure>) -> Self {
        let mut error = Error::new(Kind::Invalid, message).with_code("malformed").with_failures(failures);
        error.0.malformed = true;
        error
    }

    /// [`Kind::Unauthenticated`].
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Error::new(Kind::Unauthenticated, message)
    }

    /// [`Kind::Forbidden`].
    pub fn forbidden(message: impl Into<String>) -> Self {
        Error::new(Kind::Forbidden, message)
    }

    /// [`Kind::NotFound`].
    pub fn not_found(message: impl Into<String>) -> Self {
        Error::new(Kind::NotFound, message)
    }

    /// [`Kind::Conflict`].
    pub fn conflict(message: impl Into<String>) -> Self {
        Error::new(Kind::Conflict, message)
    }

    /// [`Kind::Timeout`].
    pub fn timeout(message: impl Into<String>) -> Self {
        Error::new(Kind::Timeout, message)
    }

    /// [`Kind::Unavailable`].
    pub fn unavailable(message: impl Into<String>) -> Self {
        Error::new(Kind::Unavailable, message)
    }

    /// [`Kind::Internal`]: the message is logged and never shown to a caller.
    pub fn internal(message: impl Into<String>) -> Self {
        Error::new(Kind::Internal, message)
    }

    /// Gives a code of its own: one of the catalogue (`PT0301`) or the application's (`bank.no_funds`).
    #[must_use]
    pub fn with_code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.0.code = code.into();
        self
    }

    /// Lists what is wrong with the input, everything at once.
    #[must_use]
    pub fn with_failures(mut self, failures: Vec<Failure>) -> Self {
        self.0.failures = failures;
        self
    }

    /// Says when it is worth trying again.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Keeps what caused it, for the log, for whoever runs an application that does not start, and for [`Error::downcast_ref`]. No caller is
    /// told.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// The same, told in other words by whoever it passes: nothing of the input of a caller is wrong any more.
    #[must_use]
    pub(crate) fn reworded(mut self, message: String) -> Self {
        self.0.message = message;
        self.0.malformed = false;
        self
    }

    /// The kind, which decides the form at each entrypoint.
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The stable code for programs.
    pub fn code(&self) -> &str {
        &self.0.code
    }

    /// The full text, for the log. May tell secrets of the inside; a caller gets [`Error::public_message`].
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The text that a caller may read: the message, or for [`Kind::Internal`] just "internal error".
    pub fn public_message(&self) -> &str {
        match self.0.kind {
            Kind::Internal => Kind::Internal.title(),
            kind if self.0.message.is_empty() => kind.title(),
            _ => &self.0.message,
        }
    }

    /// What is wrong with the input, if it is the input.
    pub fn failures(&self) -> &[Failure] {
        &self.0.failures
    }

    /// True if the input was not even understood: 400 instead of 422 over HTTP, exit code 2 instead of 65.
    pub fn is_malformed(&self) -> bool {
        self.0.malformed
    }

    /// When it is worth trying again.
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The cause, if it is a `T`: `error.downcast_ref::<BankError>()`.
    pub fn downcast_ref<T: StdError + 'static>(&self) -> Option<&T> {
        self.0.source.as_deref().and_then(|source| source.downcast_ref())
    }

    /// The cause, whatever it is.
    pub fn source(&self) -> Option<&(dyn StdError + Send + Sync + 'static)> {
        self.0.source.as_deref()
    }

    /// The texts of what caused it, outermost first, for the log and for whoever runs the application, but for those that the text before
    /// them ends with: an error that became this one through `?` is its text.
    pub fn causes(&self) -> Vec<String> {
        let mut causes: Vec<String> = Vec::new();
        let mut cause = self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static));
        while let Some(source) = cause {
            let text = source.to_string();
            if !causes.last().unwrap_or(&self.0.message).ends_with(&text) {
                causes.push(text);
            }
            cause = source.source();
        }
        causes
    }

    /// The HTTP status (RFC 9110).
    pub fn http_status(&self) -> u16 {
        match self.0.kind {
            Kind::Invalid if self.0.malformed => 400,
            Kind::Invalid => 422,
            Kind::Unauthenticated => 401,
            Kind::Forbidden => 403,
            Kind::NotFound => 404,
            Kind::Conflict => 409,
            Kind::Gone => 410,
            Kind::TooLarge => 413,
            Kind::TooMany => 429,
            Kind::Timeout => 504,
            Kind::Cancelled => 499,
            Kind::Unavailable => 503,
            Kind::Internal => 500,
        }
    }

    /// The exit code of a command line (those of `sysexits.h` where they fit).
    pub fn exit_code(&self) -> u8 {
        match self.0.kind {
            Kind::Invalid if self.0.malformed => 2,
            Kind::Invalid => 65,
            Kind::Unauthenticated | Kind::Forbidden => 77,
            Kind::NotFound => 66,
            Kind::Conflict | Kind::Gone => 73,
            Kind::TooLarge | Kind::TooMany | Kind::Timeout | Kind::Cancelled => 75,
            Kind::Unavailable => 69,
            Kind::Internal => 70,
        }
    }

    /// The code of a JSON-RPC 2.0 error object.
    pub fn json_rpc_code(&self) -> i32 {
        match self.0.kind {
            Kind::Invalid => -32602,
            Kind::Unauthenticated => -32001,
            Kind::Forbidden => -32003,
            Kind::NotFound => -32004,
            Kind::Conflict | Kind::Gone => -32009,
            Kind::TooLarge | Kind::TooMany => -32029,
            Kind::Timeout | Kind::Cancelled => -32008,
            Kind::Unavailable => -32010,
            Kind::Internal => -32603,
        }
    }
}

/// Everything, for the log: kind, code, text, failures and the chain of causes.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]: {}", self.0.kind, self.0.code, self.0.message)?;
        for failure in &self.0.failures {
            write!(f, "\n  {failure}")?;
        }
        self.causes().iter().try_for_each(|cause| write!(f, "\n  caused by: {cause}"))
    }
}

/// What a caller may read.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.public_message())?;
        for failure in &self.0.failures {
            write!(f, "\n  {failure}")?;
        }
        Ok(())
    }
}

/// `?` on any error. `Error` itself implements no `std::error::Error`, or this impl could not be.
impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    #[cold]
    fn from(error: E) -> Self {
        problem::classify(&error).unwrap_or_else(|| Error::internal(error.to_string())).with_source(error)
    }
}

impl From<Error> for Box<dyn StdError + Send + Sync> {
    fn from(error: Error) -> Self {
        Box::new(Standard(error))
    }
}

impl From<Error> for Box<dyn StdError> {
    fn from(error: Error) -> Self {
        Box::new(Standard(error))
    }
}

/// An [`Error`] for programs that ask for a `std::error::Error`.
#[derive(Debug)]
struct Standard(Error);

impl fmt::Display for Standard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Standard {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.0.source.as_deref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the contract, letter by letter.
    #[test]
    fn kinds_have_the_statuses_of_the_table() {
        let rows = [
            (Kind::Invalid, 422, 65, -32602),
            (Kind::Unauthenticated, 401, 77, -32001),
            (Kind::Forbidden, 403, 77, -32003),
            (Kind::NotFound, 404, 66, -32004),
            (Kind::Conflict, 409, 73, -32009),
            (Kind::Gone, 410, 73, -32009),
            (Kind::TooLarge, 413, 75, -32029),
            (Kind::TooMany, 429, 75, -32029),
            (Kind::Timeout, 504, 75, -32008),
            (Kind::Cancelled, 499, 75, -32008),
            (Kind::Unavailable, 503, 69, -32010),
            (Kind::Internal, 500, 70, -32603),
        ];
        assert_eq!(rows.map(|row| row.0), Kind::ALL);
        for (kind, http, exit, rpc) in rows {
            let error = Error::new(kind, "text");
            assert_eq!((error.http_status(), error.exit_code(), error.json_rpc_code()), (http, exit, rpc), "{kind}");
        }
        let malformed = Error::malformed("text", vec![]);
        assert_eq!((malformed.http_status(), malformed.exit_code(), malformed.json_rpc_code()), (400, 2, -32602));
    }

    #[test]
    fn internal_text_never_leaks() {
        let error = Error::from(std::io::Error::other("password is 1234"));
        assert_eq!(error.kind(), Kind::Internal);
        assert_eq!(error.to_string(), "internal error");
        assert!(format!("{error:?}").contains("1234"), "the log has it");
        assert!(error.downcast_ref::<std::io::Error>().is_some());
    }

    #[test]
    fn is_one_pointer() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
