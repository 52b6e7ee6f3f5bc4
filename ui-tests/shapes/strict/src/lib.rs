//! Generated code under a strict house's lints: none of them may fire on what the macros write.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unused_qualifications, unreachable_pub, single_use_lifetimes, unused_results)]
#![deny(unused_lifetimes, missing_debug_implementations, trivial_casts)]
#![deny(elided_lifetimes_in_paths, explicit_outlives_requirements, variant_size_differences, let_underscore_drop)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery, clippy::cargo)]
// Of the workspace, not of what is written here.
#![allow(clippy::cargo_common_metadata, clippy::multiple_crate_versions)]

pub mod everything;

partitura::module! {
    name: "strict",
    imports: [dyn everything::Clock, Option<dyn everything::Absent>, scoped everything::Tx],
    exports: [dyn everything::Store],
    handles: [everything::Elsewhere],
    contracts: [everything::Elsewhere],
}
