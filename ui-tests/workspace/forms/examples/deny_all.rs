//! The lints that a careful crate denies.
#![deny(warnings, missing_docs, unused_qualifications, unreachable_pub, missing_debug_implementations)]
#![deny(unused_results, unused_import_braces, single_use_lifetimes, trivial_casts, elided_lifetimes_in_paths)]
#![deny(unused_crate_dependencies, let_underscore_drop)]
#![allow(unused_crate_dependencies, missing_debug_implementations)]

partitura::module! { name: "bank" }

#[path = "../program.rs"]
pub mod program;
