//! The semantics of the edition before.
#![deny(warnings)]
#![forbid(unsafe_code)]

partitura::module! { name: "bank" }

#[path = "../../forms/program.rs"]
pub mod program;
