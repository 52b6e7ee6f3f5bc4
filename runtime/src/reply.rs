//! Replies that say something of themselves: a page of many, a version. Every entrypoint has their fields; HTTP has places of
//! its own for them, too: `Link`, `ETag`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::route::{ReplyFacts, SaysOfItself};

/// One page of many: over HTTP with a `Link` to the next one (RFC 8288), whose query has `cursor` in the place of this one's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins: the value of the query's field `cursor`. `None` on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// How many there are on all pages, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// The last page.
    pub fn last(items: Vec<T>) -> Self {
        Page { items, next: None, total: None }
    }

    /// A page after which another one begins at `cursor`.
    pub fn before(items: Vec<T>, cursor: impl ToString) -> Self {
        Page { items, next: Some(cursor.to_string()), total: None }
    }

    /// With the number of all.
    #[must_use]
    pub fn of(mut self, total: u64) -> Self {
        self.total = Some(total);
        self
    }
}

impl<T> SaysOfItself for Page<T> {
    fn facts(&self) -> ReplyFacts {
        ReplyFacts { next: self.next.clone(), total: self.total, ..ReplyFacts::default() }
    }
}

/// Something with a version, which changes whenever it does: over HTTP an `ETag` (RFC 9110). Whoever changes it says which
/// version was seen (`route(put, "/..", if_match = "version")`), and is refused if it is another one by now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Versioned{T}")]
pub struct Versioned<T> {
    /// The version.
    pub version: u64,
    /// The thing: its fields stand beside `version`.
    #[serde(flatten)]
    pub value: T,
}

impl<T> Versioned<T> {
    /// `value` in its `version`.
    pub fn new(version: u64, value: T) -> Self {
        Versioned { version, value }
    }
}

impl<T> SaysOfItself for Versioned<T> {
    fn facts(&self) -> ReplyFacts {
        ReplyFacts { version: Some(self.version), ..ReplyFacts::default() }
    }
}

/// Refuses to change what is in version `current` by now, if whoever changes it has `seen` another one.
///
/// # Errors
/// Kind conflict, with both versions. Over HTTP it is 412 if the version came by `If-Match`.
pub fn unchanged(current: u64, seen: u64) -> Result<()> {
    if current == seen {
        return Ok(());
    }
    Err(Error::conflict(format!("it is in version {current} by now, and {seen} was seen: load it again"))
        .with_code("PT0340"))
}
