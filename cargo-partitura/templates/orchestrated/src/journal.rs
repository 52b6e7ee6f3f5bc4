//! What was done, in the order in which it was done.

use std::sync::{Mutex, PoisonError};

use partitura::prelude::*;

/// A singleton, which every step gets by reference.
#[injectable]
#[derive(Default)]
pub struct Journal {
    #[init]
    lines: Mutex<Vec<String>>,
}

impl Journal {
    /// Adds a line, and tells it.
    pub fn note(&self, line: &str) {
        eprintln!("{line}");
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    }

    /// The lines so far.
    #[cfg(test)]
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
