//! Where something is declared.

use std::cmp::Ordering;
use std::fmt;

/// A line of a source file, as `file!()` and `line!()` say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The path, relative to the folder in which the compiler ran.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
}

/// By file, line and column. Most places that are compared are of one file, whose name is then one text in memory.
impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        let files = if std::ptr::eq(self.file, other.file) { Ordering::Equal } else { self.file.cmp(other.file) };
        files.then_with(|| (self.line, self.column).cmp(&(other.line, other.column)))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// The [`Place`] of the attribute that expands to it.
#[doc(hidden)]
#[macro_export]
macro_rules! __place {
    () => {
        $crate::wiring::place::Place { file: ::core::file!(), line: ::core::line!(), column: ::core::column!() }
    };
}
