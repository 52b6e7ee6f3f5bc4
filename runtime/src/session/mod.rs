//! Sessions: what the application remembers of a caller from one message to the next, by key, with a history.
//!
//! A [`Session`] is a handle: it holds nothing and asks its [`SessionStore`], in memory ([`MemoryStore`]) or in files
//! ([`FileStore`]). Values are any type that serde reads and writes.
//!
//! Every collection has a bound ([`Limits`]): the sessions of a store, the keys of a session, the history of a key, the
//! size of a value. What a single session may hold at most is their product, so choose them together.

mod config;
mod files;
mod memory;
mod record;
mod stripes;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use self::config::{SessionConfig, Store};
pub use self::files::FileStore;
pub use self::memory::MemoryStore;
use crate::env::Env;
use crate::error::{Error, Kind, Result};
use crate::future::BoxFuture;
use crate::telemetry::trace::TraceId;

/// The session of one caller. Cheap to clone; all clones are the same session.
///
/// Reading a session, as well as changing it, is a use of it: one that nobody uses for [`Limits::ttl`] is forgotten.
#[derive(Clone)]
pub struct Session {
    store: Arc<dyn SessionStore>,
    id: SessionId,
    env: Env,
    trace_id: TraceId,
    keep: usize,
}

impl Session {
    /// The session `id` of `store`, whose changes are made at the time of `env` and in the trace `trace_id`. Of each key
    /// the last `keep` values are kept, the present one included; 0 is taken as 1.
    #[doc(hidden)]
    pub fn new(store: Arc<dyn SessionStore>, id: SessionId, env: Env, trace_id: TraceId, keep: usize) -> Self {
        Session { store, id, env, trace_id, keep: keep.max(1) }
    }

    /// Its name, as the caller gave it.
    pub fn id(&self) -> &SessionId {
        &self.id
    }

    /// The value of `key`, if there is one.
    ///
    /// # Errors
    /// Kind internal, code PT0320, if it is no `T`; kind invalid, code PT0323, for a malformed key; what the store answers.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        check_key(key)?;
        let history = self.store.read(&self.id, key).await?;
        history.first().map(|last| read_as(key, &last.value)).transpose()
    }

    /// Gives `key` a value. The one before stays in the history.
    ///
    /// # Errors
    /// Kind too large, code PT0321, or too many, code PT0322, beyond the [`Limits`]; kind internal, code PT0320, for a
    /// value that is no JSON; kind invalid, code PT0323, for a malformed key; what the store answers. Nothing has changed then.
    ///
    /// # Cancel safety
    /// Dropped midway, the value is set or it is not; never in part.
    pub fn set<'a, T: Serialize + ?Sized>(
        &'a self,
        key: &'a str,
        value: &T,
    ) -> impl Future<Output = Result<()>> + Send + use<'a, T> {
        // Before anything waits: `T` need be neither `Sync` nor borrowed as long.
        let value = check_key(key).and_then(|()| write_as(key, value));
        async move {
            let value = value?;
            self.append(key, Box::new(move |_| Ok(self.change(value)))).await
        }
    }

    /// Makes a new value of the one that is there, and answers with it. Nobody else changes the session meanwhile, in
    /// this process: of updates made at the same time none is lost.
    ///
    /// `change` runs while other changes of this session wait. Compute in it; do not wait.
    ///
    /// # Errors
    /// As [`Session::get`] and [`Session::set`]. Nothing has changed then.
    ///
    /// # Cancel safety
    /// As [`Session::set`].
    pub async fn update<T, F>(&self, key: &str, change: F) -> Result<T>
    where
        T: Serialize + DeserializeOwned + Send,
        F: FnOnce(Option<T>) -> T + Send,
    {
        check_key(key)?;
        let mut made = None;
        let slot = &mut made;
        let make: Make<'_> = Box::new(move |last| {
            let old = last.map(|last| read_as(key, &last.value)).transpose()?;
            let new = change(old);
            let value = write_as(key, &new)?;
            *slot = Some(new);
            Ok(self.change(value))
        });
        self.append(key, make).await?;
        made.ok_or_else(|| Error::internal(format!("the session store did not make the value of `{key}`")))
    }

    /// Takes a key away, with its history. True if it was there.
    ///
    /// Nothing is left behind: what is removed may be what nobody may keep.
    ///
    /// # Errors
    /// Kind invalid, code PT0323, for a malformed key; what the store answers.
    pub async fn remove(&self, key: &str) -> Result<bool> {
        check_key(key)?;
        self.store.remove(&self.id, key).await
    }

    /// The last values of `key`, newest first; the present one is the first.
    ///
    /// # Errors
    /// As [`Session::get`]: an old value that is no `T` any more is an error and not left out.
    pub async fn history<T: DeserializeOwned>(&self, key: &str) -> Result<Vec<Change<T>>> {
        check_key(key)?;
        let history = self.store.read(&self.id, key).await?;
        let typed = |Change { value, at, trace_id }: Change| Ok(Change { value: read_as(key, &value)?, at, trace_id });
        history.into_iter().map(typed).collect()
    }

    /// The keys that have a value, sorted.
    ///
    /// # Errors
    /// What the store answers.
    pub async fn keys(&self) -> Result<Vec<String>> {
        self.store.keys(&self.id).await
    }

    /// Forgets all of it.
    ///
    /// # Errors
    /// What the store answers.
    pub async fn clear(&self) -> Result<()> {
        self.store.clear(&self.id).await
    }

    async fn append(&self, key: &str, make: Make<'_>) -> Result<()> {
        self.store.append(&self.id, key, self.keep, make).await
    }

    fn change(&self, value: Value) -> Change {
        Change { value: Arc::new(value), at: self.env.wall_clock(), trace_id: self.trace_id }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("id", &self.id).field("keep", &self.keep).finish_non_exhaustive()
    }
}

/// Where sessions are kept. Implement it to keep them elsewhere; [`MemoryStore`] and [`FileStore`] are there.
///
/// A store bounds what it keeps: a value that is too large is kind *too large*, code PT0321, a key too many kind *too
/// many*, code PT0322. A session that is not there is an empty one. A store that cannot be reached answers kind
/// *unavailable*, one whose content makes no sense kind *internal*, both with code PT0324.
pub trait SessionStore: Send + Sync + 'static {
    /// The changes of a key, newest first; none if it is not there.
    fn read<'a>(&'a self, id: &'a SessionId, key: &'a str) -> BoxFuture<'a, Result<Vec<Change>>>;

    /// Adds what `make` makes of the last change, and keeps the last `keep` changes. Between the last change that `make`
    /// sees and its own there is no other. What `make` refuses changes nothing.
    ///
    /// Cancel safe: dropped midway, the change is made or it is not.
    fn append<'a>(&'a self, id: &'a SessionId, key: &'a str, keep: usize, make: Make<'a>) -> BoxFuture<'a, Result<()>>;

    /// Takes a key away with all its changes. True if it was there.
    fn remove<'a>(&'a self, id: &'a SessionId, key: &'a str) -> BoxFuture<'a, Result<bool>>;

    /// The keys that are there, sorted.
    fn keys<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<Vec<String>>>;

    /// Takes a session away; one that is not there is none to take.
    fn clear<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<()>>;
}

/// What [`SessionStore::append`] is given: it makes a change of the last one.
pub type Make<'a> = Box<dyn FnOnce(Option<&Change>) -> Result<Change> + Send + 'a>;

/// A value that a key was given, and when and where that was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<T = Arc<Value>> {
    /// The value.
    pub value: T,
    /// The time of the calendar at which it was set.
    pub at: SystemTime,
    /// The trace of the message that set it.
    pub trace_id: TraceId,
}

/// The bounds of a store. None of them is ever passed in silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long a session lives that nobody uses. Default: one hour; zero for ever.
    pub ttl: Duration,
    /// How many sessions there are: one more, and the one that was used longest ago is forgotten. Default: 10,000.
    pub max_sessions: usize,
    /// How large a value may be, in bytes of its JSON. Default: 65,536.
    pub max_value: usize,
    /// How many keys a session may have. Default: 100.
    pub max_keys: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { ttl: Duration::from_secs(3_600), max_sessions: 10_000, max_value: 65_536, max_keys: 100 }
    }
}

impl Limits {
    /// Whether a session that nobody used for `idle` is to be forgotten.
    fn is_over(&self, idle: Duration) -> bool {
        !self.ttl.is_zero() && idle >= self.ttl
    }
}

/// The name of a session: 1 to 128 visible ASCII characters. It says nothing about who the caller is, and often whoever
/// knows it has the session, so that `Debug` shows its beginning only.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SessionId(Arc<str>);

impl SessionId {
    /// How long a name may be.
    pub const MAX: usize = 128;

    /// Checks a name.
    ///
    /// # Errors
    /// Kind invalid, code PT0323, if it is empty, longer than [`SessionId::MAX`], or has anything but visible ASCII.
    pub fn new(text: &str) -> Result<Self> {
        if !text.is_empty() && text.len() <= Self::MAX && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(SessionId(text.into()));
        }
        // Without the name, which may be a secret all the same.
        Err(Error::invalid(format!("a session id is 1 to {} visible ASCII characters", Self::MAX)).with_code("PT0323"))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.0.len().min(8) / 2;
        write!(f, "SessionId({}..)", &self.0[..shown])
    }
}

/// How long a key may be, in bytes.
const MAX_KEY: usize = 128;

fn check_key(key: &str) -> Result<()> {
    if !key.is_empty() && key.len() <= MAX_KEY {
        return Ok(());
    }
    Err(Error::new(Kind::Invalid, format!("a key of a session is 1 to {MAX_KEY} bytes long")).with_code("PT0323"))
}

fn read_as<T: DeserializeOwned>(key: &str, value: &Value) -> Result<T> {
    T::deserialize(value).map_err(|cause| misfit::<T>(key, "cannot be read as", cause))
}

fn write_as<T: Serialize + ?Sized>(key: &str, value: &T) -> Result<Value> {
    serde_json::to_value(value).map_err(|cause| misfit::<T>(key, "cannot be written as JSON: it is a", cause))
}

#[cold]
fn misfit<T: ?Sized>(key: &str, what: &str, cause: serde_json::Error) -> Error {
    let ty = std::any::type_name::<T>();
    Error::internal(format!("the session's value of `{key}` {what} `{ty}`: {cause}"))
        .with_code("PT0320")
        .with_source(cause)
}
