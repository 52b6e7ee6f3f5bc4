//! What became of the fields of an input or of a reply.
//!
//! An input that takes more than before breaks nobody; a reply that says more than before breaks nobody, but one that may be something
//! else than before does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{Changes, Mark, inner, names};

/// Types inside types are compared to this depth; recursive ones have no end.
const DEEP: usize = 8;

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Input,
    Reply,
}

/// A schema and the whole that its `$ref`s are looked up in.
#[derive(Clone, Copy)]
struct Part<'s> {
    root: &'s Value,
    own: &'s Value,
}

/// The fields of a message.
pub(super) fn input(changes: &mut Changes, name: &str, old: Option<&Value>, new: Option<&Value>) {
    if let (Some(old), Some(new)) = (old, new) {
        let part = |root| Part { root, own: root };
        compare(changes, Side::Input, name, part(old).resolved(), part(new).resolved(), DEEP);
    }
}

/// The reply to a message.
pub(super) fn reply(changes: &mut Changes, name: &str, old: &Value, new: &Value) {
    let part = |root| Part { root, own: root };
    compare(changes, Side::Reply, name, part(old).resolved(), part(new).resolved(), DEEP);
}

fn compare(changes: &mut Changes, side: Side, name: &str, old: Part<'_>, new: Part<'_>, deep: usize) {
    if deep == 0 {
        return;
    }
    let (was, is) = (old.types(), new.types());
    if was != is {
        let (loses, gains) = (!was.is_subset(&is), !is.is_subset(&was));
        let text = format!("{name} was {}, is {}", words(&was), words(&is));
        // Any value, said by no type at all, takes all of them.
        let loses = if is.is_empty() { false } else { loses || was.is_empty() };
        let gains = if was.is_empty() { false } else { gains || is.is_empty() };
        changes.push(side.mark(loses, gains), side.word("field's type changed", "reply's type changed"), text);
        if loses && gains {
            return;
        }
    }
    choices(changes, side, name, old, new);
    rules(changes, side, name, old, new);
    fields(changes, side, name, old, new, deep);
    if let (Some(before), Some(after)) = (old.part("items"), new.part("items")) {
        compare(changes, side, &format!("{name}[]"), before, after, deep - 1);
    }
    if let (Some(before), Some(after)) = (old.part("additionalProperties"), new.part("additionalProperties"))
        && before.own.is_object()
        && after.own.is_object()
    {
        compare(changes, side, &inner(name, "*"), before, after, deep - 1);
    }
    variants(changes, side, name, old, new);
}

fn fields(changes: &mut Changes, side: Side, name: &str, old: Part<'_>, new: Part<'_>, deep: usize) {
    let (before, after) = (old.fields(), new.fields());
    let [was_required, is_required] = [old, new].map(|part| names(part.own.get("required")));
    for field in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let own = inner(name, field);
        let (was, is) = (was_required.contains(field), is_required.contains(field));
        match (before.get(field), after.get(field), side) {
            (Some(_), None, Side::Input) => changes.push(Mark::Breaking, "field removed", own),
            (Some(_), None, Side::Reply) => changes.push(Mark::Breaking, "reply's field gone", own),
            (None, Some(_), Side::Input) if is => changes.push(Mark::Breaking, "field required", own),
            (None, Some(_), Side::Input) => changes.push(Mark::Compatible, "field added", own),
            (None, Some(_), Side::Reply) => changes.push(Mark::Compatible, "reply's field added", own),
            (Some(before), Some(after), _) => {
                match (side, was, is) {
                    (Side::Input, false, true) => changes.push(Mark::Breaking, "field required", own.clone()),
                    (Side::Input, true, false) => changes.push(Mark::Compatible, "field optional", own.clone()),
                    (Side::Reply, true, false) => {
                        changes.push(Mark::Breaking, "reply's field may be absent", own.clone());
                    }
                    (Side::Reply, false, true) => {
                        changes.push(Mark::Compatible, "reply's field always there", own.clone());
                    }
                    (Side::Input, ..) if was == is && old.takes_null(field) && !new.takes_null(field) => {
                        changes.push(Mark::Breaking, "null refused", own.clone());
                    }
                    (Side::Reply, ..) if !old.takes_null(field) && new.takes_null(field) => {
                        changes.push(Mark::Breaking, "reply's field may be null", own.clone());
                    }
                    _ => {}
                }
                compare(changes, side, &own, *before, *after, deep - 1);
            }
            (None, None, _) => {}
        }
    }
}

/// The names that a text may be.
fn choices(changes: &mut Changes, side: Side, name: &str, old: Part<'_>, new: Part<'_>) {
    let (before, after) = (old.choices(), new.choices());
    match (before, after) {
        (Some(before), Some(after)) => {
            for gone in before.difference(&after) {
                changes.push(side.mark(true, false), "choice removed", format!("{name} can be `{gone}` no more"));
            }
            for more in after.difference(&before) {
                changes.push(side.mark(false, true), "choice added", format!("{name} can be `{more}`"));
            }
        }
        (None, Some(_)) => changes.push(side.mark(true, false), "choice narrowed", format!("{name} was any text")),
        (Some(_), None) => changes.push(side.mark(false, true), "choice widened", format!("{name} is any text")),
        (None, None) => {}
    }
}

/// What `#[validate(..)]` says. Of a reply it says nothing.
fn rules(changes: &mut Changes, side: Side, name: &str, old: Part<'_>, new: Part<'_>) {
    const LEAST: [&str; 5] = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
    const MOST: [&str; 5] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];
    const EXACT: [&str; 4] = ["pattern", "format", "multipleOf", "uniqueItems"];
    if side == Side::Reply {
        return;
    }
    for rule in LEAST.iter().chain(&MOST).chain(&EXACT) {
        let (was, is) = (old.own.get(rule), new.own.get(rule));
        if was == is {
            continue;
        }
        let (tighter, looser) = match (was, is) {
            (None, _) => (true, false),
            (_, None) => (false, true),
            (Some(was), Some(is)) => match (was.as_f64(), is.as_f64()) {
                (Some(was), Some(is)) if LEAST.contains(rule) => (is > was, is < was),
                (Some(was), Some(is)) if MOST.contains(rule) => (is < was, is > was),
                _ => (true, true),
            },
        };
        let word = |value: Option<&Value>| value.map_or_else(|| "none".to_owned(), Value::to_string);
        let text = format!("{name}: {rule} was {}, is {}", word(was), word(is));
        let what = if tighter { "rule tightened" } else { "rule loosened" };
        changes.push(side.mark(tighter, looser), what, text);
    }
}

/// Variants that are no plain names are compared as a whole.
fn variants(changes: &mut Changes, side: Side, name: &str, old: Part<'_>, new: Part<'_>) {
    let of = |part: Part<'_>| -> Option<BTreeSet<String>> {
        if part.choices().is_some() || part.nullable().is_some() {
            return None;
        }
        let all = ["oneOf", "anyOf"].iter().find_map(|key| part.own.get(key)?.as_array())?;
        Some(all.iter().map(|one| undocumented(Part { own: one, ..part }.resolved().own).to_string()).collect())
    };
    let (Some(before), Some(after)) = (of(old), of(new)) else { return };
    let (loses, gains) = (!before.is_subset(&after), !after.is_subset(&before));
    if loses || gains {
        let what = side.word("variants changed", "reply's variants changed");
        changes.push(side.mark(loses, gains), what, name.to_owned());
    }
}

impl Side {
    /// `loses`: some values of before are none any more. `gains`: there are values that were none before.
    fn mark(self, loses: bool, gains: bool) -> Mark {
        match self {
            Side::Input if loses => Mark::Breaking,
            Side::Reply if gains => Mark::Breaking,
            _ => Mark::Compatible,
        }
    }

    fn word(self, input: &'static str, reply: &'static str) -> &'static str {
        match self {
            Side::Input => input,
            Side::Reply => reply,
        }
    }
}

impl<'s> Part<'s> {
    /// What a `$ref`, or an `Option` of one, stands for.
    fn resolved(self) -> Part<'s> {
        let mut part = self;
        for _ in 0..DEEP {
            let target = part.own.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
            match target.and_then(|pointer| part.root.pointer(pointer)).or_else(|| part.nullable()) {
                Some(own) => part = Part { own, ..part },
                None => break,
            }
        }
        part
    }

    /// `anyOf: [X, null]` is X.
    fn nullable(self) -> Option<&'s Value> {
        let all = self.own.get("anyOf")?.as_array()?;
        let null = |one: &&Value| one.get("type").and_then(Value::as_str) == Some("null");
        match (all.len(), all.iter().filter(null).count()) {
            (2, 1) => all.iter().find(|one| !null(one)),
            _ => None,
        }
    }

    fn part(self, key: &str) -> Option<Part<'s>> {
        self.own.get(key).map(|own| Part { own, ..self }.resolved())
    }

    /// The fields as they stand, before an `Option` is looked through.
    fn fields(self) -> BTreeMap<String, Part<'s>> {
        let properties = self.own.get("properties").and_then(Value::as_object);
        let own = properties.into_iter().flat_map(Map::iter);
        own.map(|(name, own)| (name.clone(), Part { own, ..self }.resolved())).collect()
    }

    /// Whether the value of this field may be null.
    fn takes_null(self, field: &str) -> bool {
        let Some(own) = self.own.get("properties").and_then(|all| all.get(field)) else { return false };
        names(own.get("type")).contains("null") || Part { own, ..self }.nullable().is_some()
    }

    /// The types of a value, null not among them: whether a field may be absent is told of `required`.
    fn types(self) -> BTreeSet<String> {
        let own = self.own.get("type");
        let mut types = match own {
            Some(Value::String(one)) => BTreeSet::from([one.clone()]),
            other => names(other),
        };
        types.remove("null");
        types
    }

    /// Plain names: `enum`, or `oneOf` with a `const` each.
    fn choices(self) -> Option<BTreeSet<String>> {
        if let Some(all) = self.own.get("enum") {
            return Some(names(Some(all)));
        }
        if let Some(only) = self.own.get("const").and_then(Value::as_str) {
            return Some(BTreeSet::from([only.to_owned()]));
        }
        let all = self.own.get("oneOf")?.as_array()?;
        let names: Option<Vec<BTreeSet<String>>> = all.iter().map(|one| Part { own: one, ..self }.choices()).collect();
        names.map(|names| names.into_iter().flatten().collect())
    }
}

/// A schema without what changes nothing.
fn undocumented(schema: &Value) -> Value {
    match schema {
        Value::Object(own) => {
            let kept = own.iter().filter(|(key, value)| {
                // A field may have one of these names, too: then it is a schema.
                let is_text = !value.is_object();
                !(is_text && ["description", "examples", "title", "default"].contains(&key.as_str()))
            });
            Value::Object(kept.map(|(key, value)| (key.clone(), undocumented(value))).collect())
        }
        Value::Array(all) => Value::Array(all.iter().map(undocumented).collect()),
        other => other.clone(),
    }
}

fn words(types: &BTreeSet<String>) -> String {
    if types.is_empty() { "any value".to_owned() } else { types.iter().cloned().collect::<Vec<_>>().join(" or ") }
}
