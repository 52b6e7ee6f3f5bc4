//! Bearer tokens (RFC 6750) that are signed JWTs (RFC 7515, 7519), checked as RFC 8725 advises.

mod algorithm;
mod claims;
mod fetch;
mod jwk;
mod jwks;
mod key;
mod pem;
mod token;

use std::sync::Arc;

use partitura_runtime::entrypoint::{Authenticator, Credentials};
use partitura_runtime::future::BoxFuture;
use partitura_runtime::{Env, Error, Identity, Result};

pub use self::algorithm::Algorithm;
pub(super) use self::claims::Rules;
pub(super) use self::fetch::{Source, Trust, address, read_file};
pub(super) use self::jwks::{Jwks, Limits};
pub(super) use self::key::VerifyingKey;
use self::token::Token;

/// Looks whether a document is a set of keys that can be used.
///
/// # Errors
/// The end of a sentence that begins with its name.
pub(super) fn check_set(document: &[u8], allowed: &[Algorithm]) -> Result<(), String> {
    jwk::read(document, allowed).map(drop)
}

/// One `[auth.bearer.<name>]`: an issuer and its keys.
pub(super) struct Bearer {
    pub(super) rules: Rules,
    pub(super) keys: Keys,
    pub(super) env: Env,
}

/// What signatures are checked with.
pub(super) enum Keys {
    /// The one of the configuration.
    Fixed(VerifyingKey),
    /// Those that the issuer publishes.
    Published(Arc<Jwks>),
}

impl Bearer {
    async fn check(&self, text: &str) -> Result<Identity> {
        let token = Token::parse(text).ok_or_else(|| Error::unauthenticated("no signed JWT"))?;
        // Before any key is looked for: the token of another issuer beside this one makes nobody fetch keys.
        self.rules.check_issuer(&token.claims).map_err(Error::unauthenticated)?;
        let holds = match &self.keys {
            Keys::Fixed(key) => key.verifies(&token),
            Keys::Published(jwks) => {
                jwks.keys_for(token.header.kid.as_deref()).await?.iter().any(|key| key.verifies(&token))
            }
        };
        if !holds {
            return Err(Error::unauthenticated("no key of this algorithm and id made the signature"));
        }
        self.rules.identity(token.claims, self.env.wall_clock()).map_err(Error::unauthenticated)
    }
}

impl Authenticator for Bearer {
    fn scheme(&self) -> &'static str {
        "Bearer"
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> BoxFuture<'a, Result<Option<Identity>>> {
        Box::pin(async move {
            match credentials {
                Credentials::Authorization { scheme, value } if scheme.eq_ignore_ascii_case(self.scheme()) => {
                    self.check(value.expose()).await.map(Some)
                }
                _ => Ok(None),
            }
        })
    }
}
