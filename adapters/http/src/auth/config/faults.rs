//! What is wrong with the section, all of it at once.

use std::fmt;

use partitura_runtime::{Error, Failure, Result};

/// A key of the configuration: `auth.bearer.main`.
pub(super) struct Key(Vec<String>);

/// Everything that is wrong.
#[derive(Default)]
pub(super) struct Faults(Vec<Failure>);

impl Key {
    pub(super) fn new(name: &str) -> Self {
        Key(vec![name.to_owned()])
    }

    pub(super) fn key(&self, name: &str) -> Self {
        Key(self.0.iter().cloned().chain([name.to_owned()]).collect())
    }

    /// RFC 6901.
    fn pointer(&self) -> String {
        self.0.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}

impl Faults {
    /// One more; `text` goes on after the name of the key.
    pub(super) fn add(&mut self, key: &Key, code: &'static str, text: impl fmt::Display) {
        self.0.push(Failure::new(key.pointer(), code, format!("`{key}` {text}")));
    }

    /// The value; none if it is an error, which is noted.
    pub(super) fn note<T>(&mut self, key: &Key, code: &'static str, value: Result<T, impl fmt::Display>) -> Option<T> {
        value.map_err(|text| self.add(key, code, text)).ok()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// `value` if nothing is wrong.
    ///
    /// # Errors
    /// Kind invalid.
    pub(super) fn or<T>(self, value: T) -> Result<T> {
        if self.0.is_empty() {
            return Ok(value);
        }
        Err(Error::malformed("authentication is configured wrongly", self.0))
    }
}
