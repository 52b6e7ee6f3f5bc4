//! The interactive shell of a Partitura application.
//!
//! [`Shell`] adds the verb `shell`: it starts the application in this process, or attaches to the socket of one that runs, and then takes
//! one message after the other from a prompt or from a script. Both ways it is a [`Client`](partitura_wire::Client) that speaks.
//! `docs/shell.md` says what can be typed.
#![cfg(unix)]

mod command;
mod complete;
mod editor;
mod entrypoint;
mod history;
mod inside;
mod link;
mod names;
mod options;
mod screen;
mod script;
mod secret;
mod shell;
mod typed;
mod verb;

pub use entrypoint::Shell;
