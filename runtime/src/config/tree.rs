//! The merged tree: tables, lists and values, each of which knows where it comes from.

use std::collections::BTreeMap;

use super::Origin;

/// No tree is deeper, whoever wrote it: what walks over it may recurse.
pub(super) const MAX_DEPTH: usize = 64;

/// A table; later layers are merged into it.
#[derive(Debug, Clone, Default)]
pub(super) struct Table(BTreeMap<String, Entry>);

/// A key of a table and what it holds.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// Where the key stands (a [`Node`] knows where the value stands).
    pub(super) origin: Origin,
    /// True if it was spelled in an environment variable, which has no case and no dashes: it also means `time-out`.
    pub(super) loose: bool,
    pub(super) node: Node,
}

/// A value and where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) origin: Origin,
    /// What it was spelled like, if it came as untyped text (environment, flag): a reader that wants a string gets
    /// this, and one that wants something else may coerce.
    pub(super) text: Option<String>,
}

#[derive(Debug, Clone)]
pub(super) enum Value {
    Table(Table),
    List(Vec<Node>),
    String(String),
    Integer(i128),
    Float(f64),
    Boolean(bool),
    /// A date or time of TOML, as it is written.
    Datetime(String),
}

impl Table {
    /// The entry under `key`, or one from the environment that can mean it.
    pub(super) fn find(&self, key: &str) -> Option<&Entry> {
        self.0.get(key).or_else(|| self.0.iter().find(|(name, e)| e.loose && same(name, key)).map(|(_, entry)| entry))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.0.iter().map(|(key, entry)| (key.as_str(), entry))
    }

    /// Puts `entry` under `key`: a table is merged into a table, all else replaces.
    pub(super) fn put(&mut self, key: String, entry: Entry) {
        let Some(old) = self.spelling_of(&key, entry.loose).and_then(|name| self.0.remove_entry(&name)) else {
            self.0.insert(key, entry);
            return;
        };
        let (old_key, old) = old;
        // The spelling of a file is the better one.
        let (key, loose) = if entry.loose { (old_key, old.loose) } else { (key, false) };
        let merged = match (old.node.value, entry.node.value) {
            (Value::Table(mut below), Value::Table(above)) => {
                below.merge(above);
                let node = Node { value: Value::Table(below), origin: old.node.origin, text: None };
                Entry { origin: old.origin, loose, node }
            }
            (_, value) => Entry { origin: entry.origin, loose, node: Node { value, ..entry.node } },
        };
        self.0.insert(key, merged);
    }

    /// Merges a later layer.
    pub(super) fn merge(&mut self, above: Table) {
        for (key, entry) in above.0 {
            self.put(key, entry);
        }
    }

    fn spelling_of(&self, key: &str, loose: bool) -> Option<String> {
        if self.0.contains_key(key) {
            return Some(key.to_owned());
        }
        self.0.iter().find(|(name, entry)| (loose || entry.loose) && same(name, key)).map(|(name, _)| name.clone())
    }
}

/// True if two keys differ only in what an environment variable cannot say.
pub(crate) fn same(one: &str, other: &str) -> bool {
    let fold = |byte: u8| if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() };
    one.len() == other.len() && one.bytes().map(fold).eq(other.bytes().map(fold))
}

impl Value {
    /// What it is, for a sentence that ends in "not ..".
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Table(_) => "a table",
            Value::List(_) => "a list",
            Value::String(_) => "a string",
            Value::Integer(_) => "an integer",
            Value::Float(_) => "a float",
            Value::Boolean(_) => "a boolean",
            Value::Datetime(_) => "a date or time",
        }
    }
}
