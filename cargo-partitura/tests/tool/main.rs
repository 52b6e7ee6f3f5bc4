//! The program, as somebody types it. What is compiled is bounded: see `support`.
#![allow(clippy::disallowed_methods, reason = "a test of a program waits by the clock on the wall")]

mod check;
mod command_line;
mod projects;
mod support;
#[cfg(unix)]
mod watch;
