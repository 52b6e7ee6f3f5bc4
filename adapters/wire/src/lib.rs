//! The framed JSON protocol of a Partitura application: many requests in flight over one connection, streams with
//! back-pressure, deadlines, cancellation, subscriptions to topics.
//!
//! [`Session`] is the application's side of a connection and [`Client`] the caller's; both speak [`Frame`]s through a
//! [`Receive`] and a [`Transmit`], which a transport implements. [`framed`] is the pair for any stream of bytes: four bytes
//! of length, big-endian, and then one frame as JSON. A transport of messages, such as a WebSocket, carries a frame in each.
//!
//! The frames, field by field and byte by byte, for those who write a client in another language: `docs/wire.md`.

mod client;
mod fault;
mod frame;
mod framing;
mod limits;
mod server;
mod transport;
#[cfg(unix)]
pub mod unix;

pub use client::{Client, ClientOptions, Items, Request};
pub use fault::{Fault, Remote};
pub use frame::{Frame, Malformed, VERSION};
pub use framing::{FramedReader, FramedWriter, framed};
pub use limits::Limits;
pub use server::{Allow, DESCRIBE, Ended, Phase, Session};
pub use transport::{Lost, Receive, Transmit};
