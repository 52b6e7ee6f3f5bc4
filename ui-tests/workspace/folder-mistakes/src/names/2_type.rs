//! A good one.
