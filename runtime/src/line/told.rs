//! How an error is told on the command line.

use std::borrow::Cow;
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

/// `text` without line breaks, and [`tame`], whatever a user's own type writes into its errors.
pub fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    tame(&lines.join(" ")).into_owned()
}

/// `text` with what would steer a terminal escaped, as in the log. Lines and tabs stay.
pub fn tame(text: &str) -> Cow<'_, str> {
    let steers = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let mut tame = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if steers(c) { tame.extend(c.escape_default()) } else { tame.push(c) }
    }
    Cow::Owned(tame)
}

/// An error told to whoever runs the application, who may read what a caller may not.
pub fn operator(error: &Error) -> String {
    format!("error[{}]: {}", error.code(), one_line(error.message()))
}

/// `first`, which tells `error`, and a line for each of its failures.
pub fn with_failures(error: &Error, first: String) -> Vec<String> {
    let failures = error.failures().iter().map(|failure| tame(&format!("  {failure}")).into_owned());
    std::iter::once(first).chain(failures).collect()
}

/// All of an error, for whoever runs the application: [`operator`], its failures, and what caused it.
fn reason(error: &Error) -> Vec<String> {
    let mut lines = with_failures(error, operator(error));
    lines.extend(error.causes().iter().map(|cause| format!("  caused by: {}", one_line(cause))));
    lines
}

/// Every reason of a start that failed, or of a stop that did, for whoever runs the application: a line for each error, and one for
/// each of its failures and of its causes.
pub fn reasons(error: &StartError) -> Vec<String> {
    match error {
        StartError::Providers(errors)
        | StartError::Entrypoints(errors)
        | StartError::Plans(errors)
        | StartError::Stopped(errors) => errors.iter().flat_map(reason).collect(),
        error => vec![tame(&error.to_string()).into_owned()],
    }
}
