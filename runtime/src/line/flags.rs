//! The flags that a message has: one for each field, and for each field of an object in it.

use serde_json::Value;

use super::told::one_line;
use crate::input::shape::{Shape, kebab};
use crate::validate::schema::SOMETHING;

/// Objects in objects are opened to this depth; recursive ones have no end.
const DEEP: usize = 3;
/// A message with more is told by its first ones.
const MOST: usize = 200;

/// One flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flag {
    /// As it is typed: `--first-name`, `--address.city`, `--lines.0.sku`.
    pub name: String,
    /// How many objects it stands in.
    pub depth: usize,
    /// The type in words.
    pub words: String,
    /// Whether it must be there, if what it stands in is.
    pub required: bool,
    /// Whether it may be repeated.
    pub is_list: bool,
    /// Whether it needs no value.
    pub is_switch: bool,
    /// The values that it may have, if they are few: names, or true and false.
    pub choices: Vec<String>,
    /// What the schema says of its value beside its type, in words: `1 to 20 characters`.
    pub rules: Vec<String>,
    /// Its doc comment in one line.
    pub docs: String,
    /// The default as JSON, if there is one.
    pub default: Option<String>,
}

/// All of them, each before those that are within it.
pub fn flags(shape: &Shape<'_>) -> Vec<Flag> {
    let mut all = Vec::new();
    add(shape, shape.root(), "--", 0, &mut all);
    all
}

fn add<'s>(shape: &Shape<'s>, schema: &'s Value, prefix: &str, depth: usize, all: &mut Vec<Flag>) {
    for field in shape.fields_of(schema) {
        if all.len() >= MOST {
            return;
        }
        let name = format!("{prefix}{}", kebab(field.name));
        let kinds = shape.kinds(field.schema);
        let items = shape.items(field.schema).filter(|_| kinds.array);
        let value = items.unwrap_or(field.schema);
        let mut choices: Vec<String> = shape.choices(value).into_iter().map(str::to_owned).collect();
        if shape.kinds(value).boolean && choices.is_empty() {
            choices = vec!["true".to_owned(), "false".to_owned()];
        }
        let text = |keyword: &str| shape.keyword(field.schema, keyword);
        all.push(Flag {
            depth,
            words: shape.words(field.schema),
            required: field.required,
            is_list: items.is_some(),
            is_switch: kinds.is_switch(),
            choices,
            rules: rules(shape, field.schema),
            docs: one_line(field.schema.get("description").and_then(Value::as_str).unwrap_or_default()),
            default: text("default").filter(|own| !own.is_null()).map(Value::to_string),
            name: name.clone(),
        });
        if depth + 1 < DEEP {
            let step = if items.is_some() { ".0." } else { "." };
            add(shape, value, &format!("{name}{step}"), depth + 1, all);
        }
    }
}

/// What a value must be beside its type.
fn rules<'s>(shape: &Shape<'s>, schema: &'s Value) -> Vec<String> {
    let number = |keyword: &str| shape.keyword(schema, keyword).filter(|own| own.is_number());
    let format = shape.keyword(schema, "format").and_then(Value::as_str).unwrap_or_default();
    // What a Rust type says by itself is no rule.
    let own = |keyword: &str| match (keyword, format) {
        ("minimum", _) if format.starts_with("uint") => Some(0),
        ("maximum", "uint8") => Some(255),
        ("maximum", "uint16") => Some(65_535),
        ("minimum", "int8") => Some(-128),
        ("maximum", "int8") => Some(127),
        ("minimum", "int16") => Some(-32_768),
        ("maximum", "int16") => Some(32_767),
        _ => None,
    };
    let said = |keyword: &str| number(keyword).filter(|value| value.as_i64() != own(keyword) || own(keyword).is_none());
    let mut rules = Vec::new();
    let mut range = |least: &str, most: &str, unit: &str| {
        let (least, most) = (said(least), said(most));
        let number = most.or(least).and_then(Value::as_u64);
        let unit = match (unit, number) {
            ("", _) => String::new(),
            ("entry", Some(1)) | ("character", Some(1)) | ("item", Some(1)) => format!(" {unit}"),
            ("entry", _) => " entries".to_owned(),
            (unit, _) => format!(" {unit}s"),
        };
        match (least, most) {
            (Some(least), Some(most)) if least == most => rules.push(format!("{least}{unit}")),
            (Some(least), Some(most)) => rules.push(format!("{least} to {most}{unit}")),
            (Some(least), None) => rules.push(format!("at least {least}{unit}")),
            (None, Some(most)) => rules.push(format!("at most {most}{unit}")),
            (None, None) => {}
        }
    };
    range("minimum", "maximum", "");
    range("minLength", "maxLength", "character");
    range("minItems", "maxItems", "item");
    range("minProperties", "maxProperties", "entry");
    for (keyword, words) in
        [("exclusiveMinimum", "above"), ("exclusiveMaximum", "below"), ("multipleOf", "a multiple of")]
    {
        if let Some(value) = number(keyword) {
            rules.push(format!("{words} {value}"));
        }
    }
    match shape.keyword(schema, "pattern").and_then(Value::as_str) {
        Some(SOMETHING) => rules.push("not blank".to_owned()),
        Some(pattern) => rules.push(format!("matching {pattern}")),
        None => {}
    }
    rules
}
