//! No `execute`.
