//! From TOML to a tree whose values know their line and column.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::tree::{Entry, MAX_DEPTH, Node, Table, Value};
use super::{Mistake, Origin};

/// A file of the configuration is not larger.
const MAX_BYTES: u64 = 1024 * 1024;

/// Reads a TOML file; none if there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Table>, Mistake> {
    let Some(text) = read_text(path)? else { return Ok(None) };
    let lines = Lines::new(path, &text);
    let table = DeTable::parse(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        Mistake::at(lines.origin(start), format!("this is not TOML: {}", error.message()))
    })?;
    convert_table(table.get_ref(), &|span: Range<usize>| lines.origin(span.start), 0).map(Some)
}

/// Reads a file of text within the limit; none if there is no such file.
pub(super) fn read_text(path: &Path) -> Result<Option<String>, Mistake> {
    let start = || Origin::File { path: path.to_owned(), line: 1, column: 1 };
    let mut bytes = Vec::new();
    // One byte more than allowed: a file that says nothing of its size, such as a pipe, is bounded too.
    match File::open(path).and_then(|file| file.take(MAX_BYTES + 1).read_to_end(&mut bytes)) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Mistake::at(start(), format!("cannot be read: {error}"))),
        Ok(_) if bytes.len() as u64 > MAX_BYTES => {
            Err(Mistake::at(start(), "is larger than 1 MiB: a configuration is not a place for data"))
        }
        Ok(_) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Some(text)),
            Err(error) => {
                let valid = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
                Err(Mistake::at(Lines::new(path, &valid).origin(valid.len()), "is not UTF-8 from here on"))
            }
        },
    }
}

/// A value of TOML, as far as `text` is one; `origin` is that of all its parts.
pub(super) fn read_value(text: &str, origin: &Origin) -> Option<Value> {
    let value = DeValue::parse(text.trim()).ok()?;
    convert(value.get_ref(), &|_| origin.clone(), &origin.clone(), 0).ok()
}

type OriginOf<'a> = &'a dyn Fn(Range<usize>) -> Origin;

fn convert_table(table: &DeTable<'_>, origin_of: OriginOf<'_>, depth: usize) -> Result<Table, Mistake> {
    let mut converted = Table::default();
    for (key, value) in table.iter() {
        let origin = origin_of(key.span());
        let node = convert_node(value, origin_of, depth + 1)?;
        converted.put(key.get_ref().clone().into_owned(), Entry { origin, loose: false, node });
    }
    Ok(converted)
}

fn convert_node(value: &Spanned<DeValue<'_>>, origin_of: OriginOf<'_>, depth: usize) -> Result<Node, Mistake> {
    let origin = origin_of(value.span());
    let value = convert(value.get_ref(), origin_of, &origin, depth)?;
    Ok(Node { value, origin, text: None })
}

fn convert(value: &DeValue<'_>, origin_of: OriginOf<'_>, origin: &Origin, depth: usize) -> Result<Value, Mistake> {
    if depth > MAX_DEPTH {
        return Err(Mistake::at(origin.clone(), format!("is nested deeper than {MAX_DEPTH} levels")));
    }
    Ok(match value {
        DeValue::String(text) => Value::String(text.clone().into_owned()),
        DeValue::Integer(number) => match i128::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Integer(number),
            Err(_) => return Err(Mistake::at(origin.clone(), "is too large for an integer")),
        },
        DeValue::Float(number) => match number.as_str().parse() {
            Ok(number) => Value::Float(number),
            Err(_) => return Err(Mistake::at(origin.clone(), "is not a number")),
        },
        DeValue::Boolean(value) => Value::Boolean(*value),
        DeValue::Datetime(value) => Value::Datetime(value.to_string()),
        DeValue::Array(items) => {
            Value::List(items.iter().map(|item| convert_node(item, origin_of, depth + 1)).collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => Value::Table(convert_table(table, origin_of, depth)?),
    })
}

/// Finds lines and columns in a text.
struct Lines<'a> {
    path: &'a Path,
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(path: &'a Path, text: &'a str) -> Self {
        let starts = [0].into_iter().chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Lines { path, text, starts }
    }

    fn origin(&self, offset: usize) -> Origin {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = self.starts[line - 1];
        let column = self.text.get(start..offset).map_or(offset - start, |before| before.chars().count()) + 1;
        Origin::File { path: self.path.to_owned(), line, column }
    }
}
