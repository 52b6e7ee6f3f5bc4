//! A WebSocket (RFC 6455; over HTTP/2 RFC 8441) that carries the frames of `partitura-wire`: `docs/websocket.md`.
//!
//! Invariants:
//! - Nobody becomes a WebSocket whom a route would not have let in: origin, credentials, limits come before the upgrade.
//! - A connection that was upgraded is nobody's but ours: it is counted, drained and stopped here.

#[cfg(feature = "websocket")]
mod carrier;
mod config;
#[cfg(feature = "websocket")]
mod end;
#[cfg(feature = "websocket")]
mod handshake;
#[cfg(feature = "websocket")]
mod open;
#[cfg(feature = "websocket")]
mod origin;
#[cfg(feature = "websocket")]
mod route;
#[cfg(feature = "websocket")]
mod topics;

/// How the configuration speaks of it.
#[cfg(feature = "websocket")]
#[linkme::distributed_slice(partitura_runtime::entrypoint::DOORS)]
static NAME: &'static str = "websocket";

pub use self::config::{WebSocketConfig, Who};
#[cfg(feature = "websocket")]
pub(crate) use self::open::Open;
#[cfg(feature = "websocket")]
pub(crate) use self::route::onto;
