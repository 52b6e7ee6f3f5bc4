//! The small core of Partitura: messages, container, context, modules, lifecycle, configuration and errors.
//!
//! It knows no transport and no database. Users depend on the crate `partitura`, which re-exports all that is public
//! here; the macros refer to what is in `__private`.

pub mod config;
pub mod error;
pub mod nearest;
pub mod problem;

pub use config::{Config, Secret};
pub use error::{Error, Failure, Kind, Result};
pub use problem::Problem;
