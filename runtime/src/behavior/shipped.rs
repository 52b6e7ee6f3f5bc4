//! The behaviors that come with the framework.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::{AnyMessage, Around, Behavior, Next, Role};
use crate::config::{Field, Section};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::message::{Decode, Message, Query};

/// The section `behaviors` of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BehaviorsConfig {
    /// What [`Deadline`] gives a message. Default `10s`.
    #[serde(with = "crate::config::duration")]
    pub deadline: Duration,
    /// How often [`Retry`] tries an idempotent handler again that says nothing itself. Default 2.
    pub retries: u32,
    /// The wait before the first retry, doubled before each further one, up to 30 s, half of it random. Default `50ms`.
    #[serde(with = "crate::config::duration")]
    pub backoff: Duration,
    /// How many replies [`Cache`] keeps of one query type. Default 1,000.
    pub cache_entries: usize,
    /// For how long. Default `1m`.
    #[serde(with = "crate::config::duration")]
    pub cache_ttl: Duration,
    /// Whether each caller, and each session, has replies of its own. Default true; false where replies do not depend on who asks.
    pub cache_per_caller: bool,
}

impl Default for BehaviorsConfig {
    fn default() -> Self {
        BehaviorsConfig {
            deadline: Duration::from_secs(10),
            retries: 2,
            backoff: Duration::from_millis(50),
            cache_entries: 1_000,
            cache_ttl: Duration::from_secs(60),
            cache_per_caller: true,
        }
    }
}

impl Section for BehaviorsConfig {
    const NAME: &'static str = "behaviors";
    const FIELDS: &'static [Field] = &[
        Field::optional("deadline", "Duration"),
        Field::optional("retries", "u32"),
        Field::optional("backoff", "Duration"),
        Field::optional("cache_entries", "usize"),
        Field::optional("cache_ttl", "Duration"),
        Field::optional("cache_per_caller", "bool"),
    ];
}

/// Logs the end of each message at DEBUG, with its time; failures at INFO, internal ones at WARN.
pub struct Tracing;

impl Behavior for Tracing {
    const NAME: &'static str = "Tracing";
    const READS: bool = false;
}

impl<M: Message> Around<M> for Tracing {
    async fn surround<'a>(_: Option<&'a M>, cx: &'a Context, next: Next<'a, M>) -> Result<M::Reply> {
        let begun = cx.env().now();
        let answer = next.run().await;
        let (name, trace_id) = (cx.name(), cx.trace_id());
        let micros = u64::try_from((cx.env().now() - begun).as_micros()).unwrap_or(u64::MAX);
        match &answer {
            Ok(_) => tracing::debug!(target: "partitura", %trace_id, name, micros, "done"),
            Err(error) if error.kind() == crate::error::Kind::Internal => {
                tracing::warn!(target: "partitura", %trace_id, name, micros, kind = %error.kind(), error = ?error, "failed");
            }
            Err(error) => {
                tracing::info!(target: "partitura", %trace_id, name, micros, kind = %error.kind(), code = error.code(), "failed");
            }
        }
        answer
    }
}

/// Counts and times messages through the facade `metrics`, whatever recorder the program installs:
/// `partitura_messages_total` (message, kind, outcome: `ok` or the error's kind), `partitura_message_seconds` (message),
/// `partitura_messages_in_flight`.
pub struct Metrics;

impl Behavior for Metrics {
    const NAME: &'static str = "Metrics";
    const READS: bool = false;
}

impl<M: Message> Around<M> for Metrics {
    async fn surround<'a>(_: Option<&'a M>, cx: &'a Context, next: Next<'a, M>) -> Result<M::Reply> {
        /// Counts down also when the message is cancelled.
        struct InFlight;
        impl Drop for InFlight {
            fn drop(&mut self) {
                metrics::gauge!("partitura_messages_in_flight").decrement(1.0);
            }
        }
        let (name, kind) = (cx.name(), cx.message().map_or_else(String::new, |message| message.kind.to_string()));
        metrics::gauge!("partitura_messages_in_flight").increment(1.0);
        let counted = InFlight;
        let begun = cx.env().now();
        let answer = next.run().await;
        drop(counted);
        let seconds = (cx.env().now() - begun).as_secs_f64();
        let outcome = answer.as_ref().map_or_else(|error| error.kind().name(), |_| "ok");
        metrics::counter!("partitura_messages_total", "message" => name.clone(), "kind" => kind, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("partitura_message_seconds", "message" => name).record(seconds);
        answer
    }
}

/// Cancels a message that takes longer than `behaviors.deadline` of the configuration (10 s): kind timeout.
pub struct Deadline;

impl Behavior for Deadline {
    const NAME: &'static str = "Deadline";
    const READS: bool = false;
}

impl<M: Message> Around<M> for Deadline {
    async fn surround<'a>(_: Option<&'a M>, cx: &'a Context, next: Next<'a, M>) -> Result<M::Reply> {
        match cx.env().timeout(cx.app().behaviors_config.deadline, next.run()).await {
            Ok(answer) => answer,
            Err(_) => Err(crate::context::late(cx.name())),
        }
    }
}

macro_rules! place {
    ($(#[$docs:meta])* $name:ident, $role:ident) => {
        $(#[$docs])*
        pub struct $name;

        impl Behavior for $name {
            const NAME: &'static str = stringify!($name);
            const READS: bool = false;
            const ROLE: Role = Role::$role;
        }

        impl Around<AnyMessage> for $name {
            /// The application's chain knows the place and does it itself.
            fn surround<'a>(
                _: Option<&'a AnyMessage>,
                _: &'a Context,
                next: Next<'a, AnyMessage>,
            ) -> impl Future<Output = Result<super::AnyReply>> + Send + 'a {
                next.run()
            }
        }
    };
}

place! {
    /// Where in an application's behaviors `allow(..)` is checked. It is checked in any case: by default directly before
    /// the validation.
    Authorization, Authorization
}

place! {
    /// Where in an application's behaviors `#[validate(..)]` is checked. It is checked in any case: by default last, directly
    /// before the handler and its own behaviors.
    Validation, Validation
}

place! {
    /// Tries handlers again that say `idempotent` and nothing of `retries`, as the section `behaviors` says, when they fail
    /// for a reason that may pass (unavailable, timeout, too many, internal). Handlers with `retries = N` need no behavior.
    Retry, Retry
}

/// Keeps the replies of a query: `#[handler(behaviors(Cache))]`. Equal messages, compared as JSON, of one caller, and in one
/// session, share a reply for `behaviors.cache_ttl`; at most `behaviors.cache_entries` are kept, those used last. Failures are not kept.
///
/// Two that ask at the same time may both reach the handler: a cache saves work, it is no lock.
pub struct Cache;

/// What can be kept: queries, since a command must reach its handler each time.
#[diagnostic::on_unimplemented(
    message = "only the reply of a query is kept in a cache, and `{Self}` is none [PT0163]",
    label = "not a query",
    note = "a command changes something, so its handler must run each time"
)]
pub trait Cacheable: Message {}

#[diagnostic::do_not_recommend]
impl<M: Query> Cacheable for M {}

/// A reply that can be kept.
#[diagnostic::on_unimplemented(
    message = "a reply is kept in a cache and given to many, and `{Self}` is not `Clone + Sync` [PT0163]",
    label = "cannot be kept",
    note = "write `#[derive(Clone)]` on the reply"
)]
pub trait Kept: Clone + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<R: Clone + Send + Sync + 'static> Kept for R {}

impl Behavior for Cache {
    const NAME: &'static str = "Cache";
}

impl<M: Cacheable<Reply: Kept>> Around<M> for Cache {
    async fn surround<'a>(message: Option<&'a M>, cx: &'a Context, next: Next<'a, M>) -> Result<M::Reply> {
        let key = match message.and_then(M::Wire::encode) {
            Some(encoded) => Key { message: encoded?.to_string(), caller: caller(cx) },
            // A local query does not say how it is compared.
            None => return next.run().await,
        };
        let (now, config) = (cx.env().now(), &cx.app().behaviors_config);
        let replies = cx.app().caches.of::<M>();
        if let Some(kept) = replies.get(&key, now) {
            tracing::debug!(target: "partitura", trace_id = %cx.trace_id(), name = cx.name(), "answered from the cache");
            return Ok(kept);
        }
        let reply = next.run().await?;
        let until = cx.env().now().checked_add(config.cache_ttl);
        replies.put(key, reply.clone(), until, config.cache_entries);
        Ok(reply)
    }
}

/// Whose reply it is: subject, roles, claims and session, since a handler may look at any of them.
fn caller(cx: &Context) -> Option<String> {
    let (identity, session) = (cx.identity(), cx.session_id());
    let is_anybody = session.is_none() && *identity == crate::identity::Identity::anonymous();
    if is_anybody || !cx.app().behaviors_config.cache_per_caller {
        return None;
    }
    serde_json::to_string(&(identity, session)).ok()
}

/// The caches of an application: one for each query type.
#[derive(Default)]
pub(crate) struct Caches(Mutex<HashMap<std::any::TypeId, Arc<dyn std::any::Any + Send + Sync>>>);

impl Caches {
    fn of<M: Message<Reply: Kept>>(&self) -> Arc<Replies<M::Reply>> {
        let mut caches = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let cache = caches
            .entry(std::any::TypeId::of::<M>())
            .or_insert_with(|| Arc::new(Replies::<M::Reply>::default()))
            .clone();
        drop(caches);
        // The key says the type.
        cache.downcast().unwrap_or_default()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) message: String,
    pub(crate) caller: Option<String>,
}

/// The replies of one query type, those used last.
pub(crate) struct Replies<R>(Mutex<Kepts<R>>);

struct Kepts<R> {
    /// The reply, until when it is good, and when it was used last, in uses.
    replies: HashMap<Key, (R, Option<Instant>, u64)>,
    /// By last use.
    order: BTreeMap<u64, Key>,
    uses: u64,
}

impl<R> Default for Replies<R> {
    fn default() -> Self {
        Replies(Mutex::new(Kepts { replies: HashMap::new(), order: BTreeMap::new(), uses: 0 }))
    }
}

impl<R: Clone> Replies<R> {
    pub(crate) fn get(&self, key: &Key, now: Instant) -> Option<R> {
        let mut kepts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kepts = &mut *kepts;
        let (reply, until, used) = kepts.replies.get_mut(key)?;
        if until.is_some_and(|until| until <= now) {
            kepts.order.remove(used);
            kepts.replies.remove(key);
            return None;
        }
        kepts.uses += 1;
        let known = kepts.order.remove(used);
        *used = kepts.uses;
        kepts.order.insert(kepts.uses, known.unwrap_or_else(|| key.clone()));
        Some(reply.clone())
    }

    pub(crate) fn put(&self, key: Key, reply: R, until: Option<Instant>, limit: usize) {
        let mut kepts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kepts.uses += 1;
        let use_number = kepts.uses;
        if let Some((_, _, used)) = kepts.replies.insert(key.clone(), (reply, until, use_number)) {
            kepts.order.remove(&used);
        }
        kepts.order.insert(use_number, key);
        while kepts.replies.len() > limit {
            let Some((_, oldest)) = kepts.order.pop_first() else { return };
            kepts.replies.remove(&oldest);
        }
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let kepts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert_eq!(kepts.replies.len(), kepts.order.len());
        kepts.replies.len()
    }
}

/// How long to wait before try number `tried + 1`: doubled each time, up to 30 s, the second half of it random, so that
/// those who failed together do not come back together.
pub(crate) fn backoff(first: Duration, tried: u32, random: u64) -> Duration {
    let full = first
        .saturating_mul(1_u32.checked_shl(tried.saturating_sub(1)).unwrap_or(u32::MAX))
        .min(Duration::from_secs(30));
    let half = full / 2;
    half + half.mul_f64(random as f64 / u64::MAX as f64)
}

/// Whether it may go better next time.
pub(crate) fn may_pass(error: &Error) -> bool {
    use crate::error::Kind;
    matches!(error.kind(), Kind::Unavailable | Kind::Timeout | Kind::TooMany | Kind::Internal)
}

#[cfg(test)]
mod tests;
