//! Who calls: API keys, basic credentials (RFC 7617) and bearer tokens (JWT: RFC 6750, 7515, 7519, 8725).
//!
//! [`Authenticators`] is made of the section `[auth]` of the configuration and of an application's own
//! [`Authenticator`](partitura_runtime::entrypoint::Authenticator)s, and says of each request who sends it.
//!
//! Invariants: what a caller sends is refused as unauthenticated at worst, and never makes a panic or an internal error;
//! no text that is made here (of an error, of `Debug`, of the log) tells a key, a password or a token.

mod api_key;
mod authenticators;
mod basic;
mod bearer;
mod challenge;
pub mod config;
mod fingerprint;
mod refused;
mod scheme;
mod shown;
#[cfg(test)]
mod tests;

pub use authenticators::Authenticators;
pub use config::AuthConfig;
pub use refused::Refused;
pub use scheme::{KeyPlace, SecurityKind, SecurityScheme};

#[cfg(doctest)]
#[doc = include_str!("../../../../docs/authentication.md")]
mod guide {}
