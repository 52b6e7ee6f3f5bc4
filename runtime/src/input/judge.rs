//! What serde has against an input beside what the schema knows: what a type's own `Deserialize` refuses, in place; and what the schema
//! takes for a mistake and serde does not, such as an alias.
//!
//! serde stops at the first mistake. So that one gets a stand-in, and serde is asked again, until it comes through: as the
//! configuration is read, but with JSON values for stand-ins, so that no message is compiled for another deserializer.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::shape::Shape;
use super::{holds, is_at, pointer_of, walk};
use crate::config::{HIDDEN, TEXTS};
use crate::error::Failure;

/// What serde says to a value; none if it takes it. What it ignores comes into the list.
pub(super) type Probe = fn(&Value, &mut Vec<Vec<String>>) -> Option<Refused>;

/// What serde has against a value.
pub(super) struct Refused {
    pub(super) text: String,
    /// Where.
    pub(super) path: Vec<String>,
}

/// serde is not asked more often than this.
const MOST_ROUNDS: usize = 300;
/// It does not read more values than this in all, but for the first time.
const MOST_READ: usize = 500_000;

/// The failures that the schema has found, without those that serde knows to be none, and with those that only serde finds.
pub(super) fn judge(schema: &Value, value: &Value, mut failures: Vec<Failure>, probe: Probe) -> Vec<Failure> {
    let left = (MOST_READ / walk::count(value).max(1)).clamp(1, MOST_ROUNDS);
    let mut trial = Trial { shape: Shape::new(schema), value: value.clone(), patches: BTreeMap::new(), probe, left };
    let (mut own, mut ignored, mut is_through) = (Vec::new(), Vec::new(), false);
    while trial.left > 0 {
        ignored.clear();
        let Some(Refused { text, mut path }) = trial.ask(&mut ignored) else {
            is_through = true;
            break;
        };
        let missing = named(&text, "missing field `");
        path.extend(missing.map(str::to_owned));
        // A key that the type denies.
        if let Some(key) = named(&text, "unknown field `")
            && path.last().is_some_and(|last| last == key)
            && trial.remove(&path)
        {
            if !failures.iter().any(|failure| failure.pointer == pointer_of(&path)) {
                own.push(walk::own_words(value, &text, &path));
            }
            continue;
        }
        if text == HIDDEN {
            hide(&mut failures, &pointer_of(&path));
        }
        if trial.is_new(&path) && !is_explained(&failures, &pointer_of(&path)) {
            own.push(match missing {
                Some(_) => Failure::new(pointer_of(&path), "missing", text),
                None => walk::own_words(value, &text, &path),
            });
        }
        if !trial.patch(path) {
            break;
        }
    }
    if is_through {
        failures.retain(|failure| match failure.code.as_ref() {
            "missing" => trial.lacked(&failure.pointer),
            "unknown" => ignored.iter().any(|path| is_at(path, &failure.pointer)) || !trial.is_read(&failure.pointer),
            _ => true,
        });
    }
    failures.extend(own);
    failures
}

/// The name that follows `start` at the start of a text of serde's.
fn named<'t>(text: &'t str, start: &str) -> Option<&'t str> {
    Some(text.strip_prefix(start)?.split_once('`')?.0)
}

/// Whether what serde says of `pointer` is said already. A field that is unknown to the schema is no reason for anything.
fn is_explained(failures: &[Failure], pointer: &str) -> bool {
    failures.iter().filter(|failure| failure.code != "unknown" || failure.pointer == pointer).any(|failure| {
        holds(pointer, &failure.pointer) || failure.code != "missing" && holds(&failure.pointer, pointer)
    })
}

/// The schema does not know that what stands at `pointer` is read as a secret.
fn hide(failures: &mut [Failure], pointer: &str) {
    let within = failures.iter_mut().filter(|failure| failure.code != "unknown" && failure.code != "missing");
    for failure in within.filter(|failure| holds(pointer, &failure.pointer)) {
        failure.message = "is not accepted".into();
    }
}

/// The input with stand-ins in place of what serde has refused.
struct Trial<'s> {
    shape: Shape<'s>,
    value: Value,
    /// The number of the stand-in; none if none has helped.
    patches: BTreeMap<Vec<String>, Option<usize>>,
    probe: Probe,
    /// How often serde may still be asked.
    left: usize,
}

impl Trial<'_> {
    fn ask(&mut self, ignored: &mut Vec<Vec<String>>) -> Option<Refused> {
        self.left = self.left.saturating_sub(1);
        (self.probe)(&self.value, ignored)
    }

    /// False of what a stand-in may be to blame for: it stands there, or within.
    fn is_new(&self, path: &[String]) -> bool {
        !self.patches.keys().any(|patched| patched.starts_with(path) || path.starts_with(patched))
    }

    /// Puts the next stand-in at `path`; if none is left, nothing, and then tries the same with what it stands in. False if there is
    /// nothing left to try.
    fn patch(&mut self, mut path: Vec<String>) -> bool {
        loop {
            let next = match self.patches.get(&path) {
                None => 0,
                Some(Some(at)) => at + 1,
                Some(None) => {
                    if path.pop().is_none() {
                        return false;
                    }
                    continue;
                }
            };
            let is_put = self.stand_in(&path, next).is_some_and(|value| self.put(&path, value));
            let is_done = is_put || self.remove(&path);
            self.patches.insert(path.clone(), is_put.then_some(next));
            if is_done {
                return true;
            }
        }
    }

    fn stand_in(&self, path: &[String], number: usize) -> Option<Value> {
        let schema = self.shape.at(self.shape.root(), path);
        let choice = schema.and_then(|schema| self.shape.choices(schema).first().copied());
        let plain = [json!(null), json!(""), json!(0), json!(1), json!(false), json!([]), json!({})];
        // The empty text is among the plain ones.
        choice.map(Value::from).into_iter().chain(plain).chain(TEXTS.into_iter().skip(1).map(Value::from)).nth(number)
    }

    fn within(&mut self, path: &[String]) -> Option<(&mut Value, String)> {
        let (last, parents) = path.split_last()?;
        Some((self.value.pointer_mut(&pointer_of(parents))?, last.clone()))
    }

    fn put(&mut self, path: &[String], value: Value) -> bool {
        if path.is_empty() {
            self.value = value;
            return true;
        }
        match self.within(path) {
            Some((Value::Object(fields), key)) => {
                fields.insert(key, value);
                true
            }
            Some((Value::Array(items), index)) => {
                let item = index.parse().ok().and_then(|index: usize| items.get_mut(index));
                item.map(|item| *item = value).is_some()
            }
            _ => false,
        }
    }

    fn remove(&mut self, path: &[String]) -> bool {
        match self.within(path) {
            Some((Value::Object(fields), key)) => fields.remove(&key).is_some(),
            _ => false,
        }
    }

    /// Whether serde did not do without the field, which was not there.
    fn lacked(&self, pointer: &str) -> bool {
        self.value.pointer(pointer).is_some() || self.is_patched(pointer)
    }

    /// Whether serde reads what stands there, though the schema does not know it: if something else stands there, it refuses that.
    fn is_read(&mut self, pointer: &str) -> bool {
        if self.left == 0 || self.is_patched(pointer) && self.patches.keys().all(|path| pointer_of(path) != pointer) {
            return false;
        }
        let Some(place) = self.value.pointer_mut(pointer) else { return false };
        let before = std::mem::replace(place, json!({ "": [{}] }));
        let is_read = self.ask(&mut Vec::new()).is_some();
        if let Some(place) = self.value.pointer_mut(pointer) {
            *place = before;
        }
        is_read
    }

    fn is_patched(&self, pointer: &str) -> bool {
        self.patches.keys().any(|path| holds(&pointer_of(path), pointer))
    }
}
