//! The section `[session]` of the configuration.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;

use super::{FileStore, Limits, MemoryStore, SessionStore};
use crate::config::{Field, Section};
use crate::env::Env;
use crate::error::{Error, Failure, Result};

/// The section `[session]` of the configuration.
///
/// ```toml
/// [session]
/// store = "files"
/// path = "/var/lib/bank/sessions"
/// ttl = "12h"
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionConfig {
    /// Where sessions are kept. Default: `memory`.
    pub store: Store,
    /// The directory of the files; made if it is not there, for this user alone. Needed for `files`, and of no use
    /// without. Default: none.
    pub path: Option<PathBuf>,
    /// How many values of each key are kept, the present one included. Default: 10; at least 1.
    pub history: usize,
    /// How long a session lives that nobody uses. Default: `1h`; `0s` for ever.
    #[serde(with = "crate::config::duration")]
    pub ttl: Duration,
    /// How many sessions are kept; beyond, those used longest ago are forgotten. Default: 10,000; at least 1.
    pub max_sessions: usize,
    /// How large a value may be, in bytes of its JSON. Default: 65,536; at least 1.
    pub max_value: usize,
    /// How many keys a session may have. Default: 100; at least 1.
    pub max_keys: usize,
}

/// Where sessions are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Store {
    /// In the memory of the process: gone with it.
    #[default]
    Memory,
    /// In files, one for each session.
    Files,
}

impl SessionConfig {
    /// Opens the store.
    ///
    /// # Errors
    /// Kind invalid: bounds of zero and a missing or idle `path`, all at once; kind unavailable, code PT0324, if the
    /// directory cannot be made.
    pub fn open(&self, env: &Env) -> Result<Arc<dyn SessionStore>> {
        let SessionConfig { ttl, max_sessions, max_value, max_keys, .. } = *self;
        self.check()?;
        let limits = Limits { ttl, max_sessions, max_value, max_keys };
        Ok(match (self.store, &self.path) {
            (Store::Files, Some(path)) => Arc::new(FileStore::open(path, env, limits)?),
            _ => Arc::new(MemoryStore::new(env, limits)),
        })
    }

    pub(crate) fn check(&self) -> Result<()> {
        let bounds = [
            ("history", self.history),
            ("max_sessions", self.max_sessions),
            ("max_value", self.max_value),
            ("max_keys", self.max_keys),
        ];
        let zeros = bounds.iter().filter(|(_, bound)| *bound == 0);
        let mut failures: Vec<_> = zeros
            .map(|(key, _)| {
                Failure::new(format!("/session/{key}"), "range", format!("`session.{key}` must be 1 or more"))
            })
            .collect();
        let wrong = match (self.store, &self.path) {
            (Store::Files, None) => Some(("missing", "`session.path` must name the directory of the files")),
            (Store::Memory, Some(_)) => Some((
                "unused",
                "`session.path` does nothing for the store `memory`; set `session.store` to \"files\", or take it away",
            )),
            _ => None,
        };
        failures.extend(wrong.map(|(code, text)| Failure::new("/session/path", code, text)));
        if failures.is_empty() { Ok(()) } else { Err(Error::malformed("sessions cannot be opened", failures)) }
    }
}

impl Default for SessionConfig {
    fn default() -> Self {
        let Limits { ttl, max_sessions, max_value, max_keys } = Limits::default();
        SessionConfig { store: Store::Memory, path: None, history: 10, ttl, max_sessions, max_value, max_keys }
    }
}

impl Section for SessionConfig {
    const NAME: &'static str = "session";
    const FIELDS: &'static [Field] = &[
        Field::optional("store", "Store"),
        Field::optional("path", "Option<PathBuf>"),
        Field::optional("history", "usize"),
        Field::optional("ttl", "Duration"),
        Field::optional("max_sessions", "usize"),
        Field::optional("max_value", "usize"),
        Field::optional("max_keys", "usize"),
    ];
}
