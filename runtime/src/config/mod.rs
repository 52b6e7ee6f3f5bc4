//! Layered configuration: [`Loader`] merges files, environment and flags into a [`Config`], whose sections are read
//! into the application's own structs.
//!
//! Every value knows where it comes from, and every mistake is reported at once, with its place and its fix:
//!
//! ```text
//! partitura.toml:3:8: `db.port` must be an integer between 0 and 65535, not a string
//! partitura.toml:4:1: unknown key `db.prot`; did you mean `port`?
//! missing `db.url`: set it in partitura.toml or as BANK__DB__URL
//! ```
//!
//! Invariant: no text that is made here (of an error, of `Debug`, of [`Config::entries`]) tells a value that a section
//! reads as a [`Secret`].

mod changes;
mod document;
pub mod duration;
mod entries;
mod fault;
mod loader;
mod mistake;
mod modules;
mod path;
mod reader;
mod secret;
mod section;
mod stand_in;
#[cfg(test)]
mod tests;
mod text;
mod tree;

use std::fmt;
use std::sync::Arc;

pub use changes::Change;
pub(crate) use changes::Values;
pub use duration::parse_duration;
pub use entries::Entry;
pub use loader::Loader;
pub use mistake::{Mistake, Mistakes, Origin};
pub(crate) use modules::ModulesConfig;
pub(crate) use secret::HIDDEN;
pub use secret::Secret;
pub use section::{Field, Section, SectionInfo};
pub(crate) use stand_in::TEXTS;

use self::path::Path;
pub(crate) use self::tree::same;
use self::tree::{Node, Table, Value};
use crate::error::{Error, Failure};
use crate::nearest::did_you_mean;

/// The file of the first layer.
const FILE: &str = "partitura.toml";

/// The merged configuration of an application. Cheap to clone.
#[derive(Clone)]
pub struct Config(Arc<Inner>);

struct Inner {
    root: Table,
    prefix: String,
    profile: Option<String>,
    sections: Vec<SectionInfo>,
}

impl Config {
    /// Reads a section. A section that no layer sets is read from an empty table: all its defaults.
    ///
    /// # Errors
    /// Everything that is wrong with it at once: values of a wrong type, missing keys, unknown keys, at every depth.
    pub fn section<T: Section>(&self) -> Result<T, Mistakes> {
        section::read(self).value
    }

    /// Reads every section that [`Loader::sections`] named and looks for those that nobody claims. The sections of modules that
    /// `[modules]` switches off are not read.
    ///
    /// # Errors
    /// All mistakes of all of them, so that a start tells everything at once.
    pub fn check(&self) -> Result<(), Mistakes> {
        self.check_without(&[])
    }

    /// As [`Config::check`], less the sections of modules that are `unread`.
    pub(crate) fn check_without(&self, unread: &[&'static str]) -> Result<(), Mistakes> {
        let mut mistakes = self.unknown_sections(self.names());
        let off = self.switched_off();
        for section in &self.0.sections {
            // Nobody reads what a module that is switched off would.
            let is_off = |module| unread.contains(&section.name) || off.iter().any(|one| one.means(module));
            if section.module.is_some_and(is_off) {
                continue;
            }
            mistakes.merge(section.read(self).0);
        }
        mistakes.or(())
    }

    /// What a reader of this configuration refuses, each with the place of its value.
    pub fn unfit(&self, error: &crate::error::Error) -> Mistakes {
        let mut mistakes = Mistakes::default();
        for failure in error.failures() {
            let origin = self.place_of(&failure.pointer);
            mistakes.add(Mistake { origin, message: failure.message.clone() });
        }
        mistakes
    }

    /// The tables and keys that none of the `known` sections claims; empty if all is well.
    pub fn unknown_sections<'a>(&self, known: impl IntoIterator<Item = &'a str>) -> Mistakes {
        let known: Vec<&str> = known.into_iter().collect();
        let mut mistakes = Mistakes::default();
        unclaimed(&self.0.root, &Path::default(), &known, &mut mistakes);
        mistakes
    }

    /// Every value that a layer sets, sorted by key, for the verb `config`. Defaults are not among them: only serde
    /// knows them.
    ///
    /// A value is shown only if a section of [`Loader::sections`] reads it as a type that is not secret, and its key
    /// does not look like that of a secret. So what nobody reads, what is read through a [`Secret`], and what passes
    /// through `flatten` is printed as `***`. What an `untagged` type takes is shown if it read no [`Secret`] of it, down to the keys
    /// that it ignores, unless their names are like those of secrets.
    pub fn entries(&self) -> Vec<Entry> {
        entries::entries(self)
    }

    /// Where the value stands that `key` names, `http.cors.origins[0]` or as a JSON pointer `/auth/max_header`: itself, else the first below it, else what it would be in. None
    /// if no layer sets any of that.
    pub fn place_of(&self, key: &str) -> Option<Origin> {
        let under = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let plain = |segment: &str| segment.replace("~1", "/").replace("~0", "~");
        let pointer = key.strip_prefix('/');
        let path = pointer.map(|segments| segments.split('/').fold(Path::default(), |path, key| path.key(&plain(key))));
        let path = path.map(|path| path.to_string());
        let key = path.as_deref().unwrap_or(key);
        let entries = entries::entries(self);
        let is_in = || entries.iter().filter(|entry| under(key, &entry.key)).max_by_key(|entry| entry.key.len());
        entries.iter().find(|entry| under(&entry.key, key)).or_else(is_in).map(|entry| entry.origin.clone())
    }

    /// An error whose failures each point at a key of this configuration, `http.drain_delay`, with the place where it is set behind
    /// their texts: what an adapter has against its section is told with file and line.
    #[must_use]
    pub fn placed(&self, error: Error) -> Error {
        let placed = |failure: &Failure| {
            let place = self.place_of(&failure.pointer).map(|place| format!(" ({place})")).unwrap_or_default();
            Failure { message: format!("{}{place}", failure.message), ..failure.clone() }
        };
        let failures = error.failures().iter().map(placed).collect();
        error.with_failures(failures)
    }

    /// The profile, if one is chosen.
    pub fn profile(&self) -> Option<&str> {
        self.0.profile.as_deref()
    }

    /// The sections that the application has.
    pub fn sections(&self) -> &[SectionInfo] {
        &self.0.sections
    }

    /// The same values, for an application with these sections.
    pub(crate) fn with_sections(&self, sections: Vec<SectionInfo>) -> Self {
        let Inner { root, prefix, profile, .. } = &*self.0;
        Config::new(root.clone(), prefix.clone(), profile.clone(), sections)
    }

    /// What the table of a section has, key by key, and where each stands.
    pub(crate) fn keys(&self, section: &str) -> Vec<(String, Origin)> {
        match self.node(section) {
            Ok(Node { value: Value::Table(table), .. }) if self.is_there(section) => {
                table.iter().map(|(key, entry)| (key.to_owned(), entry.origin.clone())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Where a value stands, by its keys; none if no layer sets it.
    pub(crate) fn origin(&self, keys: &[&str]) -> Option<Origin> {
        let (last, above) = keys.split_last()?;
        let mut table = &self.0.root;
        for key in above {
            let Value::Table(inner) = &table.find(key)?.node.value else { return None };
            table = inner;
        }
        Some(table.find(last)?.node.origin.clone())
    }

    /// One value of a section that is a map, `messages."accounts.OpenAccount"`, read by itself: what is wrong with another one of
    /// them does not keep it from being looked at.
    pub(crate) fn one_of<T: serde::de::DeserializeOwned>(&self, section: &str, key: &str) -> Result<T, Mistakes> {
        let found = self.0.root.find(section).and_then(|entry| match &entry.node.value {
            Value::Table(table) => table.find(key).map(|entry| entry.node.clone()),
            _ => None,
        });
        section::read_at(self, &found.unwrap_or_else(empty), &Path::of(section).key(key), &[]).value
    }

    fn is_there(&self, section: &str) -> bool {
        self.0.root.find(section).is_some()
    }

    fn new(root: Table, prefix: String, profile: Option<String>, sections: Vec<SectionInfo>) -> Self {
        Config(Arc::new(Inner { root, prefix, profile, sections }))
    }

    fn root(&self) -> &Table {
        &self.0.root
    }

    fn prefix(&self) -> &str {
        &self.0.prefix
    }

    fn names(&self) -> Vec<&'static str> {
        self.0.sections.iter().map(|section| section.name).collect()
    }

    /// The table of a section; an empty one if it is not there.
    fn node(&self, name: &str) -> Result<Node, Mistake> {
        let (mut table, mut path, mut found) = (&self.0.root, Path::default(), None);
        for part in name.split('.').filter(|part| !part.is_empty()) {
            path = path.key(part);
            let Some(entry) = table.find(part) else { return Ok(empty()) };
            let node = &entry.node;
            let Value::Table(inner) = &node.value else {
                let message = format!("`{path}` must be a table, not {}", node.value.kind());
                return Err(Mistake::at(node.origin.clone(), message));
            };
            (table, found) = (inner, Some(node));
        }
        Ok(found.cloned().unwrap_or_else(|| Node { value: Value::Table(self.0.root.clone()), ..empty() }))
    }

    fn is_absent(&self, node: &Node, key: &str) -> bool {
        matches!(&node.value, Value::Table(table) if table.find(key).is_none())
    }
}

/// Shows no value.
impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys: Vec<&str> = self.0.root.iter().map(|(key, _)| key).collect();
        f.debug_struct("Config").field("profile", &self.0.profile).field("keys", &keys).finish_non_exhaustive()
    }
}

fn empty() -> Node {
    let origin = Origin::File { path: FILE.into(), line: 1, column: 1 };
    Node { value: Value::Table(Table::default()), origin, text: None }
}

fn unclaimed(table: &Table, path: &Path, known: &[&str], mistakes: &mut Mistakes) {
    for (key, entry) in table.iter() {
        let path = path.key(key);
        let names = || known.iter().map(|name| Path::of(name));
        if names().any(|name| name.len() <= path.len() && name.means_start_of(&path)) {
            continue;
        }
        match &entry.node.value {
            Value::Table(table) if names().any(|name| path.means_start_of(&name)) => {
                unclaimed(table, &path, known, mistakes);
            }
            value => {
                let what = if matches!(value, Value::Table(_)) { "section" } else { "key" };
                let near = did_you_mean(&path.to_string(), known.iter().copied());
                mistakes.add(Mistake::at(entry.origin.clone(), format!("unknown {what} `{path}`{near}")));
            }
        }
    }
}
