//! A name that is none.
