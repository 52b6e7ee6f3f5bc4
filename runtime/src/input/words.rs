//! Types, values and mistakes in plain words.

use serde_json::Value;

use super::union::{Union, names_of, union_of};
use super::walk::resolve;
use crate::nearest::did_you_mean;

/// Longer texts are not quoted.
const QUOTED: usize = 40;
/// Longer lists of names are cut.
const LISTED: usize = 20;
/// Types inside types are told to this depth; recursive ones have no end.
const DEEP: usize = 4;

/// The type that a schema stands for, in words: "string", "list of integer", "one of `a`, `b`".
///
/// `$ref`s are looked up in `schema` itself; for a part of a larger schema see [`describe_type_in`].
pub fn describe_type(schema: &Value) -> String {
    describe_type_in(schema, schema)
}

/// Like [`describe_type`], for a `schema` that is a part of `root`, whose `$defs` it may refer to.
pub fn describe_type_in(root: &Value, schema: &Value) -> String {
    describe(root, schema, DEEP)
}

fn describe(root: &Value, schema: &Value, deep: usize) -> String {
    let schema = resolve(root, schema);
    let types = types_of(schema);
    if let Some(names) = names_of(schema) {
        return one_of(&names);
    }
    for key in ["oneOf", "anyOf"] {
        if let Some((union, nullable)) = union_of(root, schema, key)
            && schema.get("properties").is_none()
        {
            let words = match union {
                Union::Names(names) => one_of(&names),
                Union::Tagged { tag, variants } => {
                    let names: Vec<&str> = variants.iter().map(|(name, _)| *name).collect();
                    format!("object whose `{tag}` is {}", one_of(&names))
                }
                Union::Keyed { names, variants } => {
                    let all: Vec<&str> = names.into_iter().chain(variants.iter().map(|(name, _)| *name)).collect();
                    one_of(&all)
                }
                Union::Other(branches) if deep > 0 => {
                    let mut all: Vec<String> = Vec::new();
                    for branch in branches {
                        let words = describe(root, branch, deep - 1);
                        if !all.contains(&words) {
                            all.push(words);
                        }
                    }
                    all.join(" or ")
                }
                Union::Other(_) => "any value".to_owned(),
            };
            return if nullable { format!("{words} or null") } else { words };
        }
    }
    if types.is_empty() {
        return if schema.get("properties").is_some() || schema.get("allOf").is_some() {
            "object"
        } else {
            "any value"
        }
        .to_owned();
    }
    types.iter().map(|kind| describe_kind(root, schema, kind, deep)).collect::<Vec<_>>().join(" or ")
}

fn describe_kind(root: &Value, schema: &Value, kind: &str, deep: usize) -> String {
    let number = |key| schema.get(key).and_then(Value::as_u64);
    let inner = |key| schema.get(key).filter(|inner| !inner.is_boolean() && deep > 0);
    match kind {
        "string" if number("minLength") == Some(1) && number("maxLength") == Some(1) => "character".to_owned(),
        "string" => match schema.get("format").and_then(Value::as_str) {
            Some(format) => format!("string ({format})"),
            None => "string".to_owned(),
        },
        "array" => {
            if let Some(items) = schema.get("prefixItems").and_then(Value::as_array).filter(|_| deep > 0) {
                let items: Vec<_> = items.iter().map(|item| describe(root, item, deep - 1)).collect();
                return format!("list of {} ({})", items.len(), items.join(", "));
            }
            let length = number("minItems").filter(|n| number("maxItems") == Some(*n));
            let length = length.map_or(String::new(), |n| format!(" ({n} items)"));
            let items = inner("items").map_or(String::new(), |item| format!(" of {}", describe(root, item, deep - 1)));
            format!("list{items}{length}")
        }
        "object" if schema.get("properties").is_none() => {
            let pattern = inner("patternProperties").and_then(|all| all.as_object()?.values().next());
            match inner("additionalProperties").or(pattern) {
                Some(value) => format!("map of {}", describe(root, value, deep - 1)),
                None if schema.get("additionalProperties").is_some() => "map".to_owned(),
                None => "object".to_owned(),
            }
        }
        kind => kind.to_owned(),
    }
}

/// The types that `schema` names, as JSON schema calls them.
pub(super) fn types_of(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(kind)) => vec![kind],
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// The type of `value`, as JSON schema calls it.
pub(super) fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// "a string", "an integer"
pub(super) fn article(kind: &str) -> &str {
    match kind {
        "boolean" => "a boolean",
        "integer" => "an integer",
        "number" => "a number",
        "string" => "a string",
        "array" => "a list",
        "object" => "an object",
        other => other,
    }
}

/// "one of `a`, `b`", or only "`a`"
pub(super) fn one_of(names: &[&str]) -> String {
    let mut text = names.iter().take(LISTED).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    if names.len() > LISTED {
        text += &format!(", … ({} in all)", names.len());
    }
    if names.len() == 1 { text } else { format!("one of {text}") }
}

/// The message about the field `key`, which is not one of `fields`.
pub(super) fn unknown(key: &str, fields: &[&str]) -> String {
    let near = near(key, fields);
    format!("unknown field {}{near}", quoted(key))
}

/// "; did you mean `port`?", or nothing.
pub(super) fn near(name: &str, names: &[&str]) -> String {
    // A single letter is near to any other; a long name is near nothing, and the distance costs its length.
    if !(2..=QUOTED).contains(&name.len()) { String::new() } else { did_you_mean(name, names.iter().copied()) }
}

/// `text` in backticks, cut if it is long.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(QUOTED) {
        Some((end, _)) => format!("`{}…`", &text[..end]),
        None => format!("`{text}`"),
    }
}

/// `value` as it can be quoted: a scalar, and short.
pub(super) fn shown(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => return None,
        scalar => scalar.to_string(),
    };
    (text.chars().count() <= QUOTED).then(|| format!("`{text}`"))
}

/// Whether what is under the field `name` must not be shown to anybody.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["password", "secret", "token"].iter().any(|word| name.contains(word))
}
