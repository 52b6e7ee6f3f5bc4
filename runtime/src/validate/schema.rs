//! Writes the [limits](super::Limit) of a message into its JSON Schema.
//!
//! Invariants:
//! - What is there already stays, or becomes narrower: `JsonSchema` reads some of the rules, too.
//! - Where the schema is not of the form that a rule is for, such as that of a type with a schema of its own, nothing is
//!   said: the rules are what decides.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value, json};

use super::{Bound, Limit, Limits};

/// A schema is no deeper than this; one that is holds itself without a name.
const DEEPEST: usize = 128;

/// White space is no value.
pub(crate) const SOMETHING: &str = r"[^\s\u0085]";

/// Adds `limits` to `schema`.
pub(crate) fn apply(schema: &mut Value, limits: Limits) {
    let mut writer = Writer { root: schema, seen: BTreeSet::from([String::new()]) };
    writer.nested("", limits, 0);
}

struct Writer<'s> {
    root: &'s mut Value,
    /// What a `$ref` led to: it is written to once, however often it is used.
    seen: BTreeSet<String>,
}

impl Writer<'_> {
    /// Writes to what is at the pointer `at`.
    fn all(&mut self, at: &str, limits: Limits, depth: usize) {
        if depth > DEEPEST || limits.is_empty() {
            return;
        }
        let at = &self.value_of(at);
        for limit in limits {
            match limit {
                Limit::Nested(limits) => self.nested(at, limits(), depth + 1),
                Limit::Each(limits) => {
                    for at in self.items(at) {
                        self.all(&at, limits, depth + 1);
                    }
                }
                Limit::Field(name, limits) => {
                    if let Some(at) = self.field(at, name) {
                        self.all(&at, limits, depth + 1);
                    }
                }
                limit => {
                    if let Some(Value::Object(keywords)) = self.root.pointer_mut(at) {
                        say(keywords, limit);
                    }
                }
            }
        }
    }

    /// The limits of a type stand where its schema does.
    fn nested(&mut self, at: &str, limits: Limits, depth: usize) {
        let target = self.root.pointer(at).and_then(|schema| schema.get("$ref")?.as_str()?.strip_prefix('#'));
        match target.map(str::to_owned) {
            None => self.all(at, limits, depth),
            Some(target) => {
                if !limits.is_empty() && self.seen.insert(target.clone()) {
                    self.all(&target, limits, depth);
                }
            }
        }
    }

    /// Where the value's schema is, if the one at `at` says that it may be `null` as well.
    fn value_of(&self, at: &str) -> String {
        let either = self.root.pointer(at).and_then(|schema| schema.get("anyOf")?.as_array());
        let is_null = |schema: &Value| schema.get("type").is_some_and(|kind| kind == "null");
        match either.map(Vec::as_slice) {
            Some([value, null]) if is_null(null) && !is_null(value) => format!("{at}/anyOf/0"),
            Some([null, value]) if is_null(null) && !is_null(value) => format!("{at}/anyOf/1"),
            _ => at.to_owned(),
        }
    }

    fn field(&self, at: &str, name: &str) -> Option<String> {
        let schema = self.root.pointer(at)?;
        let is_there = |schemas: &Value| schemas.get(name).is_some_and(Value::is_object);
        if schema.get("properties").is_some_and(is_there) {
            return Some(format!("{at}/properties/{}", escaped(name)));
        }
        // Of a tuple.
        let index: usize = name.parse().ok()?;
        let fields = schema.get("prefixItems")?.as_array()?;
        fields.get(index).map(|_| format!("{at}/prefixItems/{index}"))
    }

    /// The schemas of what a list or a map holds.
    fn items(&self, at: &str) -> Vec<String> {
        let Some(schema) = self.root.pointer(at) else { return Vec::new() };
        let mut found = Vec::new();
        let mut add = |key: &str| {
            if schema.get(key).is_some_and(Value::is_object) {
                found.push(format!("{at}/{key}"));
            }
        };
        if is(schema, "array") {
            add("items");
        }
        if is(schema, "object") {
            add("additionalProperties");
            // Keys that are numbers.
            for pattern in schema.get("patternProperties").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
                found.push(format!("{at}/patternProperties/{}", escaped(pattern)));
            }
        }
        found
    }
}

/// A part of a JSON pointer.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn is(schema: &Value, kind: &str) -> bool {
    schema.get("type").is_some_and(|own| is_one(own, kind))
}

fn is_one(own: &Value, kind: &str) -> bool {
    match own {
        Value::String(own) => own == kind,
        Value::Array(all) => all.iter().any(|own| own == kind),
        _ => false,
    }
}

/// Says one limit of the value itself.
fn say(keywords: &mut Map<String, Value>, limit: &Limit) {
    let Some(own) = keywords.get("type") else { return };
    let is = |kind| is_one(own, kind);
    let (is_text, is_list, is_map) = (is("string"), is("array"), is("object"));
    let is_number = is("number") || is("integer");
    let mut sizes = |narrower: Narrower, prefix: &str, bound: u64| {
        for (fits, unit) in [(is_text, "Length"), (is_list, "Items"), (is_map, "Properties")] {
            if fits {
                narrow(keywords, narrower, &format!("{prefix}{unit}"), bound.into());
            }
        }
    };
    match limit {
        Limit::Required => {
            sizes(Narrower::Greater, "min", 1);
            if is_text {
                pattern(keywords, SOMETHING);
            }
        }
        Limit::Shortest(bound) => {
            if let Ok(bound) = bound.text().parse() {
                sizes(Narrower::Greater, "min", bound);
            }
        }
        Limit::Longest(bound) => {
            if let Ok(bound) = bound.text().parse() {
                sizes(Narrower::Less, "max", bound);
            }
        }
        Limit::Least(bound) if is_number => number(keywords, Narrower::Greater, "minimum", *bound),
        Limit::Above(bound) if is_number => number(keywords, Narrower::Greater, "exclusiveMinimum", *bound),
        Limit::Most(bound) if is_number => number(keywords, Narrower::Less, "maximum", *bound),
        Limit::Below(bound) if is_number => number(keywords, Narrower::Less, "exclusiveMaximum", *bound),
        Limit::Pattern(own) if is_text => pattern(keywords, own),
        Limit::Email if is_text => drop(keywords.entry("format").or_insert_with(|| "email".into())),
        Limit::Url if is_text => drop(keywords.entry("format").or_insert_with(|| "uri".into())),
        _ => {}
    }
}

/// Which of two bounds is the narrower one.
#[derive(Clone, Copy)]
enum Narrower {
    Greater,
    Less,
}

/// What is no number in JSON, such as infinity, is not said.
fn number(keywords: &mut Map<String, Value>, narrower: Narrower, key: &str, bound: Bound) {
    if let Ok(bound) = bound.text().parse() {
        narrow(keywords, narrower, key, bound);
    }
}

fn narrow(keywords: &mut Map<String, Value>, narrower: Narrower, key: &str, bound: Number) {
    let (own, new) = (keywords.get(key).and_then(Value::as_f64), bound.as_f64());
    let is_narrower = match (own, new, narrower) {
        (Some(own), Some(new), Narrower::Greater) => new > own,
        (Some(own), Some(new), Narrower::Less) => new < own,
        _ => true,
    };
    if is_narrower {
        keywords.insert(key.to_owned(), Value::Number(bound));
    }
}

/// A schema has one `pattern`; further ones are schemas of their own.
fn pattern(keywords: &mut Map<String, Value>, pattern: &str) {
    let Some(own) = keywords.get("pattern") else {
        keywords.insert("pattern".to_owned(), pattern.into());
        return;
    };
    if own == pattern {
        return;
    }
    let further = json!({ "pattern": pattern });
    if let Value::Array(all) = keywords.entry("allOf").or_insert_with(|| Value::Array(Vec::new()))
        && !all.contains(&further)
    {
        all.push(further);
    }
}
