//! Walks a value beside its schema and says everything that is wrong with it.
//!
//! It knows what schemars writes for types that serde derives, and nothing else of JSON schema: a keyword that it does
//! not know it passes over, since serde has the verdict.

use serde_json::{Map, Value};

use super::union::{Union, names_of, union_of};
use super::{MOST_FAILURES, escape, words};
use crate::error::Failure;

/// As deep as `serde_json` reads text.
const DEEPEST: usize = 128;
/// Schemas that speak of the same value: `$ref`, `allOf`, `oneOf`. More than these are a circle.
const MOST_HOPS: usize = 32;
/// The longest text of serde's that is passed on, in bytes.
const LONGEST: usize = 400;

/// What was found, and how much more there was than is listed.
pub(super) struct Findings {
    pub(super) failures: Vec<Failure>,
    pub(super) more: usize,
}

/// Everything in `value` that is not as `schema` says; fields in the order of the schema, unknown ones after them.
pub(super) fn explain(schema: &Value, value: &Value) -> Findings {
    // A unit struct whose input is an object: its fields are unknown, rather than the object a wrong type.
    let closed = serde_json::json!({ "type": "object" });
    let schema = if value.is_object() && root_is(schema, "null") { &closed } else { schema };
    let mut walk = Walk {
        root: schema,
        pointer: String::new(),
        secret: false,
        depth: 0,
        hops: 0,
        // Untagged unions inside of each other cost their product; an honest input needs a few steps for each node.
        fuel: 10_000 + 64 * count(value),
        failures: Vec::new(),
        more: 0,
    };
    walk.check(schema, value);
    Findings { failures: walk.failures, more: walk.more }
}

/// Whether the whole schema is that of a `kind`.
pub(super) fn root_is(schema: &Value, kind: &str) -> bool {
    resolve(schema, schema).get("type").is_some_and(|own| own == kind)
}

/// Follows `$ref`, as long as it is all that the schema says.
pub(super) fn resolve<'s>(root: &'s Value, mut schema: &'s Value) -> &'s Value {
    for _ in 0..MOST_HOPS {
        let says_more = ["properties", "oneOf", "anyOf", "allOf"].iter().any(|key| schema.get(key).is_some());
        match target(root, schema) {
            Some(next) if !says_more => schema = next,
            _ => break,
        }
    }
    schema
}

fn target<'s>(root: &'s Value, schema: &'s Value) -> Option<&'s Value> {
    root.pointer(schema.get("$ref")?.as_str()?.strip_prefix('#')?)
}

pub(super) fn count(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(count).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

struct Walk<'s> {
    root: &'s Value,
    /// Where the walk is.
    pointer: String,
    /// Below a field whose value is not to be shown.
    secret: bool,
    depth: usize,
    hops: usize,
    /// Steps left; without any the walk ends, and what was found until then has to do.
    fuel: usize,
    failures: Vec<Failure>,
    more: usize,
}

/// What all schemas of one object together know of its fields.
#[derive(Default)]
struct Fields<'s> {
    known: Vec<&'s str>,
    /// Some schema allows no others.
    closed: bool,
    /// Some schema allows any others.
    open: bool,
    /// What any others must be, from a map, flattened or not.
    others: Option<&'s Value>,
    /// The same for keys of a pattern, which is that of an integer wherever schemars writes one.
    pattern: Option<(&'s str, &'s Value)>,
}

impl<'s> Fields<'s> {
    fn knows(&self, key: &str) -> bool {
        self.known.contains(&key)
    }

    fn is_unknown(&self, key: &str) -> bool {
        self.closed && !self.open && self.others.is_none() && self.pattern.is_none() && !self.knows(key)
    }

    fn join(&mut self, other: Fields<'s>) {
        self.known.extend(other.known);
        self.closed |= other.closed;
        self.open |= other.open;
        self.others = self.others.or(other.others);
        self.pattern = self.pattern.or(other.pattern);
    }
}

impl<'s> Walk<'s> {
    /// All that `schema` says of `value`, and then what the fields are that nothing said anything of.
    fn check(&mut self, schema: &'s Value, value: &Value) {
        if self.depth > DEEPEST {
            return;
        }
        self.depth += 1;
        let hops = std::mem::take(&mut self.hops);
        let mut fields = Fields::default();
        self.apply(schema, value, &mut fields);
        if let Value::Object(map) = value {
            self.leftovers(map, &fields);
        }
        self.hops = hops;
        self.depth -= 1;
    }

    fn leftovers(&mut self, map: &Map<String, Value>, fields: &Fields<'s>) {
        for (key, value) in map.iter().filter(|(key, _)| !fields.knows(key)) {
            if fields.is_unknown(key) {
                self.at(key, |walk| walk.fail("unknown", |_| words::unknown(key, &fields.known)));
            } else if let Some((pattern, schema)) = fields.pattern {
                self.at(key, |walk| {
                    walk.check(schema, value);
                    if is_integer_pattern(pattern) && key.parse::<i128>().is_err() {
                        let key = words::quoted(key);
                        walk.fail("type", |_| format!("the key must be an integer, not {key}"));
                    }
                });
            } else if let Some(schema) = fields.others {
                self.at(key, |walk| walk.check(schema, value));
            }
        }
    }

    /// One schema, with all that speaks of the same value.
    fn apply(&mut self, schema: &'s Value, value: &Value, fields: &mut Fields<'s>) {
        if self.fuel == 0 || self.hops > MOST_HOPS {
            fields.open = true;
            return;
        }
        self.fuel -= 1;
        self.hops += 1;
        self.apply_all(schema, value, fields);
        self.hops -= 1;
    }

    fn apply_all(&mut self, schema: &'s Value, value: &Value, fields: &mut Fields<'s>) {
        let keywords = match schema {
            Value::Object(keywords) => keywords,
            Value::Bool(false) => return self.fail("type", |_| "no value is allowed here".to_owned()),
            _ => {
                fields.open = true;
                return;
            }
        };
        if let Some(names) = names_of(schema) {
            self.name(&names, value, schema);
            return;
        }
        if !self.kind(schema, value) {
            fields.open = true;
            return;
        }
        if let Some(constant) = keywords.get("const")
            && constant != value
        {
            self.fail("enum", |_| format!("must be `{constant}`"));
        }
        match value {
            Value::Number(number) => self.number(keywords, number),
            Value::String(text) => self.length(keywords, "Length", "character", text.chars().count()),
            Value::Array(items) => self.items(keywords, items),
            Value::Object(map) => self.object(keywords, map, fields),
            Value::Null | Value::Bool(_) => {}
        }
        if let Some(schema) = target(self.root, schema) {
            self.apply(schema, value, fields);
        }
        for schema in keywords.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.apply(schema, value, fields);
        }
        for key in ["oneOf", "anyOf"] {
            if let Some((union, nullable)) = union_of(self.root, schema, key)
                && !(nullable && value.is_null())
            {
                self.union(union, schema, value, fields);
            }
        }
    }

    /// Whether the type is right. An integer is no `3.0`, for serde it is not.
    fn kind(&mut self, schema: &Value, value: &Value) -> bool {
        let types = words::types_of(schema);
        let own = words::type_of(value);
        if types.is_empty() || types.contains(&own) || (own == "integer" && types.contains(&"number")) {
            return true;
        }
        let wanted = types.iter().map(|kind| words::article(kind)).collect::<Vec<_>>().join(" or ");
        if own == "number" && types.contains(&"integer") {
            let not = self.shown(value);
            if value.as_f64().is_some_and(|number| number.abs() >= 2f64.powi(63)) {
                // Not what it is: that has been rounded, and would be another number than the one that was written.
                self.fail("range", |_| format!("must be {wanted} of at most 64 bits"));
            } else {
                let not = not.unwrap_or_else(|| "a number with a fraction".to_owned());
                self.fail("type", |_| format!("must be {wanted}, not {not}"));
            }
        } else {
            self.fail("type", |_| format!("must be {wanted}, not {}", words::article(own)));
        }
        false
    }

    /// A value that is one of `names`.
    fn name(&mut self, names: &[&str], value: &Value, schema: &Value) {
        let Value::String(text) = value else {
            if !(value.is_null() && words::types_of(schema).contains(&"null")) {
                let not = words::article(words::type_of(value));
                self.fail("type", |_| format!("must be {}, not {not}", words::one_of(names)));
            }
            return;
        };
        if !names.contains(&text.as_str()) {
            let not = self.shown(value);
            self.fail("enum", |_| match not {
                Some(not) => {
                    let near = words::near(text, names);
                    format!("must be {}, not {not}{near}", words::one_of(names))
                }
                None => format!("must be {}", words::one_of(names)),
            });
        }
    }

    fn number(&mut self, keywords: &'s Map<String, Value>, number: &serde_json::Number) {
        let own = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        let not = self.shown(&Value::Number(number.clone())).map_or(String::new(), |text| format!(", not {text}"));
        let format = keywords.get("format").and_then(Value::as_str).and_then(range_of);
        if let (Some(own), Some((least, most))) = (own, format) {
            // The narrower of what the type and what the schema's author say.
            let bound = |key| keywords.get(key).and_then(Value::as_i64).map(i128::from);
            let least = bound("minimum").map_or(least, |bound| bound.max(least));
            let most = bound("maximum").map_or(most, |bound| bound.min(most));
            if (least..=most).contains(&own) {
            } else if most <= i128::from(u32::MAX) {
                self.fail("range", |_| format!("must be between {least} and {most}{not}"));
            } else if own < least {
                self.fail("range", |_| format!("must be at least {least}{not}"));
            } else {
                self.fail("range", |_| format!("must be at most {most}{not}"));
            }
        } else if let Some(own) = number.as_f64() {
            let bound = |key| keywords.get(key).and_then(Value::as_f64);
            if let Some(least) = bound("minimum").filter(|least| own < *least) {
                self.fail("range", |_| format!("must be at least {least}{not}"));
            } else if let Some(most) = bound("maximum").filter(|most| own > *most) {
                self.fail("range", |_| format!("must be at most {most}{not}"));
            }
        }
        if let Some(own) = number.as_f64() {
            let bound = |key| keywords.get(key).and_then(Value::as_f64);
            if let Some(least) = bound("exclusiveMinimum").filter(|least| own <= *least) {
                self.fail("range", |_| format!("must be more than {least}{not}"));
            } else if let Some(most) = bound("exclusiveMaximum").filter(|most| own >= *most) {
                self.fail("range", |_| format!("must be less than {most}{not}"));
            }
            // How schemars says that a signed integer is not zero.
            let never = keywords.get("not").and_then(|not| not.get("const")).and_then(Value::as_f64);
            if never == Some(own) {
                self.fail("range", |_| format!("must not be {own}"));
            }
        }
    }

    /// `minLength` and `maxLength`, `minItems` and `maxItems`.
    fn length(&mut self, keywords: &Map<String, Value>, suffix: &str, unit: &str, length: usize) {
        let bound = |prefix: &str| keywords.get(&format!("{prefix}{suffix}")).and_then(Value::as_u64);
        let plural = |n: u64| if n == 1 { format!("1 {unit}") } else { format!("{n} {unit}s") };
        let length = length as u64;
        let wanted = match (bound("min"), bound("max")) {
            (Some(least), Some(most)) if least == most && length != least => format!("exactly {}", plural(least)),
            (Some(least), _) if length < least => format!("at least {}", plural(least)),
            (_, Some(most)) if length > most => format!("at most {}", plural(most)),
            _ => return,
        };
        self.fail("length", |_| format!("must have {wanted}, not {length}"));
    }

    fn items(&mut self, keywords: &'s Map<String, Value>, items: &[Value]) {
        // No `uniqueItems`: serde takes a set with an item twice.
        self.length(keywords, "Items", "item", items.len());
        let first = keywords.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let others = keywords.get("items").filter(|schema| !schema.is_boolean());
        for (index, item) in items.iter().enumerate() {
            if let Some(schema) = first.get(index).or(others) {
                self.at(&index.to_string(), |walk| walk.check(schema, item));
            }
        }
    }

    fn object(&mut self, keywords: &'s Map<String, Value>, map: &Map<String, Value>, fields: &mut Fields<'s>) {
        let own = keywords.get("properties").and_then(Value::as_object);
        let required = keywords.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (name, schema) in own.into_iter().flatten() {
            fields.known.push(name);
            if let Some(value) = map.get(name) {
                self.at(name, |walk| walk.check(schema, value));
            } else if required.iter().any(|other| other == name) {
                self.missing(name, |root| words::describe_type_in(root, schema));
            }
        }
        fields.closed |= own.is_some();
        match (keywords.get("additionalProperties"), keywords.get("patternProperties").and_then(Value::as_object)) {
            (_, Some(patterns)) if !patterns.is_empty() => {
                fields.pattern = patterns.iter().next().map(|(pattern, schema)| (pattern.as_str(), schema));
            }
            (Some(Value::Bool(false)), _) => fields.closed = true,
            (Some(Value::Bool(true)), _) => fields.open = true,
            (Some(schema), _) => fields.others = Some(schema),
            // A struct with no fields; a map always says what its values are.
            (None, _) => fields.closed |= keywords.get("type").is_some_and(|kind| kind == "object"),
        }
        fields.closed |= keywords.get("unevaluatedProperties") == Some(&Value::Bool(false));
    }

    fn missing(&mut self, name: &'s str, kind: impl FnOnce(&Value) -> String) {
        self.at(name, |walk| walk.fail("missing", |root| format!("missing field `{name}` ({})", kind(root))));
    }

    fn union(&mut self, union: Union<'s>, schema: &'s Value, value: &Value, fields: &mut Fields<'s>) {
        match union {
            Union::Names(names) => self.name(&names, value, schema),
            Union::Tagged { tag, variants } => self.tagged(tag, &variants, value, fields),
            Union::Keyed { names, variants } => self.keyed(&names, &variants, value, fields),
            Union::Other(branches) => self.other(&branches, schema, value, fields),
        }
    }

    fn tagged(&mut self, tag: &'s str, variants: &[(&'s str, &'s Value)], value: &Value, fields: &mut Fields<'s>) {
        let Value::Object(map) = value else {
            let not = words::article(words::type_of(value));
            return self.fail("type", |_| format!("must be an object with the field `{tag}`, not {not}"));
        };
        let names: Vec<&str> = variants.iter().map(|(name, _)| *name).collect();
        let variant = map.get(tag).and_then(|name| variants.iter().find(|(own, _)| name == own));
        if let Some((_, schema)) = variant {
            return self.apply(schema, value, fields);
        }
        // Nobody knows which variant is meant, so nobody knows its fields.
        fields.open = true;
        match map.get(tag) {
            Some(name) => self.at(tag, |walk| walk.name(&names, name, &Value::Null)),
            None => self.missing(tag, |_| words::one_of(&names)),
        }
    }

    fn keyed(&mut self, names: &[&str], variants: &[(&'s str, &'s Value)], value: &Value, fields: &mut Fields<'s>) {
        let all: Vec<&str> = names.iter().copied().chain(variants.iter().map(|(name, _)| *name)).collect();
        let map = match value {
            Value::Object(map) => map,
            Value::String(name) => {
                if all.contains(&name.as_str()) && !names.contains(&name.as_str()) {
                    self.fail("type", |_| format!("`{name}` needs its content: {{\"{name}\": ..}}"));
                } else if !names.contains(&name.as_str()) {
                    self.name(&all, value, &Value::Null);
                }
                return;
            }
            other => {
                let not = words::article(words::type_of(other));
                return self.fail("type", |_| format!("must be {}, not {not}", words::one_of(&all)));
            }
        };
        // Flattened, the variant is one field among others.
        let is_flat = !fields.known.is_empty();
        let mut given = variants.iter().filter(|(name, _)| map.contains_key(*name));
        match (given.next(), given.next()) {
            (Some((name, _)), Some((second, _))) if !is_flat => {
                fields.open = true;
                self.fail("type", |_| format!("must be only one of {}, not `{name}` and `{second}`", list(&all)));
            }
            (Some((_, schema)), _) => self.apply(schema, value, fields),
            (None, _) if is_flat => {
                // Unknown fields are listed with these names as candidates.
                fields.known.extend(variants.iter().map(|(name, _)| *name));
                self.fail("missing", |_| format!("missing field, {}", words::one_of(&all)));
            }
            (None, _) => {
                fields.open = true;
                let mut keys = map.keys();
                match (keys.next(), keys.next()) {
                    // serde takes `{"Unit": null}` for `"Unit"`.
                    (Some(key), None) if names.contains(&key.as_str()) => {
                        let content = &map[key];
                        if !content.is_null() {
                            let not = words::article(words::type_of(content));
                            self.at(key, |walk| walk.fail("type", |_| format!("must be null, not {not}")));
                        }
                    }
                    (Some(key), None) => {
                        let near = words::near(key, &all);
                        let text = format!("the key must be {}, not {}{near}", words::one_of(&all), words::quoted(key));
                        self.at(key, |walk| walk.fail("enum", |_| text));
                    }
                    _ => self.fail("type", |_| format!("must have exactly one key, {}", words::one_of(&all))),
                }
            }
        }
    }

    /// The branch that fits best: of those that may be of the value's type, the one with the fewest mistakes.
    fn other(&mut self, branches: &[&'s Value], schema: &'s Value, value: &Value, fields: &mut Fields<'s>) {
        let live: Vec<&Value> = branches.iter().copied().filter(|branch| admits(self.root, branch, value, 0)).collect();
        match live.as_slice() {
            [one] => return self.apply(one, value, fields),
            [] => {
                fields.open = true;
                if let [one] = branches {
                    return self.apply(one, value, fields);
                }
                let not = words::article(words::type_of(value));
                return self
                    .fail("type", |root| format!("must be {}, not {not}", words::describe_type_in(root, schema)));
            }
            _ => {}
        }
        let (before, more) = (std::mem::take(&mut self.failures), self.more);
        let mut best: Option<(usize, Vec<Failure>, usize, Fields<'s>)> = None;
        for branch in live {
            let mut own = Fields::default();
            self.more = 0;
            self.apply(branch, value, &mut own);
            let found = std::mem::take(&mut self.failures);
            let unknown = value.as_object().map_or(0, |map| map.keys().filter(|key| own.is_unknown(key)).count());
            let score = found.len() + self.more + unknown;
            if best.as_ref().is_none_or(|(least, ..)| score < *least) {
                best = Some((score, found, self.more, own));
            }
            if score == 0 {
                break;
            }
        }
        (self.failures, self.more) = (before, more);
        if let Some((_, found, more, own)) = best {
            let room = MOST_FAILURES.saturating_sub(self.failures.len()).min(found.len());
            self.more += more + found.len() - room;
            self.failures.extend(found.into_iter().take(room));
            fields.join(own);
        }
    }

    /// Goes to the field or item `segment` and back.
    fn at(&mut self, segment: &str, visit: impl FnOnce(&mut Self)) {
        let (length, secret) = (self.pointer.len(), self.secret);
        self.pointer.push('/');
        self.pointer.push_str(&escape(segment));
        self.secret |= words::is_secret(segment);
        visit(self);
        self.pointer.truncate(length);
        self.secret = secret;
    }

    /// Notes a mistake; the message, which costs, only if it will be listed.
    fn fail(&mut self, code: &'static str, message: impl FnOnce(&Value) -> String) {
        if self.failures.len() < MOST_FAILURES {
            self.failures.push(Failure::new(self.pointer.clone(), code, message(self.root)));
        } else {
            self.more += 1;
        }
    }

    fn shown(&self, value: &Value) -> Option<String> {
        if self.secret { None } else { words::shown(value) }
    }
}

/// Whether `value` is of a type that `schema` can be.
fn admits(root: &Value, schema: &Value, value: &Value, hops: usize) -> bool {
    let schema = resolve(root, schema);
    if hops > MOST_HOPS || schema.is_boolean() {
        return schema != &Value::Bool(false);
    }
    if names_of(schema).is_some() {
        return value.is_string();
    }
    let types = words::types_of(schema);
    // A fraction where an integer belongs is a mistake in the number, not another type.
    let is_number = value.is_number() && (types.contains(&"integer") || types.contains(&"number"));
    if !types.is_empty() && !is_number && !types.contains(&words::type_of(value)) {
        return false;
    }
    ["oneOf", "anyOf"]
        .iter()
        .filter_map(|key| schema.get(key)?.as_array())
        .all(|branches| branches.iter().any(|branch| admits(root, branch, value, hops + 1)))
}

/// What a number of `format` can be; none for those as large as JSON numbers get, or for no integers.
fn range_of(format: &str) -> Option<(i128, i128)> {
    Some(match format {
        "int8" => (i8::MIN.into(), i8::MAX.into()),
        "int16" => (i16::MIN.into(), i16::MAX.into()),
        "int32" => (i32::MIN.into(), i32::MAX.into()),
        "int64" | "int" => (i64::MIN.into(), i64::MAX.into()),
        "uint8" => (0, u8::MAX.into()),
        "uint16" => (0, u16::MAX.into()),
        "uint32" => (0, u32::MAX.into()),
        "uint64" | "uint" => (0, u64::MAX.into()),
        _ => return None,
    })
}

fn is_integer_pattern(pattern: &str) -> bool {
    matches!(pattern, r"^\d+$" | r"^-?\d+$")
}

fn list(names: &[&str]) -> String {
    words::one_of(names).trim_start_matches("one of ").to_owned()
}

/// The mistake that only serde knows of, most often a type with a `Deserialize` of its own, in its words.
///
/// It stands at `path`, or somewhere below: what serde buffers (`flatten`, `tag`) is all at one place.
pub(super) fn own_words(value: &Value, text: &str, path: &[String]) -> Failure {
    let mut leaves = Vec::new();
    collect(value, &mut String::new(), false, &mut leaves);
    let start = super::pointer_of(path);
    if path.iter().any(|segment| words::is_secret(segment)) {
        return Failure::new(start, "invalid", "is not accepted");
    }
    // A text this long quotes a long value; what was expected comes last. Also, what follows costs its length.
    let mut text = match text.rfind(", expected ") {
        _ if text.len() <= LONGEST => text.to_owned(),
        Some(at) if text.len() - at <= LONGEST => format!("is not accepted{}", &text[at..]),
        _ => "is not accepted".to_owned(),
    };
    let mut places = leaves
        .iter()
        .filter(|leaf| super::holds(&start, &leaf.pointer))
        .filter(|leaf| leaf.in_serdes_words().is_some_and(|words| text.contains(&words)));
    // serde says what it did not like, not where; if that is there only once, it is the place.
    let pointer = match (places.next(), places.next()) {
        (Some(place), None) if super::holds(&start, &place.pointer) => place.pointer.clone(),
        _ => start.clone(),
    };
    for leaf in &leaves {
        for shape in leaf.shapes() {
            if !text.contains(&shape) {
                continue;
            }
            if leaf.secret {
                return Failure::new(pointer, "invalid", "is not accepted");
            }
            if words::shown(leaf.value).is_none() {
                text = text.replace(&shape, "…");
            }
        }
    }
    Failure::new(pointer, "invalid", text)
}

/// A scalar somewhere in an input.
struct Leaf<'v> {
    pointer: String,
    secret: bool,
    value: &'v Value,
}

impl Leaf<'_> {
    /// As `serde::de::Unexpected` writes it.
    fn in_serdes_words(&self) -> Option<String> {
        match self.value {
            Value::Null | Value::Array(_) | Value::Object(_) => None,
            Value::Bool(value) => Some(format!("boolean `{value}`")),
            Value::Number(value) if words::type_of(self.value) == "integer" => Some(format!("integer `{value}`")),
            Value::Number(value) => Some(format!("floating point `{value}`")),
            Value::String(value) => Some(format!("string {value:?}")),
        }
    }

    /// The texts in which it may be in a message: as it is, and as Rust quotes it.
    fn shapes(&self) -> Vec<String> {
        match self.value {
            Value::String(text) if text.is_empty() => Vec::new(),
            Value::String(text) => {
                let quoted = format!("{text:?}");
                vec![text.clone(), quoted[1..quoted.len() - 1].to_owned()]
            }
            Value::Number(number) => vec![number.to_string()],
            _ => Vec::new(),
        }
    }
}

fn collect<'v>(value: &'v Value, pointer: &mut String, secret: bool, leaves: &mut Vec<Leaf<'v>>) {
    let length = pointer.len();
    let mut visit = |segment: &str, value: &'v Value| {
        pointer.push('/');
        pointer.push_str(&escape(segment));
        collect(value, pointer, secret || words::is_secret(segment), leaves);
        pointer.truncate(length);
    };
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| visit(&index.to_string(), item)),
        Value::Object(fields) => fields.iter().for_each(|(key, value)| visit(key, value)),
        _ => leaves.push(Leaf { pointer: pointer.clone(), secret, value }),
    }
}
