//! The command line of a Partitura application.

use std::process::ExitCode;
use std::sync::Arc;

use partitura_runtime::app::Blueprint;
use partitura_runtime::entrypoint::Entrypoint;

/// Runs the command line of an application.
pub fn main(blueprint: &'static Blueprint, entrypoints: Vec<Arc<dyn Entrypoint>>) -> ExitCode {
    let _ = (blueprint, entrypoints);
    ExitCode::SUCCESS
}
