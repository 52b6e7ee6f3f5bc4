//! The input that a file and the fields make together.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;

use serde_json::{Map, Value};

use super::fields::{Content, Given};

/// The most that is read of `--json`.
const MOST_BYTES: u64 = 64 << 20;
/// The most elements that a list may have when they are given by their numbers.
const MOST_ELEMENTS: usize = 1_000;

/// An input, and where its parts come from.
#[derive(Debug, Default)]
pub struct Input {
    /// What is decoded; null when nothing was given.
    pub value: Value,
    /// The flags as typed, by their place in the input.
    pub(crate) flags: BTreeMap<Vec<String>, String>,
    /// The file, if there is one, and its keys.
    pub(crate) file: Option<(String, BTreeSet<String>)>,
    /// What was named without a value.
    pub(crate) holes: BTreeSet<Vec<String>>,
}

impl Input {
    /// The value; an absent one is as good as no fields.
    pub(crate) fn value_or_empty(&self) -> Value {
        if self.value.is_null() { Value::Object(Map::new()) } else { self.value.clone() }
    }
}

/// Reads the JSON of `file`, `-` for `stdin`; what is there twice is told in `wrong`. Or says in one line why not.
pub(super) fn file(file: &str, stdin: &mut dyn Read, wrong: &mut Vec<String>) -> Result<(String, Value), String> {
    let name = if file == "-" { "stdin" } else { file };
    let mut bytes = Vec::new();
    let read = match file {
        "-" => stdin.take(MOST_BYTES + 1).read_to_end(&mut bytes),
        path => std::fs::File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_end(&mut bytes)),
    };
    read.map_err(|error| format!("--json {file}: {error}"))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("--json {file}: is larger than {} MiB", MOST_BYTES >> 20));
    }
    parse(name, &bytes, wrong)
}

/// Reads the JSON of `bytes`, which people know as `name`.
pub(super) fn parse(name: &str, bytes: &[u8], wrong: &mut Vec<String>) -> Result<(String, Value), String> {
    // At other doors that is an input that is absent. Here somebody has said that there is one.
    if bytes.trim_ascii().is_empty() {
        return Err(format!("{name}: is empty"));
    }
    let (value, twice) = crate::input::parse(bytes).map_err(|broken| {
        let why = if broken.why.is_empty() { String::new() } else { format!(": {}", broken.why) };
        format!("{name}:{}:{}: is {}{why}", broken.line, broken.column, broken.what)
    })?;
    wrong.extend(twice.iter().map(|failure| format!("{name}: {failure}")));
    Ok((name.to_owned(), value))
}

/// Puts the fields over the file.
pub(super) fn build(file: Option<(String, Value)>, mut fields: Vec<Given>, wrong: &mut Vec<String>) -> Input {
    let mut input = Input::default();
    if let Some((name, value)) = file {
        let keys = value.as_object().into_iter().flat_map(Map::keys).cloned().collect();
        if !value.is_object() && !fields.is_empty() {
            wrong.push(format!("{name}: must be an object when fields are given as well"));
        }
        (input.value, input.file) = (value, Some((name, keys)));
    }
    // A whole object first, then what is in it.
    fields.sort_by_key(|given| given.path.len());
    let mut gaps = BTreeMap::new();
    for Given { flag, path, elements, value } in fields {
        if value == Content::Nothing {
            input.holes.insert(path);
            continue;
        }
        let is_first = !input.flags.contains_key(&path);
        let place = match place(&mut input.value, &path, &elements, &flag, &mut gaps) {
            Ok(place) => place,
            Err(text) => {
                wrong.push(format!("{flag}: {text}"));
                continue;
            }
        };
        match (value, place) {
            (Content::Some(more), Value::Array(all)) if !is_first => all.extend(more),
            (Content::Some(all), place) => *place = Value::Array(all),
            (Content::One(_), _) if !is_first => {
                wrong.push(format!("{flag}: is given twice"));
                continue;
            }
            (Content::One(value), place) => *place = value,
            (Content::Nothing, _) => {}
        }
        input.flags.entry(path).or_insert(flag);
    }
    for (path, flag) in gaps {
        let (number, list) = path.split_last().map_or(("", ""), |(number, _)| (number.as_str(), flag.0.as_str()));
        wrong.push(format!("{}: leaves out {list}.{number}; the elements of a list are 0, 1, 2 and so on", flag.1));
        input.holes.insert(path);
    }
    input
}

/// Elements that were left out: their place, the flag of their list, and the flag that came after them.
type Gaps = BTreeMap<Vec<String>, (String, String)>;

/// The place in `value`, made if it is not there; or why there is none.
fn place<'v>(
    mut value: &'v mut Value,
    path: &[String],
    elements: &BTreeSet<usize>,
    flag: &str,
    gaps: &mut Gaps,
) -> Result<&'v mut Value, String> {
    for (at, key) in path.iter().enumerate() {
        let is_element = elements.contains(&at);
        if value.is_null() {
            *value = if is_element { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
        }
        value = match (value, is_element) {
            (Value::Array(all), true) => {
                let number = key.parse().unwrap_or(usize::MAX);
                if number >= MOST_ELEMENTS {
                    return Err(format!(
                        "a list takes at most {MOST_ELEMENTS} elements by their numbers; give it with --json"
                    ));
                }
                let here = |number: usize| [&path[..at], &[number.to_string()]].concat();
                while all.len() <= number {
                    if all.len() < number {
                        // The flag up to here.
                        let list = flag.split('.').take(at).collect::<Vec<_>>().join(".");
                        gaps.insert(here(all.len()), (list, flag.to_owned()));
                    }
                    all.push(Value::Null);
                }
                gaps.remove(&here(number));
                &mut all[number]
            }
            (Value::Object(fields), false) => fields.entry(key).or_insert(Value::Null),
            (_, true) => return Err("what it is part of is no list".to_owned()),
            (_, false) => return Err("what it is part of is no object".to_owned()),
        };
    }
    Ok(value)
}
