//! Keys in a header or a parameter of their own.

use partitura_runtime::entrypoint::{Authenticator, Credentials};
use partitura_runtime::future::BoxFuture;
use partitura_runtime::{Error, Identity, Result};

use super::authenticators::API_KEY;
use super::fingerprint::Fingerprint;

/// The keys of one `[auth.api_key.<name>]`.
pub(super) struct ApiKeys {
    keys: Vec<(Fingerprint, Identity)>,
}

impl ApiKeys {
    pub(super) fn new(keys: Vec<(Fingerprint, Identity)>) -> Self {
        ApiKeys { keys }
    }

    fn check(&self, credentials: &Credentials) -> Result<Option<Identity>> {
        let Credentials::ApiKey(key) = credentials else { return Ok(None) };
        let shown = Fingerprint::of(key.expose());
        // All of them, also behind the one that fits: the time does not tell which one it was.
        let mut found = None;
        for (own, identity) in &self.keys {
            if bool::from(own.same(&shown)) {
                found = Some(identity);
            }
        }
        found.cloned().map(Some).ok_or_else(|| Error::unauthenticated("no such key"))
    }
}

impl Authenticator for ApiKeys {
    fn scheme(&self) -> &'static str {
        API_KEY
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> BoxFuture<'a, Result<Option<Identity>>> {
        Box::pin(std::future::ready(self.check(credentials)))
    }
}
