//! The layers that come as text, one key at a time: the environment, a `.env` file and flags.

use std::collections::BTreeMap;
use std::path::Path as FilePath;

use super::document;
use super::tree::{Entry, MAX_DEPTH, Node, Table, Value};
use super::{Mistake, Mistakes, Origin};

/// A variable: its name, its value and where it stands.
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) origin: Origin,
}

/// The layer that `variables` make: those that begin with `PREFIX__`. They are sorted by name, so that the order of
/// the environment does not matter.
pub(super) fn environment(prefix: &str, mut variables: Vec<Variable>, mistakes: &mut Mistakes) -> Table {
    variables.sort_by(|one, other| one.name.cmp(&other.name));
    let mut table = Table::default();
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for Variable { name, value, origin } in variables {
        let Some(levels) = after_prefix(&name, prefix) else { continue };
        // One of them would win, and nobody could say why that one.
        let other = seen.entry(levels.to_ascii_lowercase().replace('-', "_")).or_insert_with(|| name.clone());
        if *other != name {
            mistakes.add(Mistake::at(origin, format!("means the same as {other}: keep one of the two")));
            continue;
        }
        let levels: Vec<String> = levels.split("__").map(str::to_ascii_lowercase).collect();
        let example = format!("{prefix}__HTTP__PORT");
        if levels.iter().any(String::is_empty) {
            let text = format!("`{name}` has an empty level: write one `__` between two names, as in {example}");
            mistakes.add(Mistake::at(origin, text));
        } else if levels.len() > MAX_DEPTH {
            mistakes.add(Mistake::at(origin, format!("is nested deeper than {MAX_DEPTH} levels")));
        } else {
            table.merge(branch(levels, &value, &origin, true));
        }
    }
    table
}

/// What follows `PREFIX__` in `name`, in whatever case.
pub(super) fn after_prefix<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let (start, rest) = name.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)?.strip_prefix("__")
}

/// The layer that one `--set key=value` makes.
pub(super) fn flag(text: &str) -> Result<Table, Mistake> {
    let Some((key, value)) = outside(text, '=').map(|at| (&text[..at], &text[at + 1..])) else {
        return Err(Mistake::at(Origin::Flag { text: text.to_owned() }, "has no `=`: write `--set http.port=8080`"));
    };
    // Without the value, which may be secret.
    let origin = Origin::Flag { text: format!("{key}=..") };
    let levels = levels(key);
    if levels.iter().any(String::is_empty) {
        return Err(Mistake::at(origin, "has an empty key: write `--set http.port=8080`"));
    }
    if levels.len() > MAX_DEPTH {
        return Err(Mistake::at(origin, format!("is nested deeper than {MAX_DEPTH} levels")));
    }
    Ok(branch(levels, value, &origin, false))
}

/// The variables of a `.env` file: `KEY=value` lines, `export` before them if you like, `#` comments. A value in single
/// quotes is taken as it is, one in double quotes knows `\n`, `\t`, `\"` and `\\`; one without quotes ends before ` #`.
pub(super) fn dotenv(path: &FilePath, text: &str, mistakes: &mut Mistakes) -> Vec<Variable> {
    let mut variables = Vec::new();
    for (index, whole) in text.lines().enumerate() {
        let line = whole.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let column = whole.chars().take_while(|c| c.is_whitespace()).count() + 1;
        let origin = Origin::File { path: path.to_owned(), line: index + 1, column };
        let line = line.strip_prefix("export ").unwrap_or(line);
        let pair = line.split_once('=').map(|(name, value)| (name.trim_end(), unquote(value.trim())));
        match pair {
            Some((name, Some(value))) if is_name(name) => {
                variables.push(Variable { name: name.to_owned(), value, origin });
            }
            Some((name, None)) => {
                let text = format!("`{name}` has a quote that does not end on this line, or text behind it");
                mistakes.add(Mistake::at(origin, text));
            }
            _ => mistakes.add(Mistake::at(origin, "is not a line of the form `NAME=value`")),
        }
    }
    variables
}

/// The elements of `a, b, c`; none if it is empty.
pub(super) fn split(text: &str, origin: &Origin) -> Vec<Node> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    text.split(',').map(|part| node(part.trim(), origin)).collect()
}

/// A value of TOML if `text` is one, else a string.
fn node(text: &str, origin: &Origin) -> Node {
    let value = document::read_value(text, origin).unwrap_or_else(|| Value::String(text.to_owned()));
    Node { value, origin: origin.clone(), text: Some(text.to_owned()) }
}

/// A table with one value in it, `levels` deep.
fn branch(levels: Vec<String>, value: &str, origin: &Origin, loose: bool) -> Table {
    let mut inner = node(value, origin);
    let mut table = Table::default();
    for level in levels.into_iter().rev() {
        table = Table::default();
        table.put(level, Entry { origin: origin.clone(), loose, node: inner });
        inner = Node { value: Value::Table(table.clone()), origin: origin.clone(), text: None };
    }
    table
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.')
}

/// The value of a line; none if its quotes are wrong.
fn unquote(value: &str) -> Option<String> {
    let Some(quote @ ('"' | '\'')) = value.chars().next() else {
        let end = [" #", "\t#"].iter().filter_map(|comment| value.find(comment)).min().unwrap_or(value.len());
        let value = if value.starts_with('#') { "" } else { &value[..end] };
        return Some(value.trim_end().to_owned());
    };
    let (mut text, mut chars) = (String::new(), value[1..].chars());
    loop {
        match chars.next()? {
            '\\' if quote == '"' => match chars.next()? {
                'n' => text.push('\n'),
                't' => text.push('\t'),
                other @ ('"' | '\\' | '$') => text.push(other),
                other => text.extend(['\\', other]),
            },
            c if c == quote => break,
            c => text.push(c),
        }
    }
    let rest = chars.as_str().trim();
    (rest.is_empty() || rest.starts_with('#')).then_some(text)
}

/// Where `c` stands for the first time outside of double quotes.
fn outside(text: &str, c: char) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, own)| {
        quoted ^= own == '"';
        (own == c && !quoted).then_some(at)
    })
}

/// The keys of a dotted name, one of which may have dots in it: `http.routes."accounts.OpenAccount"`.
fn levels(key: &str) -> Vec<String> {
    let (mut levels, mut rest) = (Vec::new(), key);
    loop {
        let (level, after) = match outside(rest, '.') {
            Some(at) => (&rest[..at], Some(&rest[at + 1..])),
            None => (rest, None),
        };
        let level = level.trim();
        let bare = level.strip_prefix('"').and_then(|level| level.strip_suffix('"')).unwrap_or(level);
        levels.push(bare.to_owned());
        match after {
            Some(after) => rest = after,
            None => return levels,
        }
    }
}
