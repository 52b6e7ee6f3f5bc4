//! Which objects of a body take no other fields than they say: all, at every depth, but for those that serde reads into a buffer
//! first, since it does not tell us what it ignores there.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::schemas::key_of;

/// Says so in the root schema of a message, and in its `$defs`.
///
/// A type that is read through a buffer somewhere, by an untagged or a tagged enum, is left open everywhere: it has one schema.
pub(super) fn close(root: &mut Value) {
    let whole = root.clone();
    let none = Map::new();
    let mut walk = Walk {
        root: &whole,
        defs: whole.get("$defs").and_then(Value::as_object).unwrap_or(&none),
        open: BTreeSet::new(),
    };
    walk.see(&whole, false, &mut BTreeSet::new());
    let open = walk.open;
    if let Some(Value::Object(defs)) = root.get_mut("$defs") {
        for (_, def) in defs.iter_mut().filter(|(key, _)| !open.contains(key.as_str())) {
            shut(def);
        }
    }
    if !open.contains(ROOT) {
        shut(root);
    }
}

/// What stands for the root among the keys of `$defs`.
const ROOT: &str = "#";

/// Finds what is read through a buffer.
struct Walk<'a> {
    root: &'a Value,
    defs: &'a Map<String, Value>,
    open: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    fn see(&mut self, schema: &'a Value, in_buffer: bool, seen: &mut BTreeSet<String>) {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let key = if reference == ROOT { Some(ROOT.to_owned()) } else { key_of(reference) };
            if let Some(key) = key {
                let target = if key == ROOT { Some(self.root) } else { self.defs.get(&key) };
                let is_new = if in_buffer { self.open.insert(key) } else { seen.insert(key) };
                if let Some(target) = target.filter(|_| is_new) {
                    self.see(target, in_buffer, seen);
                }
            }
        }
        for (child, is_buffered) in children(schema) {
            self.see(child, in_buffer || is_buffered, seen);
        }
    }
}

/// Closes an object, and what is read inside of it without a buffer.
fn shut(schema: &mut Value) {
    let buffered: BTreeSet<&str> = PARTS.into_iter().filter(|key| is_buffered(schema, key)).collect();
    let Value::Object(keywords) = schema else { return };
    // What stands beside parts, they would refuse of each other.
    let has_parts = ["allOf", "oneOf", "anyOf", "$ref", "additionalProperties", "unevaluatedProperties"];
    if keywords.contains_key("properties") && !has_parts.iter().any(|key| keywords.contains_key(*key)) {
        keywords.insert("additionalProperties".to_owned(), json!(false));
    }
    for (key, own) in keywords {
        match own {
            Value::Object(named) if BY_NAME.contains(&key.as_str()) => named.values_mut().for_each(shut),
            Value::Object(_) if ONE.contains(&key.as_str()) => shut(own),
            Value::Array(all)
                if key == "prefixItems" || PARTS.contains(&key.as_str()) && !buffered.contains(key.as_str()) =>
            {
                all.iter_mut().for_each(shut);
            }
            _ => {}
        }
    }
}

/// Keywords with schemas by the names of fields.
const BY_NAME: [&str; 2] = ["properties", "patternProperties"];
/// Keywords with one schema.
const ONE: [&str; 2] = ["items", "additionalProperties"];
/// Keywords with schemas that all speak of one value.
const PARTS: [&str; 3] = ["anyOf", "oneOf", "allOf"];

/// The schemas inside of a schema, each with whether it is read through a buffer.
fn children(schema: &Value) -> Vec<(&Value, bool)> {
    let list = |key: &str| schema.get(key).and_then(Value::as_array).into_iter().flatten();
    let named = |key: &str| schema.get(key).and_then(Value::as_object).into_iter().flat_map(|own| own.values());
    let mut all: Vec<(&Value, bool)> = BY_NAME.into_iter().flat_map(named).map(|own| (own, false)).collect();
    all.extend(ONE.into_iter().filter_map(|key| schema.get(key)).map(|own| (own, false)));
    all.extend(list("prefixItems").map(|own| (own, false)));
    for key in PARTS {
        let is_buffered = is_buffered(schema, key);
        all.extend(list(key).map(|own| (own, is_buffered)));
    }
    all
}

/// Whether what the branches of `key` speak of is read through a buffer: not an `Option`, and not an enum that is tagged externally, of
/// which each branch is a name, or an object of one field that is the name.
fn is_buffered(schema: &Value, key: &str) -> bool {
    let branches = schema.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let is_null = |own: &&Value| own.get("type").is_some_and(|kind| kind == "null");
    let is_keyed = |own: &Value| {
        let fields = own.get("properties").and_then(Value::as_object);
        let required = own.get("required").and_then(Value::as_array);
        let is_name = own.get("const").is_some() || own.get("enum").is_some();
        is_name
            || matches!((fields, required), (Some(fields), Some(required)) if own.get("$ref").is_none()
                && fields.len() == 1
                && required.len() == 1
                && fields.iter().all(|(name, field)| required[0] == *name && field.get("const").is_none()))
    };
    match key {
        "oneOf" => !branches.iter().filter(|own| !is_null(own)).all(is_keyed),
        "anyOf" => branches.iter().filter(|own| !is_null(own)).count() > 1,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    #![allow(dead_code, reason = "only their schemas matter")]

    use std::collections::BTreeMap;

    use partitura_runtime::input::{decode, schema_of};
    use schemars::JsonSchema;
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    struct Order {
        home: Address,
        other: Option<Address>,
        lines: Vec<Line>,
        by_name: BTreeMap<String, Line>,
        pair: (Line, u8),
        paid: Paid,
        shape: Untagged,
        event: Tagged,
        next: Option<Box<Order>>,
    }
    #[derive(Deserialize, JsonSchema)]
    struct Address {
        city: String,
    }
    #[derive(Deserialize, JsonSchema)]
    struct Line {
        sku: String,
        #[serde(default)]
        size: Option<Size>,
    }
    #[derive(Deserialize, JsonSchema)]
    struct Size {
        width: u8,
    }
    #[derive(Deserialize, JsonSchema)]
    enum Paid {
        Not,
        Card { number: String },
        Bank(Bank),
    }
    #[derive(Deserialize, JsonSchema)]
    struct Bank {
        iban: String,
    }
    #[derive(Deserialize, JsonSchema)]
    #[serde(untagged)]
    enum Untagged {
        Round(Round),
        Name(String),
    }
    #[derive(Deserialize, JsonSchema)]
    struct Round {
        radius: u8,
        mark: Option<Mark>,
    }
    #[derive(Deserialize, JsonSchema)]
    struct Mark {
        text: String,
    }
    #[derive(Deserialize, JsonSchema)]
    #[serde(tag = "kind")]
    enum Tagged {
        Sent { to: String },
        Lost(Mark),
    }

    fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
        match schema.get("$ref").and_then(Value::as_str) {
            None => schema,
            Some(ROOT) => root,
            Some(reference) => &root["$defs"][key_of(reference).unwrap()],
        }
    }

    /// Whether the schema takes `value`, as far as fields that it does not know go.
    fn takes(root: &Value, schema: &Value, value: &Value) -> bool {
        let own = resolved(root, schema);
        match value {
            Value::Object(fields) => {
                let has_all = |branch: &&Value| {
                    let required = resolved(root, branch).get("required").and_then(Value::as_array);
                    required.is_some_and(|all| all.iter().all(|name| fields.contains_key(name.as_str().unwrap())))
                };
                for key in ["anyOf", "oneOf"] {
                    if let Some(branches) = own.get(key).and_then(Value::as_array) {
                        return branches.iter().filter(has_all).any(|branch| takes(root, branch, value));
                    }
                }
                let others = own.get("additionalProperties");
                fields.iter().all(|(name, value)| match (own["properties"].get(name), others) {
                    (Some(schema), _) => takes(root, schema, value),
                    (None, Some(Value::Bool(false))) => false,
                    (None, Some(schema)) => takes(root, schema, value),
                    (None, None) => true,
                })
            }
            Value::Array(all) => all.iter().enumerate().all(|(at, value)| {
                let schema = own.get("prefixItems").and_then(|first| first.get(at)).or(own.get("items"));
                schema.is_none_or(|schema| takes(root, schema, value))
            }),
            _ => true,
        }
    }

    /// With a field that nobody knows at each object in turn, the document refuses what the server refuses, and takes what it takes.
    #[test]
    fn the_document_refuses_an_unknown_field_where_the_server_does() {
        let mut schema = schema_of::<Order>();
        close(&mut schema);
        let line = json!({ "sku": "tea", "size": { "width": 1 } });
        let inner = |paid: Value, event: Value, next: Value| {
            json!({
                "home": { "city": "Ulm" }, "other": { "city": "Ulm" }, "lines": [line], "by_name": { "a": line }, "pair": [line, 1],
                "paid": paid, "shape": { "radius": 1, "mark": { "text": "x" } }, "event": event, "next": next,
            })
        };
        let last = inner(json!("Not"), json!({ "kind": "Sent", "to": "Ada" }), Value::Null);
        let whole = [
            inner(json!({ "Card": { "number": "1" } }), json!({ "kind": "Lost", "text": "x" }), last.clone()),
            inner(json!({ "Bank": { "iban": "1" } }), json!({ "kind": "Sent", "to": "Ada" }), Value::Null),
        ];
        let (mut refused, mut taken) = (0, 0);
        for value in whole {
            assert!(takes(&schema, &schema, &value) && decode::<Order>("Order", value.clone()).is_ok(), "{value}");
            for pointer in objects(&value, "") {
                let mut odd = value.clone();
                odd.pointer_mut(&pointer).unwrap()["odd"] = json!({ "sku": "tea" });
                let server = decode::<Order>("Order", odd.clone()).is_ok();
                assert_eq!(takes(&schema, &schema, &odd), server, "an unknown field in `{pointer}` of {schema:#}");
                if server { taken += 1 } else { refused += 1 }
            }
        }
        assert!(refused >= 20 && taken >= 5, "{refused} refused, {taken} taken");
    }

    fn objects(value: &Value, at: &str) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        match value {
            Value::Object(fields) => {
                all.push(at.to_owned());
                fields.iter().for_each(|(name, own)| all.extend(objects(own, &format!("{at}/{name}"))));
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, own)| all.extend(objects(own, &format!("{at}/{index}"))));
            }
            _ => {}
        }
        all
    }
}
