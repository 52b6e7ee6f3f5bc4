//! What the verb `config` prints: every value that is set, where, and no secret.

use super::path::Path;
use super::reader::Sight;
use super::secret::REDACTED;
use super::section::Sights;
use super::tree::{Node, Table, Value};
use super::{Config, Origin};

/// A value that some layer sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its dotted key.
    pub key: String,
    /// The value as TOML, or `***`.
    pub value: String,
    /// Where the value stands that won.
    pub origin: Origin,
}

/// See [`Config::entries`].
pub(super) fn entries(config: &Config) -> Vec<Entry> {
    raw(config).into_iter().map(|(entry, _)| entry).collect()
}

/// Each with its value as it is, to compare: never to be shown.
pub(super) fn raw(config: &Config) -> Vec<(Entry, String)> {
    let mut sights = Sights::new();
    for section in config.sections() {
        for (path, sight) in section.read(config).1 {
            let known = sights.entry(path).or_insert(sight);
            *known = sight.max(*known);
        }
        let start = Path::of(section.name);
        for field in section.fields.iter().filter(|field| field.secret) {
            sights.insert(start.key(field.name), Sight::Secret);
        }
    }
    let mut entries = Vec::new();
    collect(&Path::default(), config.root(), &sights, &mut entries);
    entries
}

fn collect(path: &Path, table: &Table, sights: &Sights, entries: &mut Vec<(Entry, String)>) {
    for (key, entry) in table.iter() {
        // A key of the environment goes by the name of the field that it means, which is the name that was seen.
        let exact = path.key(key);
        let meant = sights.keys().find(|seen| entry.loose && exact.means_start_of(seen));
        let path = meant.map_or_else(|| exact.clone(), |seen| seen.start(exact.len()));
        match &entry.node.value {
            Value::Table(table) if sights.get(&path).is_none_or(|sight| *sight != Sight::Secret) => {
                collect(&path, table, sights, entries);
            }
            value => {
                let shown = is_plain(&path, &entry.node, sights);
                let raw = print(value);
                let value = if shown { raw.clone() } else { REDACTED.to_owned() };
                entries.push((Entry { key: path.to_string(), value, origin: entry.node.origin.clone() }, raw));
            }
        }
    }
}

/// True if some section read all of it, as types that are not secret, and no name in it looks like a secret's. What
/// nobody read is not shown: a misspelled `passwrod` is a password still.
fn is_plain(path: &Path, node: &Node, sights: &Sights) -> bool {
    if path.looks_secret() {
        return false;
    }
    match (sights.get(path), &node.value) {
        (Some(Sight::Secret), _) => false,
        (_, Value::Table(table)) => table.iter().all(|(key, entry)| is_plain(&path.key(key), &entry.node, sights)),
        (None | Some(Sight::Blind), Value::List(nodes)) if !nodes.is_empty() => {
            nodes.iter().enumerate().all(|(index, node)| is_plain(&path.index(index), node, sights))
        }
        (sight, _) => sight == Some(&Sight::Plain),
    }
}

fn print(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        Value::Integer(number) => number.to_string(),
        // Not `Display`, which prints 1.0 as an integer.
        Value::Float(number) => format!("{number:?}").replace("NaN", "nan"),
        Value::Boolean(value) => value.to_string(),
        Value::Datetime(text) => text.clone(),
        Value::List(nodes) => format!("[{}]", nodes.iter().map(|n| print(&n.value)).collect::<Vec<_>>().join(", ")),
        Value::Table(table) => {
            let pair = |(key, entry): (&str, &super::tree::Entry)| {
                format!("{} = {}", Path::default().key(key), print(&entry.node.value))
            };
            format!("{{ {} }}", table.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
    }
}

fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
