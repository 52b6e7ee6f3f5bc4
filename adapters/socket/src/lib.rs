//! The Unix socket of a Partitura application, in the frames of `partitura-wire`.
//!
//! [`Socket`] is the entrypoint that `serve` opens: who connects is known by the credentials that the kernel tells of it.
//! [`connect`] is the way in for another process in Rust, the verb `send` for a shell, `docs/wire.md` for all else.
#![cfg(unix)]

mod caller;
mod config;
mod entrypoint;
mod listen;
mod path;
mod send;
mod server;

pub use config::{Mode, SocketConfig, Who};
pub use entrypoint::Socket;
pub use partitura_wire as wire;
pub use partitura_wire::unix::{connect, connect_with, default_path};
