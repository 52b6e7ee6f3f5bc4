//! The Model Context Protocol for a Partitura application: a message whose handler says `agent` is a tool.
//!
//! [`Mcp`] is the entrypoint: `serve` hangs it onto `http` (streamable HTTP), and the verb `mcp` speaks on stdin and stdout.
//! [`router`] and [`serve`] are the same for a program that has its own server or its own streams. What goes over the wire is
//! `rmcp`'s, the official crate of the protocol.

mod answer;
mod call;
mod config;
mod entrypoint;
mod guard;
mod http;
mod pipe;
mod resources;
mod schema;
mod server;
mod shared;
mod stdio;
mod tools;

pub use config::{Described, McpConfig, StdioConfig};
pub use entrypoint::Mcp;
pub use guard::{ToolCall, ToolGuard};
pub use http::router;
pub use stdio::serve;
