//! One.
