//! An error on its way over the wire.

use std::fmt;
use std::time::Duration;

use partitura_runtime::error::{Error, Failure, Kind};
use serde::{Deserialize, Serialize};

/// What an `error` frame says: an [`Error`] as far as a caller may know it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// The kind: `not_found`.
    pub kind: Kind,
    /// A stable code for programs: `PT0307`, `bank.no_funds`.
    pub code: String,
    /// What went wrong, for people.
    pub message: String,
    /// Whether the input was not even understood; the kind is `invalid` then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub malformed: bool,
    /// What is wrong with the input, everything at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<Failure>,
    /// The trace, under which the log tells more: 32 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// After how many milliseconds it is worth trying again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Fault {
    /// What `error` says to a caller: of an internal one only its kind and code.
    pub fn of(error: &Error, trace_id: Option<String>) -> Self {
        Fault {
            kind: error.kind(),
            code: error.code().to_owned(),
            message: error.public_message().to_owned(),
            malformed: error.is_malformed(),
            failures: error.failures().to_vec(),
            trace_id,
            retry_after_ms: error.retry_after().map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)),
        }
    }

    /// The same with fewer words, for a caller who takes small frames only.
    pub(crate) fn shortened(mut self) -> Self {
        self.failures.clear();
        self.message = self.message.chars().take(100).collect();
        self.code = self.code.chars().take(50).collect();
        self
    }
}

/// As it was on the other side: [`Error::downcast_ref`] of [`Remote`] has the trace.
impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        let Fault { kind, code, message, malformed, failures, trace_id, retry_after_ms } = fault;
        let error = match malformed {
            true => Error::malformed(message, failures),
            false => Error::new(kind, message).with_failures(failures),
        };
        let error = error.with_code(code).with_source(Remote { trace_id });
        match retry_after_ms {
            Some(wait) => error.with_retry_after(Duration::from_millis(wait)),
            None => error,
        }
    }
}

/// The source of an error that came over the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// The trace on the other side.
    pub trace_id: Option<String>,
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.trace_id {
            Some(trace) => write!(f, "the other side failed (trace {trace})"),
            None => f.write_str("the other side failed"),
        }
    }
}

impl std::error::Error for Remote {}
