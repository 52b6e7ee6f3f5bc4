//! Where something is declared.

use std::fmt;

/// A line of a source file, as `file!()` and `line!()` say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The path, relative to the folder in which the compiler ran.
    pub file: &'static str,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
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
