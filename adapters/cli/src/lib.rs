//! The command line of a Partitura application.
//!
//! ```text
//! bank serve [--only http,socket]
//! bank execute accounts.OpenAccount --owner Ada
//! bank execute accounts.OpenAccount --json account.json --owner Ada
//! bank execute --graph run.svg startup.Run
//! bank ls | routes | describe [NAME] | graph [PLAN] | check | config | completions SHELL
//! ```
//!
//! Answers go to stdout, all else to stderr. Exit codes:
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | `describe --diff` found what breaks somebody, or lets somebody in |
//! | 2 | the command line was not understood; a field is missing, unknown or of a wrong type |
//! | 65 to 77 | the error of a handler, a provider or an entrypoint, by its kind: [`Error::exit_code`] |
//! | 66 | also: no such message |
//! | 70 | also: `check` found an error in the wiring; a handler panicked |
//! | 74 | the answer could not be written |
//! | 75 | also: cancelled by Ctrl-C or SIGTERM; something did not stop within `runtime.stop_timeout` |
//! | 78 | the configuration does not parse; `check` found an error in it |
//! | 130 | ended at once by a second Ctrl-C or SIGTERM |
//!
//! [`main`] is the door; [`run`] is the same without a process around it: its arguments, its environment and its
//! streams are parameters, so that it can be tested.
//!
//! [`Error::exit_code`]: partitura_runtime::error::Error::exit_code

use std::process::ExitCode;
use std::sync::Arc;

use partitura_runtime::app::Blueprint;
use partitura_runtime::entrypoint::Entrypoint;

mod check;
mod command;
mod complete;
mod config;
mod describe;
mod description;
mod execute;
mod exit;
mod graph;
mod host;
mod ls;
mod options;
mod panics;
mod progress;
mod routes;
mod run;
mod serve;
mod subcommand;
mod world;

use partitura_runtime::line::{table, told};

pub use panics::to_the_log as panics_to_the_log;
pub use run::run;
pub use world::{Notes, World};

/// Runs the command line of an application: the arguments, environment, streams and signals of this process.
///
/// Panics go to the log from here on, one line each.
pub fn main(blueprint: &'static Blueprint, entrypoints: Vec<Arc<dyn Entrypoint>>) -> ExitCode {
    panics::to_the_log();
    let (mut stdin, mut stdout, mut stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let world = World::process(&mut stdin, &mut stdout, &mut stderr);
    ExitCode::from(run(blueprint, entrypoints, world))
}
