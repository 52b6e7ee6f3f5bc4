//! `NAME --help`: a message's fields as flags.

use serde_json::Value;

use super::table::table;
use super::told::one_line;
use crate::app::describe::MessageDescription;
use crate::input::shape::{Field, Shape, kebab};

/// What the message is, its fields with their types and docs, and its reply; `command` is what stands before the name, such as
/// `bank execute`.
pub fn of(message: &MessageDescription, shape: &Shape<'_>, command: &str) -> String {
    let fields = shape.fields();
    let mut parts = Vec::new();
    if !message.docs.trim().is_empty() {
        parts.push(message.docs.trim().to_owned());
    }
    parts.push(format!("Usage: {command} {}{}", message.name, usage(shape, &fields)));
    if !fields.is_empty() {
        parts.push(format!("Fields:\n{}", table("  ", &rows(shape, &fields))));
    }
    let json = "  --json FILE  The whole input as JSON, `-` for stdin; fields win over it";
    parts.push(format!("Options:\n{json}\n  and those of `{command} --help`"));
    if let Some(reply) = &message.reply {
        parts.push(format!("Reply: {reply}"));
    }
    parts.join("\n\n")
}

/// One row per field: flag, type, docs.
pub fn rows(shape: &Shape<'_>, fields: &[Field<'_>]) -> Vec<[String; 3]> {
    let row = |field: &Field<'_>| {
        let need = if field.required { "required" } else { "optional" };
        let repeated = if is_list(shape, field) { ", may be repeated" } else { "" };
        let words = format!("{need}, {}{repeated}", shape.words(field.schema));
        [format!("--{}", kebab(field.name)), words, docs(field)]
    };
    fields.iter().map(row).collect()
}

fn usage(shape: &Shape<'_>, fields: &[Field<'_>]) -> String {
    let text = |field: &Field<'_>| {
        let value = if shape.kinds(field.schema).is_switch() { "" } else { " VALUE" };
        let text = format!("--{}{value}", kebab(field.name));
        if field.required { format!(" {text}") } else { format!(" [{text}]") }
    };
    fields.iter().map(text).collect()
}

fn is_list(shape: &Shape<'_>, field: &Field<'_>) -> bool {
    shape.kinds(field.schema).array && shape.items(field.schema).is_some()
}

/// The field's own docs in one line, and its default.
fn docs(field: &Field<'_>) -> String {
    let docs = field.schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let docs = one_line(docs);
    match field.schema.get("default") {
        Some(default) if !default.is_null() => format!("{docs} [default: {default}]").trim_start().to_owned(),
        _ => docs,
    }
}
