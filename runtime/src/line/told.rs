//! How an error is told on the command line.

use std::fmt::Display;

use crate::app::StartError;
use crate::error::{Error, Kind};

/// One line: `error[catalog.taken]: there is a product `tea` already`; of an internal error only the trace, whose
/// lines in the log have the rest.
pub fn line(error: &Error, trace: Option<impl Display>) -> String {
    match (error.kind(), trace) {
        (Kind::Internal, Some(trace)) => format!("internal error (trace {trace})"),
        (Kind::Internal, None) => "internal error".to_owned(),
        _ => {
            let again = error.retry_after().map(|wait| format!(" (try again in {wait:?})")).unwrap_or_default();
            format!("error[{}]: {}{again}", error.code(), one_line(error.public_message()))
        }
    }
}

/// `text` without line breaks, whatever a user's own type writes into its errors.
pub fn one_line(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// An error told to whoever runs the application, who may read what a caller may not.
pub fn operator(error: &Error) -> String {
    format!("error[{}]: {}", error.code(), one_line(error.message()))
}

/// `first`, which tells `error`, and a line for each of its failures.
pub fn with_failures(error: &Error, first: String) -> Vec<String> {
    std::iter::once(first).chain(error.failures().iter().map(|failure| format!("  {failure}"))).collect()
}

/// Every reason of a start that failed, or of a stop that did, for whoever runs the application: a line for each error, and one for
/// each of its failures.
pub fn reasons(error: &StartError) -> Vec<String> {
    match error {
        StartError::Providers(errors)
        | StartError::Entrypoints(errors)
        | StartError::Plans(errors)
        | StartError::Stopped(errors) => {
            errors.iter().flat_map(|error| with_failures(error, operator(error))).collect()
        }
        error => vec![error.to_string()],
    }
}
