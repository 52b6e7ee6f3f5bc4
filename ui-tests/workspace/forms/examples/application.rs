//! The same, in an application of one crate.
#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unused_qualifications, unreachable_pub)]

partitura::app! { pub Bank { modules: [], behaviors: [program::audit, program::Counted], require: authorization } }

#[path = "../program.rs"]
pub mod program;
