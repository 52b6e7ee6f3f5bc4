//! The WebSocket: over real sockets, with a client that is not ours (tungstenite) and with bytes written by hand.
#![allow(missing_docs, unreachable_pub)]
#![allow(clippy::disallowed_methods, reason = "the clock of the test: its sockets are real")]

#[path = "websocket/app.rs"]
mod app;
#[path = "websocket/bad.rs"]
mod bad;
#[path = "websocket/end.rs"]
mod end;
#[path = "websocket/fuzz.rs"]
mod fuzz;
#[path = "websocket/peer.rs"]
mod peer;
#[path = "websocket/talk.rs"]
mod talk;
#[path = "websocket/who.rs"]
mod who;

partitura::app! { pub Spoken { modules: [] } }
