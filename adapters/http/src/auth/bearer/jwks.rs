//! The cache of an issuer's keys.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use partitura_runtime::{Env, Error, Result};

use super::algorithm::Algorithm;
use super::fetch::Source;
use super::jwk;
use super::key::VerifyingKey;

/// The keys of an issuer, fetched when the first token comes, and kept.
///
/// - Keys older than `refresh` are fetched again behind the scenes; the old ones serve meanwhile.
/// - A key that is not among them makes one fetch, not more often than each `retry`: the issuer may have a new one.
/// - While they cannot be fetched the old ones go on serving, until they are older than `stale`.
/// - All who need a fetch wait for the same one.
pub(in crate::auth) struct Jwks {
    source: Source,
    allowed: Vec<Algorithm>,
    limits: Limits,
    env: Env,
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy)]
pub(in crate::auth) struct Limits {
    pub(in crate::auth) refresh: Duration,
    pub(in crate::auth) stale: Duration,
    pub(in crate::auth) retry: Duration,
    pub(in crate::auth) timeout: Duration,
}

#[derive(Default)]
struct State {
    fetched: Option<Fetched>,
    /// When the last fetch began, whatever came of it.
    attempted: Option<Instant>,
    running: Option<Fetch>,
}

struct Fetched {
    keys: Arc<[VerifyingKey]>,
    at: Instant,
}

/// Ready when the state has what came of it.
type Fetch = Shared<BoxFuture<'static, ()>>;

enum Found {
    Keys(Arc<[VerifyingKey]>),
    /// It may be there after this.
    After(Fetch),
}

impl Jwks {
    pub(in crate::auth) fn new(source: Source, allowed: Vec<Algorithm>, limits: Limits, env: &Env) -> Arc<Self> {
        Arc::new(Jwks { source, allowed, limits, env: env.clone(), state: Mutex::default() })
    }

    /// The keys among which that of this id would be; all for a token that names none.
    ///
    /// # Errors
    /// Kind unavailable: there are no keys, and none can be had now.
    ///
    /// Cancel safe: a fetch goes on for the others who wait for it.
    pub(super) async fn keys_for(self: &Arc<Self>, id: Option<&str>) -> Result<Arc<[VerifyingKey]>> {
        match self.look(id, true)? {
            Found::Keys(keys) => Ok(keys),
            Found::After(fetch) => {
                fetch.await;
                match self.look(id, false)? {
                    Found::Keys(keys) => Ok(keys),
                    Found::After(_) => Err(self.unavailable(Duration::ZERO)),
                }
            }
        }
    }

    fn look(self: &Arc<Self>, id: Option<&str>, may_fetch: bool) -> Result<Found> {
        let mut state = self.state();
        let now = self.env.now();
        let age = |fetched: &Fetched| now.saturating_duration_since(fetched.at);
        let fetched = state.fetched.as_ref().filter(|fetched| age(fetched) < self.limits.stale);
        let found = fetched.map(|fetched| (fetched.keys.clone(), age(fetched)));
        match found {
            Some((keys, age)) if has(&keys, id) => {
                if age >= self.limits.refresh && may_fetch {
                    self.fetch(&mut state, now);
                }
                Ok(Found::Keys(keys))
            }
            found => {
                let fetch = if may_fetch { self.fetch(&mut state, now) } else { None };
                match (fetch, found) {
                    (Some(fetch), _) => Ok(Found::After(fetch)),
                    (None, Some((keys, _))) => Ok(Found::Keys(keys)),
                    (None, None) => {
                        let passed = state.attempted.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
                        Err(self.unavailable(self.limits.retry.saturating_sub(passed)))
                    }
                }
            }
        }
    }

    /// The fetch that runs; else a new one, if it is time for it.
    fn fetch(self: &Arc<Self>, state: &mut State, now: Instant) -> Option<Fetch> {
        // One that is over without having said so was stopped, or panicked.
        if let Some(running) = state.running.as_ref().filter(|running| running.peek().is_none()) {
            return Some(running.clone());
        }
        if state.attempted.is_some_and(|at| now.saturating_duration_since(at) < self.limits.retry) {
            return None;
        }
        state.attempted = Some(now);
        let jwks = self.clone();
        // A task of its own: whoever began it may go away, and the others still wait for it.
        let task = self.env.spawn(async move {
            let answer = jwks.env.timeout(jwks.limits.timeout, jwks.source.read()).await;
            let document = answer.unwrap_or_else(|_| Err("does not answer in time".to_owned()));
            jwks.keep(document.and_then(|document| jwk::read(&document, &jwks.allowed)));
        });
        let running = task.map(|_| ()).boxed().shared();
        state.running = Some(running.clone());
        Some(running)
    }

    fn keep(&self, answer: Result<Vec<VerifyingKey>, String>) {
        let mut state = self.state();
        state.running = None;
        match answer {
            Ok(keys) => state.fetched = Some(Fetched { keys: keys.into(), at: self.env.now() }),
            Err(why) => {
                let (source, has_keys) = (self.source.to_string(), state.fetched.is_some());
                drop(state);
                tracing::warn!(target: "partitura", source, why, has_keys, "the keys of an issuer cannot be fetched");
            }
        }
    }

    fn unavailable(&self, wait: Duration) -> Error {
        // At least a second: `Retry-After` counts in whole ones.
        let wait = wait.max(Duration::from_secs(1));
        Error::unavailable("tokens cannot be checked now").with_retry_after(wait)
    }

    /// No panic happens while it is held; and if one did, each field is still whole.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// True if a key of this id is there, or one without an id, which may be any.
fn has(keys: &[VerifyingKey], id: Option<&str>) -> bool {
    id.is_none() || keys.iter().any(|key| key.id.is_none() || key.id.as_deref() == id)
}
