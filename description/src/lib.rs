//! What reads the description of an application, as its verb `describe --json` writes it: the types, pictures, and the difference of
//! two descriptions.
//!
//! The application's own command line reads it, and so does the developer's tool, which knows applications of other versions than its
//! own. So this crate knows neither the runtime nor cargo: it takes what it knows of a description and leaves the rest.

pub mod diff;
pub mod graph;
mod model;
pub mod routes;

pub use model::{
    Access, Application, Cause, Description, Edge, Handler, Import, Key, Message, Module, Need, Plan, Provider, Route,
    Run, Section, Step, StepRun, Topic, Undo, Unread,
};

/// `1 route`, `2 routes`, `2 boxes`.
pub(crate) fn count(number: usize, word: &str) -> String {
    let end = if word.ends_with('x') { "es" } else { "s" };
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}{end}") }
}
