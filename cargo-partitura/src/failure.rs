//! What went wrong: one line, and what mends it.

use std::fmt;
use std::path::Path;

/// The command line was not understood.
const USAGE: u8 = 2;
/// All else.
const FAILED: u8 = 1;

/// The outcome of a verb.
pub(crate) type Result<T = ()> = std::result::Result<T, Failure>;

/// One line on stderr, a second one with the fix, and the exit code.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    fix: Option<String>,
    pub(crate) code: u8,
}

impl Failure {
    /// Something failed.
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Failure { what: what.into(), fix: None, code: FAILED }
    }

    /// The person asked for something that there is not.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Failure { what: what.into(), fix: None, code: USAGE }
    }

    /// It has been told already, by a program that was run.
    pub(crate) fn told() -> Self {
        Failure { what: String::new(), fix: None, code: FAILED }
    }

    /// What mends it.
    pub(crate) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// A file or folder that could not be read or written.
    pub(crate) fn file(verb: &str, path: &Path, error: &std::io::Error) -> Self {
        Failure::new(format!("cannot {verb} {}: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.what.is_empty() {
            write!(f, "error: {}", self.what)?;
        }
        if let Some(fix) = &self.fix {
            if !self.what.is_empty() {
                writeln!(f)?;
            }
            write!(f, "  fix: {fix}")?;
        }
        Ok(())
    }
}
