//! What differs between two configurations, told without a secret.

use std::collections::BTreeMap;
use std::fmt;

use super::{Config, Origin, entries};

/// A value that another configuration has otherwise. Values that may be secret are `***`, and are compared as they are.
///
/// `Display` tells it on one line: `` log.level "info" -> "debug" ``.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Its dotted key.
    pub key: String,
    /// What it was; none if no layer set it.
    pub old: Option<String>,
    /// What it is; none if no layer sets it any more.
    pub new: Option<String>,
    /// Where the new value stands.
    pub origin: Option<Origin>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "(unset)".to_owned());
        write!(f, "{} {} -> {}", self.key, text(&self.old), text(&self.new))
    }
}

/// A value: as it may be shown, and as it is.
#[derive(Clone, PartialEq, Eq)]
struct Value {
    shown: String,
    raw: String,
}

/// The values that something runs with, by key.
#[derive(Clone, Default)]
pub(crate) struct Values(BTreeMap<String, (Value, Origin)>);

impl Values {
    /// Those of `config`.
    pub(crate) fn of(config: &Config) -> Self {
        let values = entries::raw(config).into_iter();
        Values(values.map(|(entry, raw)| (entry.key, (Value { shown: entry.value, raw }, entry.origin))).collect())
    }

    /// What `next` has otherwise, by key.
    pub(crate) fn to(&self, next: &Values) -> Vec<Change> {
        let mut keys: Vec<&String> = self.0.keys().chain(next.0.keys()).collect();
        keys.sort();
        keys.dedup();
        let raw = |values: &Values, key: &String| values.0.get(key).map(|(value, _)| value.raw.clone());
        let shown = |values: &Values, key: &String| values.0.get(key).map(|(value, _)| value.shown.clone());
        let changed = keys.into_iter().filter(|key| raw(self, key) != raw(next, key));
        changed
            .map(|key| Change {
                key: key.clone(),
                old: shown(self, key),
                new: shown(next, key),
                origin: next.0.get(key).map(|(_, origin)| origin.clone()),
            })
            .collect()
    }

    /// Takes over the value of `key` from `next`.
    pub(crate) fn take(&mut self, next: &Values, key: &str) {
        match next.0.get(key) {
            Some(value) => drop(self.0.insert(key.to_owned(), value.clone())),
            None => drop(self.0.remove(key)),
        }
    }
}
