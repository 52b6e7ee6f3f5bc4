//! What one session holds. Both stores are made of it, so that both have the same rules.

use std::collections::{BTreeMap, VecDeque};
use std::io;

use serde_json::Value;

use super::{Change, Limits};
use crate::error::{Error, Kind, Result};

/// The keys of a session, each with its changes, newest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Record {
    pub(super) keys: BTreeMap<String, VecDeque<Change>>,
}

impl Record {
    pub(super) fn read(&self, key: &str) -> Vec<Change> {
        self.keys.get(key).into_iter().flatten().cloned().collect()
    }

    pub(super) fn last(&self, key: &str) -> Option<&Change> {
        self.keys.get(key).and_then(VecDeque::front)
    }

    /// Adds a change within the limits; else an error, and nothing has changed.
    pub(super) fn append(&mut self, key: &str, change: Change, keep: usize, limits: &Limits) -> Result<()> {
        check_size(key, &change.value, limits.max_value)?;
        if !self.keys.contains_key(key) && self.keys.len() >= limits.max_keys {
            let text = format!("the session has {} keys, and `{key}` would be one too many", limits.max_keys);
            return Err(Error::new(Kind::TooMany, text).with_code("PT0322"));
        }
        let history = self.keys.entry(key.to_owned()).or_default();
        history.push_front(change);
        history.truncate(keep.max(1));
        Ok(())
    }

    pub(super) fn remove(&mut self, key: &str) -> bool {
        self.keys.remove(key).is_some()
    }

    pub(super) fn keys(&self) -> Vec<String> {
        self.keys.keys().cloned().collect()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// Writes the value to nowhere, as far as it may be long.
fn check_size(key: &str, value: &Value, most: usize) -> Result<()> {
    struct Left(usize);
    impl io::Write for Left {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::FileTooLarge)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    serde_json::to_writer(Left(most), value).map_err(|_| {
        let text = format!("the session's value of `{key}` is larger than {most} bytes of JSON");
        Error::new(Kind::TooLarge, text).with_code("PT0321")
    })
}
