//! The schemas of messages and replies, as those of tools: each must be an object's.

use serde_json::{Map, Value, json};

/// How a value stands in an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// It is one.
    Whole,
    /// Under this key.
    Under(&'static str),
    /// Not at all: there is nothing to say.
    Nothing,
}

/// Where an input that is no object stands.
const INPUT: &str = "input";
/// Where a reply that is no object stands.
const RESULT: &str = "result";

/// The schema of a tool's arguments.
pub(crate) fn input(schema: Option<Value>) -> (Map<String, Value>, Form) {
    match schema {
        Some(Value::Object(schema)) if is_object(&schema) => (schema, Form::Whole),
        // A unit struct: there is nothing to fill in.
        Some(Value::Object(schema)) if says(&schema, "null") => (nothing(), Form::Whole),
        Some(schema) => (under(INPUT, schema, false), Form::Under(INPUT)),
        None => (nothing(), Form::Whole),
    }
}

/// The schema of what a tool gives, if it is known.
pub(crate) fn output(schema: Option<Value>, streams: bool) -> (Option<Map<String, Value>>, Form) {
    match schema {
        schema if streams => (Some(under(RESULT, schema.unwrap_or(Value::Bool(true)), true)), Form::Under(RESULT)),
        Some(Value::Object(schema)) if is_object(&schema) => (Some(schema), Form::Whole),
        Some(Value::Object(schema)) if says(&schema, "null") => (None, Form::Nothing),
        Some(schema) => (Some(under(RESULT, schema, false)), Form::Under(RESULT)),
        None => (None, Form::Under(RESULT)),
    }
}

impl Form {
    /// A value in its object.
    pub(crate) fn put(self, value: Value) -> Option<Value> {
        match self {
            Form::Whole => Some(value),
            Form::Under(key) => Some(json!({ key: value })),
            Form::Nothing => None,
        }
    }

    /// The value out of its object; an object without it is as good as `null`.
    pub(crate) fn take(self, mut object: Map<String, Value>) -> Value {
        match self {
            Form::Under(key) => object.remove(key).unwrap_or(Value::Null),
            Form::Whole | Form::Nothing => Value::Object(object),
        }
    }

    /// Where a mistake in the value is in the object.
    pub(crate) fn pointer(self, pointer: &str) -> String {
        match self {
            Form::Under(key) => format!("/{key}{pointer}"),
            Form::Whole | Form::Nothing => pointer.to_owned(),
        }
    }
}

fn says(schema: &Map<String, Value>, kind: &str) -> bool {
    schema.get("type").and_then(Value::as_str) == Some(kind)
}

/// Clients look for fields at the root: a reference there is not enough.
fn is_object(schema: &Map<String, Value>) -> bool {
    says(schema, "object")
}

fn nothing() -> Map<String, Value> {
    Map::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), json!({})),
        ("additionalProperties".to_owned(), json!(false)),
    ])
}

/// An object with a value of `schema`, or a list of them, under `key`.
fn under(key: &str, mut schema: Value, list: bool) -> Map<String, Value> {
    let mut defs = match schema.as_object_mut() {
        Some(schema) => {
            schema.remove("$schema");
            match schema.remove("$defs") {
                Some(Value::Object(defs)) => defs,
                _ => Map::new(),
            }
        }
        None => Map::new(),
    };
    let mut name = "Value".to_owned();
    while defs.contains_key(&name) {
        name.push('_');
    }
    // What says `#` means itself, which is no longer the root.
    let root = format!("#/$defs/{name}");
    let mut found = false;
    moved(&mut schema, &root, &mut found);
    defs.values_mut().for_each(|def| moved(def, &root, &mut found));
    if found {
        defs.insert(name, schema);
        schema = json!({ "$ref": root });
    }
    let value = if list { json!({ "type": "array", "items": schema }) } else { schema };
    let mut object = Map::from_iter([
        ("type".to_owned(), json!("object")),
        ("properties".to_owned(), json!({ key: value })),
        ("required".to_owned(), json!([key])),
    ]);
    if !defs.is_empty() {
        object.insert("$defs".to_owned(), Value::Object(defs));
    }
    object
}

fn moved(schema: &mut Value, root: &str, found: &mut bool) {
    match schema {
        Value::Object(schema) => {
            for (key, value) in schema.iter_mut() {
                match value {
                    Value::String(text) if key == "$ref" && text == "#" => {
                        root.clone_into(text);
                        *found = true;
                    }
                    value => moved(value, root, found),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| moved(item, root, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_object_stands_in_one() {
        let (schema, form) = output(Some(json!({ "$schema": "x", "type": "integer" })), false);
        assert_eq!(form, Form::Under("result"));
        assert_eq!(
            Value::Object(schema.unwrap()),
            json!({ "type": "object", "properties": { "result": { "type": "integer" } }, "required": ["result"] })
        );
        let reply =
            json!({ "type": "array", "items": { "$ref": "#/$defs/Item" }, "$defs": { "Item": { "type": "string" } } });
        let (schema, _) = output(Some(reply), true);
        assert_eq!(
            Value::Object(schema.unwrap()),
            json!({
                "type": "object",
                "properties": { "result": {
                    "type": "array", "items": { "type": "array", "items": { "$ref": "#/$defs/Item" } }
                } },
                "required": ["result"],
                "$defs": { "Item": { "type": "string" } },
            })
        );
    }

    #[test]
    fn what_contains_itself_still_does() {
        let tree = json!({ "anyOf": [{ "type": "null" }, { "type": "array", "items": { "$ref": "#" } }] });
        let (schema, form) = input(Some(tree));
        assert_eq!(form.pointer("/0"), "/input/0");
        assert_eq!(
            Value::Object(schema),
            json!({
                "type": "object",
                "properties": { "input": { "$ref": "#/$defs/Value" } },
                "required": ["input"],
                "$defs": { "Value": {
                    "anyOf": [{ "type": "null" }, { "type": "array", "items": { "$ref": "#/$defs/Value" } }]
                } },
            })
        );
    }

    #[test]
    fn nothing_to_say_is_an_empty_object_and_no_result() {
        assert_eq!(input(Some(json!({ "type": "null" }))).0["properties"], json!({}));
        assert_eq!(output(Some(json!({ "type": "null" })), false), (None, Form::Nothing));
    }
}
