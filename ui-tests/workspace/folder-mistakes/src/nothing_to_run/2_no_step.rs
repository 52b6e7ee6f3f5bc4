//! No step.

/// Nobody calls it.
pub fn execute() {}
