//! An application with one tool of each sort: called in process, over HTTP, and with what is no message at all.
#![allow(missing_docs)]
#![expect(clippy::disallowed_methods, reason = "the clock and the tasks of the test: its sockets are real")]

#[path = "tools/calls.rs"]
mod calls;
#[path = "tools/http.rs"]
mod http;
#[path = "tools/malformed.rs"]
mod malformed;
#[path = "tools/support.rs"]
mod support;

partitura::app! { pub Tools { modules: [] } }
