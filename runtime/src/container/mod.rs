//! The container: which objects there are, how long each lives, and how a parameter finds its object.
//!
//! A type has one [`key::Slot`] for each module that provides or imports it; an application numbers the slots when it
//! is built and keeps a table of cells. At a message there is no hash and no lock: a slot's number, a cell, a pointer.

pub mod all;
pub(crate) mod build;
pub mod cells;
pub mod key;
pub mod need;
pub mod provider;
pub(crate) mod scope;
