//! The developer's tool of Partitura: `cargo partitura new`, `add`, `run`, `check` and more.
//!
//! It knows an application by what cargo's metadata and the application itself (`describe --json`, `check --json`) say of
//! it, and never parses what the compiler knows better. See `docs/cargo-partitura.md`.

// A tool is no application: it has no `Env`, and waits by the clock on the wall.
#![allow(clippy::disallowed_methods)]

use std::process::ExitCode;

mod add;
mod application;
mod check;
mod clean;
mod command;
mod diff;
mod doctor;
mod expand;
mod explain;
mod failure;
mod graph;
mod listed;
mod names;
mod near;
mod new;
mod project;
mod run;
mod show;

fn main() -> ExitCode {
    // Cargo runs this program as `rustc`, too, while it expands: see there.
    if let Some(code) = expand::as_rustc() {
        return code;
    }
    let matches = command::read();
    match command::run(&matches) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            let text = failure.to_string();
            if !text.is_empty() {
                eprintln!("{text}");
            }
            ExitCode::from(failure.code)
        }
    }
}
