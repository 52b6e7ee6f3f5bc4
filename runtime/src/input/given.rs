//! From a text (of a command line, a path, a query) to a value, as the schema wants it.

use serde_json::Value;

use super::shape::{Kinds, Shape};

/// The value that `text` stands for. What does not parse as any type that the schema allows stays a text, so that the
/// decoder tells the mistake with all others.
pub fn parse(shape: &Shape<'_>, schema: &Value, text: &str) -> Value {
    let kinds = shape.kinds(schema);
    let text_of = || Value::String(text.to_owned());
    if kinds.is_text() {
        return text_of();
    }
    let is_meant = |value: &Value| is_of(kinds, value) || kinds.integer && !kinds.string && is_too_long(text, value);
    serde_json::from_str(text).ok().filter(is_meant).unwrap_or_else(text_of)
}

/// The values of one use of a flag whose field is a list: `--tag a`, or all at once `--tag '["a", "b"]'`.
pub fn elements(shape: &Shape<'_>, schema: &Value, text: &str) -> Vec<Value> {
    // A tuple and its like have no one type of element, and are given whole.
    let Some(items) = shape.items(schema) else {
        return match serde_json::from_str(text) {
            Ok(Value::Array(all)) => all,
            Ok(one) => vec![one],
            Err(_) => vec![Value::String(text.to_owned())],
        };
    };
    match serde_json::from_str(text) {
        // `[1, 2]` is one element of a list of lists, and `[[1, 2]]` the list.
        Ok(Value::Array(all)) if !shape.kinds(items).array || all.first().is_some_and(Value::is_array) => all,
        _ => vec![parse(shape, items, text)],
    }
}

/// Whether `text` is an integer that JSON has rounded to a float, since it has more than 64 bits: the decoder shall say that, and not
/// that it is none.
fn is_too_long(text: &str, value: &Value) -> bool {
    value.is_f64() && text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether JSON text of this value may be what was meant. A text itself is given without quotes.
fn is_of(kinds: Kinds, value: &Value) -> bool {
    match value {
        Value::Bool(_) => kinds.boolean || kinds.any,
        Value::Number(number) if number.is_f64() => kinds.number || kinds.any,
        Value::Number(_) => kinds.number || kinds.integer || kinds.any,
        Value::Array(_) => kinds.array || kinds.any,
        Value::Object(_) => kinds.object || kinds.any,
        Value::String(_) => kinds.any,
        // Of a text that may be absent, `null` is the text.
        Value::Null => !kinds.string,
    }
}
