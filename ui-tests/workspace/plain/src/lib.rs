//! A crate without a module.

pub struct Plain;
