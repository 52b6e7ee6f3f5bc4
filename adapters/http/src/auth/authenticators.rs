//! Several authenticators beside each other.

use std::fmt;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use partitura_runtime::config::Config;
use partitura_runtime::entrypoint::{Authenticator, Credentials};
use partitura_runtime::{Env, Error, Identity, Kind, Result};

use super::challenge::{self, Shown};
use super::config::AuthConfig;
use super::scheme::{KeyPlace, SecurityKind, SecurityScheme};
use super::{Refused, shown};

/// The scheme of those that take a key from a header or query of its own.
pub(super) const API_KEY: &str = "ApiKey";

/// All that turn what a caller shows into an identity. Cheap to clone.
///
/// Credentials go to the authenticators of their scheme, in declared order, until one says who they belong to. A
/// request shows one sort of credentials: an `Authorization` header or a key, and each once.
#[derive(Clone)]
pub struct Authenticators(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    realm: String,
    max_header: usize,
    entries: Vec<Entry>,
    /// Where keys stand, each place once.
    places: Vec<KeyPlace>,
}

/// An authenticator, and what OpenAPI is told of it.
#[derive(Clone)]
struct Entry {
    scheme: SecurityScheme,
    authenticator: Arc<dyn Authenticator>,
}

impl Authenticators {
    /// Those of the section `[auth]`: bearer, basic and API keys, each sort sorted by name. None if the section is empty.
    ///
    /// Reads files of keys and of certificates; nothing is fetched before the first token comes.
    ///
    /// # Errors
    /// Kind invalid: everything that is wrong with the section at once, each with its key and its fix.
    pub fn from_config(config: &Config, env: &Env) -> Result<Self> {
        let section = config.section::<AuthConfig>().map_err(super::config::wrong_section)?;
        super::config::open(&section, env).map_err(|error| config.placed(error))
    }

    /// None yet: every caller is anonymous. The realm is what a 401 names; headers are not longer than `max_header` bytes.
    pub(super) fn new(realm: &str, max_header: usize) -> Self {
        let (entries, places) = (Vec::new(), Vec::new());
        Authenticators(Arc::new(Inner { realm: realm.to_owned(), max_header, entries, places }))
    }

    /// With one more, asked after those that are there.
    ///
    /// Its scheme says what it is shown: for `ApiKey` the keys of all places that the section `[auth]` names, or of the
    /// header `x-api-key` if it names none; for any other an `Authorization` header of that scheme, compared without
    /// case.
    #[must_use]
    pub fn and(mut self, authenticator: Arc<dyn Authenticator>) -> Self {
        let own = authenticator.scheme();
        let mut schemes = vec![SecurityScheme::http(own.to_ascii_lowercase(), own, None)];
        if own.eq_ignore_ascii_case(API_KEY) {
            schemes = self.schemes();
            schemes.retain(|scheme| scheme.key_place().is_some());
            if schemes.is_empty() {
                schemes.push(SecurityScheme::new("api_key".to_owned(), SecurityKind::ApiKey(KeyPlace::default())));
            }
        }
        for scheme in schemes {
            self.push(scheme, authenticator.clone());
        }
        self
    }

    /// With one of the configuration. OpenAPI knows it by a name that no other one has.
    pub(super) fn add(&mut self, mut scheme: SecurityScheme, authenticator: Arc<dyn Authenticator>) {
        // `a b` and `a_b` are two names in the configuration, and one in OpenAPI.
        while self.0.entries.iter().any(|entry| entry.scheme.name == scheme.name) {
            scheme.name.push('_');
        }
        self.push(scheme, authenticator);
    }

    fn push(&mut self, scheme: SecurityScheme, authenticator: Arc<dyn Authenticator>) {
        let inner = Arc::make_mut(&mut self.0);
        if let Some(place) = scheme.key_place().filter(|place| !inner.places.contains(place)) {
            inner.places.push(place.clone());
        }
        inner.entries.push(Entry { scheme, authenticator });
    }

    /// Who sends a request with these headers and this query (what follows the `?`). Nobody in particular if the
    /// request shows no credentials, or if there are no authenticators.
    ///
    /// # Errors
    /// [`Refused`]: credentials that do not hold, that are malformed or too long, that are shown twice, or whose scheme
    /// nobody takes. Of another kind than unauthenticated if they could not be checked: the keys of an issuer cannot
    /// be had, or one of the application's own authenticators failed.
    ///
    /// Cancel safe: what is under way for others as well, such as a fetch of keys, goes on.
    pub async fn identify(&self, headers: &HeaderMap, query: Option<&str>) -> Result<Identity, Refused> {
        if self.is_empty() {
            return Ok(Identity::anonymous());
        }
        self.ask(headers, query).await
    }

    /// Whether nobody can say who they are.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.entries.is_empty()
    }

    async fn ask(&self, headers: &HeaderMap, query: Option<&str>) -> Result<Identity, Refused> {
        let Inner { max_header, entries, places, .. } = &*self.0;
        let shown = match shown::read(headers, query, places, *max_header) {
            Ok(Some(shown)) => shown,
            Ok(None) => return Ok(Identity::anonymous()),
            Err(why) => {
                tracing::debug!(target: "partitura", why, "credentials were refused");
                return Err(self.refused(Shown::Other));
            }
        };
        let mut unchecked: Option<Error> = None;
        for entry in entries.iter().filter(|entry| entry.takes(&shown)) {
            match entry.authenticator.authenticate(&shown.credentials).await {
                Ok(Some(identity)) => return Ok(identity),
                Ok(None) => {}
                Err(error) if error.kind() == Kind::Unauthenticated => {
                    let (by, why) = (&entry.scheme.name, error.message());
                    tracing::debug!(target: "partitura", by, why, "credentials were refused");
                }
                // Another may still say who it is.
                Err(error) => unchecked = unchecked.or(Some(error)),
            }
        }
        Err(match unchecked {
            Some(error) => Refused::unchecked(error),
            None => self.refused(Shown::of(&shown.credentials)),
        })
    }

    /// What a `WWW-Authenticate` header says to a caller who showed nothing and is not let in: one value for each
    /// scheme, to be sent as one header each (RFC 9110, 11.6.1). Empty if there are no authenticators.
    pub fn challenge(&self) -> Vec<HeaderValue> {
        self.challenges(Shown::Nothing)
    }

    /// What OpenAPI is told, in declared order.
    pub fn schemes(&self) -> Vec<SecurityScheme> {
        let mut schemes: Vec<SecurityScheme> = Vec::new();
        for entry in &self.0.entries {
            if !schemes.contains(&entry.scheme) {
                schemes.push(entry.scheme.clone());
            }
        }
        schemes
    }

    fn refused(&self, shown: Shown) -> Refused {
        Refused::unauthenticated(self.challenges(shown))
    }

    fn challenges(&self, shown: Shown) -> Vec<HeaderValue> {
        challenge::all(&self.0.realm, self.0.entries.iter().map(|entry| &entry.scheme.kind), shown)
    }
}

impl Entry {
    fn takes(&self, shown: &shown::OneShown) -> bool {
        match &shown.credentials {
            Credentials::Authorization { scheme, .. } => {
                self.scheme.key_place().is_none() && self.authenticator.scheme().eq_ignore_ascii_case(scheme)
            }
            _ => shown.place.is_some() && shown.place.as_ref() == self.scheme.key_place(),
        }
    }
}

impl fmt::Debug for Authenticators {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticators").field("realm", &self.0.realm).field("schemes", &self.schemes()).finish()
    }
}
