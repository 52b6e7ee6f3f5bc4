//! How an input becomes a message: [`decode`] at every door, and the [schema](schema_of) that says what it may be.
//!
//! Deserialise first: an input that serde understands, with no field left over, costs no more than that. Only when it
//! fails is the message's schema generated and walked beside the input, to list every mistake at once, each with a JSON
//! pointer. The walker is our own because the crate `jsonschema` brings sixty more, a second `syn` among them, and
//! would report in terms of schemas ("is not valid under any of the schemas in `anyOf`") what a caller needs in plain
//! words.
//!
//! Invariants:
//! - The verdict is serde's, plus: no field that serde ignored. The schema never refuses what serde accepts; it only
//!   explains. Where serde finds more, or does not mind, serde is asked again.
//! - An input that is absent (`null`, or no text at all) is as good as `{}` for a message that is an object, so that a
//!   message with no required field needs no input; and `{}` is as good as `null` for a unit struct.
//! - A value is quoted only when short, and never below a field whose name speaks of a password, a secret or a token.
//! - The list and the time to make it are bounded, whatever the input.

pub mod file;
pub mod given;
mod judge;
mod marked;
pub mod parts;
pub mod shape;
mod text;
mod union;
mod walk;
mod words;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::judge::{Probe, Refused};
use self::marked::{Mark, Marked};
use crate::error::{Error, Failure, Result};
pub use text::{Broken, parse};
pub use words::{describe_type, describe_type_in, is_secret};

/// The most mistakes that are listed one by one; a last entry says how many more there are.
pub const MOST_FAILURES: usize = 100;
/// The most ignored fields whose places are kept.
const MOST_KEPT: usize = 10 * MOST_FAILURES;

/// Decodes the message `name` from a JSON value.
///
/// # Errors
/// A malformed [`Error`] that lists every mistake: missing, unknown and ill-typed fields, values out of range, names
/// that are not among those possible. Fields come in the order of the schema, unknown ones after them.
///
/// What serde buffers, it does not let us see: an unknown field inside an untagged or internally tagged enum, or beside
/// a flattened field, is refused only if the type says `deny_unknown_fields` or something else is wrong as well.
pub fn decode<M: DeserializeOwned + JsonSchema>(name: &str, value: Value) -> Result<M> {
    run(name, Attempt::new(value, Vec::new()))
}

/// Decodes the message `name` from JSON text; no text at all is an absent input.
///
/// # Errors
/// Those of [`decode`]; and a text that is not UTF-8 or not JSON, with line and column; and a key that is there twice
/// in one object, which [`decode`] cannot see. Nesting is bounded at 128 levels.
pub fn decode_text<M: DeserializeOwned + JsonSchema>(name: &str, text: &[u8]) -> Result<M> {
    let (value, duplicates) = parse(text).map_err(|broken| malformed(name, vec![broken.into()], 0))?;
    run(name, Attempt::new(value, duplicates))
}

/// The JSON schema (draft 2020-12) of what `M` accepts, with a title, other types in `$defs`.
pub fn schema_of<M: JsonSchema>() -> Value {
    SchemaSettings::draft2020_12().for_deserialize().into_generator().into_root_schema_for::<M>().to_value()
}

/// Everything that `schema` finds wrong with `value`, for a door that found mistakes of its own before there was an
/// input to decode, and tells all of them at once. It never says that an input is right: only [`decode`] can.
pub fn explain(schema: &Value, value: &Value) -> Vec<Failure> {
    walk::explain(schema, value).failures
}

/// All that is generic. It is compiled once per message type, so it holds nothing but the call of `deserialize`.
fn run<M: DeserializeOwned + JsonSchema>(name: &str, mut attempt: Attempt) -> Result<M> {
    loop {
        let Attempt { value, ignored, ignored_more, .. } = &mut attempt;
        let outcome = read::<M>(value, &Mark::default(), &mut note(ignored, ignored_more));
        match outcome {
            Ok(message) if attempt.is_clean() => return Ok(message),
            outcome => attempt.again(name, outcome.err(), schema_of::<M>, probe::<M>)?,
        }
    }
}

/// Takes a `dyn`, so that the wrappers of `serde_ignored` around a `String` or a `u32` are the same for all messages. Not inlined: both
/// who call it would have a decoder of their own.
#[inline(never)]
fn read<'v, M: DeserializeOwned>(
    value: &'v Value,
    mark: &Mark<'v>,
    mut note: &mut dyn FnMut(serde_ignored::Path<'_>),
) -> Result<M, serde_json::Error> {
    M::deserialize(serde_ignored::Deserializer::new(Marked::new(value, mark), &mut note))
}

/// What serde has against `value`, and where; none if it takes it. The fields that it ignores come into the list.
#[cold]
fn probe<M: DeserializeOwned>(value: &Value, ignored: &mut Vec<Vec<String>>) -> Option<Refused> {
    let mark = Mark::default();
    let error = read::<M>(value, &mark, &mut note(ignored, &mut 0)).err()?;
    Some(Refused { text: error.to_string(), path: mark.path(value) })
}

/// Keeps what serde ignores. Made here: a closure in a generic fn is one for each message, with a table of its own that
/// the dynamic linker must fill in.
fn note<'a>(
    ignored: &'a mut Vec<Vec<String>>,
    ignored_more: &'a mut usize,
) -> impl FnMut(serde_ignored::Path<'_>) + use<'a> {
    move |path| match ignored.len() {
        // Each costs its depth to keep, and nobody reads that many.
        MOST_KEPT.. => *ignored_more += 1,
        _ => ignored.push(segments_of(&path)),
    }
}

/// One input on its way to a message.
struct Attempt {
    value: Value,
    /// Pointers of the fields that serde ignored. They lack the names of enum variants, which `serde_ignored` does not
    /// tell.
    ignored: Vec<Vec<String>>,
    /// How many more serde ignored than are kept.
    ignored_more: usize,
    /// What was wrong with the text already.
    found: Vec<Failure>,
    /// What serde said when the input was taken as given; set when another form was tried after that.
    first: Option<serde_json::Error>,
}

impl Attempt {
    fn new(value: Value, found: Vec<Failure>) -> Self {
        Attempt { value, ignored: Vec::new(), ignored_more: 0, found, first: None }
    }

    fn is_clean(&self) -> bool {
        self.ignored.is_empty() && self.found.is_empty()
    }

    /// `Ok` if another form of the input is worth trying, which then is in place; else the error.
    #[cold]
    fn again(
        &mut self,
        name: &str,
        failed: Option<serde_json::Error>,
        schema: fn() -> Value,
        probe: Probe,
    ) -> Result<()> {
        let is_first = self.first.is_none();
        let is_empty = self.value.as_object().is_some_and(serde_json::Map::is_empty);
        if failed.is_some() && is_first && self.value.is_null() {
            (self.value, self.first) = (Value::Object(serde_json::Map::new()), failed);
            return Ok(());
        }
        let schema = schema();
        // By the schema, not by trying: an `Option` would take the `null` as well and hide the mistakes.
        if failed.is_some() && is_first && is_empty && walk::root_is(&schema, "null") {
            (self.value, self.first) = (Value::Null, failed);
            return Ok(());
        }
        let failed = match self.first.take() {
            // `{}` in place of what was absent was no help: the mistakes are those of the input as given.
            Some(first) if is_empty && !walk::root_is(&schema, "object") => {
                self.value = Value::Null;
                Some(first)
            }
            _ => failed,
        };
        Err(self.refuse(name, failed, &schema, probe))
    }

    /// Everything that is wrong, explained by the schema.
    fn refuse(&mut self, name: &str, failed: Option<serde_json::Error>, schema: &Value, probe: Probe) -> Error {
        let walk::Findings { mut failures, mut more } = walk::explain(schema, &self.value);
        match failed {
            // serde had accepted it but for what it ignored, so nothing else is a mistake, whatever the schema says:
            // it knows no aliases and no `#[serde(other)]`.
            None => {
                let mut missed: Vec<&[String]> = self.ignored.iter().map(Vec::as_slice).collect();
                failures.retain(|failure| {
                    let at = missed.iter().position(|path| failure.code == "unknown" && is_at(path, &failure.pointer));
                    at.map(|at| missed.remove(at)).is_some()
                });
                more = self.ignored_more;
                for path in missed {
                    if failures.len() < MOST_FAILURES {
                        let key = path.last().map_or("", String::as_str);
                        failures.push(Failure::new(pointer_of(path), "unknown", words::unknown(key, &[])));
                    } else {
                        more += 1;
                    }
                }
            }
            // Of a unit struct whose input is an object its fields are the mistake, and serde's words would be another.
            Some(_) if !failures.is_empty() && self.value.is_object() && walk::root_is(schema, "null") => {}
            Some(error) => {
                let known = std::mem::take(&mut failures);
                failures = judge::judge(schema, &self.value, known, probe);
                if failures.is_empty() {
                    failures.push(walk::own_words(&self.value, &error.to_string(), &[]));
                }
            }
        }
        failures.splice(0..0, std::mem::take(&mut self.found));
        malformed(name, failures, more)
    }
}

/// The error that lists `failures`, and says that there are `more`.
fn malformed(name: &str, mut failures: Vec<Failure>, more: usize) -> Error {
    let more = more + failures.len().saturating_sub(MOST_FAILURES);
    failures.truncate(MOST_FAILURES);
    let message = match failures.len() + more {
        1 => format!("the input of `{name}` has 1 mistake"),
        all => format!("the input of `{name}` has {all} mistakes"),
    };
    if more > 0 {
        failures.push(Failure::new("", "more", format!("… and {more} more")));
    }
    Error::malformed(message, failures)
}

/// The keys and indices of `path` as a list.
#[cold]
fn segments_of(path: &serde_ignored::Path<'_>) -> Vec<String> {
    use serde_ignored::Path;
    let (mut segments, mut path) = (Vec::new(), path);
    loop {
        path = match path {
            Path::Root => break,
            Path::Seq { parent, index } => {
                segments.push(index.to_string());
                parent
            }
            Path::Map { parent, key } => {
                segments.push(key.clone());
                parent
            }
            Path::Some { parent } | Path::NewtypeStruct { parent } | Path::NewtypeVariant { parent } => parent,
        };
    }
    segments.reverse();
    segments
}

/// Whether the pointer `one` is `other`, or leads to what it stands in.
fn holds(one: &str, other: &str) -> bool {
    other.strip_prefix(one).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether `pointer` may be the place that `path` tells without the names of the variants on the way.
fn is_at(path: &[String], pointer: &str) -> bool {
    let mut path = path.iter().rev().map(|segment| escape(segment)).peekable();
    let mut segments = pointer.rsplit('/').filter(|_| !pointer.is_empty());
    // The last one is the field itself.
    if path.next().as_deref() != segments.next() {
        return false;
    }
    for segment in segments {
        path.next_if(|expected| expected == segment);
    }
    path.next().is_none()
}

/// A JSON pointer (RFC 6901).
pub(crate) fn pointer_of<S: AsRef<str>>(segments: &[S]) -> String {
    segments.iter().fold(String::new(), |pointer, segment| pointer + "/" + &escape(segment.as_ref()))
}

/// One segment of a JSON pointer: `~` is `~0` and `/` is `~1`.
fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}
