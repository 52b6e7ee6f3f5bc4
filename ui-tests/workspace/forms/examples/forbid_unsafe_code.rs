//! No lint about `unsafe` looks into expansions.
#![forbid(unsafe_code)]

partitura::module! { name: "bank" }

#[path = "../program.rs"]
pub mod program;
