//! Paths of keys, `servers[0].port`, and their names in the environment.

use std::fmt;

use super::tree::same;
use crate::nearest::nearest;

/// What is in the names of secrets.
const SECRETS: [&str; 6] = ["password", "passwd", "secret", "token", "key", "credential"];

/// Where a value stands in the tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Key(String),
    Index(usize),
}

impl Path {
    /// The path of a dotted name; the empty name is the root.
    pub(super) fn of(name: &str) -> Path {
        Path(name.split('.').filter(|part| !part.is_empty()).map(|part| Step::Key(part.to_owned())).collect())
    }

    pub(super) fn key(&self, key: &str) -> Path {
        self.with(Step::Key(key.to_owned()))
    }

    pub(super) fn index(&self, index: usize) -> Path {
        self.with(Step::Index(index))
    }

    pub(super) fn parent(&self) -> Option<Path> {
        let (_, parent) = self.0.split_last()?;
        Some(Path(parent.to_vec()))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn starts_with(&self, other: &Path) -> bool {
        self.0.starts_with(&other.0)
    }

    /// True if `other` begins with these keys, which may be spelled as an environment variable spells them.
    pub(super) fn means_start_of(&self, other: &Path) -> bool {
        let means = |(one, other): (&Step, &Step)| match (one, other) {
            (Step::Key(one), Step::Key(other)) => same(one, other),
            (one, other) => one == other,
        };
        self.len() <= other.len() && self.0.iter().zip(&other.0).all(means)
    }

    /// Its first `len` steps.
    pub(super) fn start(&self, len: usize) -> Path {
        Path(self.0.iter().take(len).cloned().collect())
    }

    pub(super) fn is_in_list(&self) -> bool {
        self.0.iter().any(|step| matches!(step, Step::Index(_)))
    }

    /// Keys whose name says that the value is secret. A guess: it only ever hides more.
    pub(super) fn looks_secret(&self) -> bool {
        self.last().is_some_and(|last| SECRETS.iter().any(|word| last.contains(word)))
    }

    /// As [`Path::looks_secret`], and those that somebody may have mistyped: `passwrod`.
    pub(super) fn may_look_secret(&self) -> bool {
        self.looks_secret() || self.last().is_some_and(|last| !nearest(&last, SECRETS).is_empty())
    }

    fn last(&self) -> Option<String> {
        self.0.iter().rev().find_map(|step| match step {
            Step::Key(key) => Some(key.to_ascii_lowercase()),
            Step::Index(_) => None,
        })
    }

    /// The variable that sets it, if one can.
    pub(super) fn variable(&self, prefix: &str) -> Option<String> {
        let mut name = prefix.to_owned();
        for step in &self.0 {
            let Step::Key(key) = step else { return None };
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if !key.chars().all(plain) || key.replace('-', "_").contains("__") {
                return None;
            }
            name.push_str("__");
            name.push_str(&key.replace('-', "_").to_ascii_uppercase());
        }
        Some(name)
    }

    fn with(&self, step: Step) -> Path {
        Path(self.0.iter().cloned().chain([step]).collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    let dot = if position == 0 { "" } else { "." };
                    let bare = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_');
                    if bare { write!(f, "{dot}{key}")? } else { write!(f, "{dot}{key:?}")? }
                }
            }
        }
        Ok(())
    }
}
