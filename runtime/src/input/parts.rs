//! What an outside form gives a message piece by piece: named texts of a path, a query, a form or a header, files, and a
//! JSON body.
//!
//! serde reads it straight into the message: a text is parsed as what the field asks for, and no value is made between. Only
//! when that fails, or leaves something over, a JSON value is made of it by the schema, and every mistake of that is told.

use std::borrow::Cow;
use std::cell::Cell;
use std::marker::PhantomData;

use schemars::JsonSchema;
use serde::de::value::{BorrowedStrDeserializer, SeqDeserializer, StrDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::{Map, Value};
use smallvec::SmallVec;

use super::file::File;
use super::shape::Shape;
use super::{Attempt, MOST_FAILURES, given, malformed, parse, pointer_of, run, schema_of, words};
use crate::error::{Error, Failure, Result};

/// The pieces, in the order in which they were found.
#[derive(Debug, Default)]
pub struct Parts<'a> {
    /// What has a name.
    pub named: SmallVec<[Named<'a>; 4]>,
    /// A JSON text; empty for none.
    pub body: &'a [u8],
}

/// A piece with a name: the field that it fills.
#[derive(Debug)]
pub struct Named<'a> {
    /// The field.
    pub name: Cow<'a, str>,
    /// What it is.
    pub content: Content<'a>,
    /// Where it was found, for errors.
    pub found: Found,
}

/// What a named piece is.
#[derive(Debug)]
pub enum Content<'a> {
    /// A text that means a value of the field's type.
    Text(Cow<'a, str>),
    /// A file.
    File(Box<File>),
}

/// Where a named piece was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a form.
    Form,
    /// In a header.
    Header,
}

impl Found {
    const fn words(self) -> &'static str {
        match self {
            Found::Path => "the path",
            Found::Query => "the query",
            Found::Form => "the form",
            Found::Header => "a header",
        }
    }
}

impl<'a> Parts<'a> {
    /// A JSON text alone.
    pub fn of_body(body: &'a [u8]) -> Self {
        Parts { named: SmallVec::new(), body }
    }

    /// Adds a text.
    pub fn push(&mut self, found: Found, name: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, str>>) {
        self.named.push(Named { name: name.into(), content: Content::Text(text.into()), found });
    }

    /// As one JSON value, by the schema of the message: for a door that takes nothing else.
    ///
    /// # Errors
    /// A malformed [`Error`]: a body that is no JSON, and every piece that has no place in it.
    pub fn to_value(&self, name: &str, schema: Option<&Value>) -> Result<Value> {
        let (value, failures) = self.value(name, schema)?;
        if failures.is_empty() { Ok(value) } else { Err(malformed(name, failures, 0)) }
    }

    fn value(&self, name: &str, schema: Option<&Value>) -> Result<(Value, Vec<Failure>)> {
        let (body, mut failures) = parse(self.body).map_err(|broken| malformed(name, vec![broken.into()], 0))?;
        if self.named.is_empty() {
            return Ok((body, failures));
        }
        let mut fields = match body {
            Value::Object(fields) => fields,
            Value::Null => Map::new(),
            other => {
                let kind = words::type_of(&other);
                let message = format!("expected an object, found {} {kind}", words::article(kind));
                return Err(malformed(name, vec![Failure::new("", "type", message)], 0));
            }
        };
        let any = Value::Bool(true);
        let root = schema.unwrap_or(&any);
        let shape = Shape::new(root);
        let known = shape.fields();
        for (at, named) in self.named.iter().enumerate() {
            if self.named[..at].iter().any(|earlier| earlier.name == named.name) {
                continue;
            }
            let own = known.iter().find(|field| field.name == named.name).map(|field| field.schema);
            let own = own.or_else(|| shape.others(root)).unwrap_or(&any);
            let same: Vec<&Named<'_>> = self.named[at..].iter().filter(|other| other.name == named.name).collect();
            let value = piece(&shape, own, &same, &mut failures);
            match fields.get(&*named.name) {
                // Whoever sends all of a thing to where it is sends its name twice.
                Some(other) if *other != value => failures.push(Failure::new(
                    pointer_of(&[&*named.name]),
                    "duplicate",
                    format!("{} and the body say different things", named.found.words()),
                )),
                _ => drop(fields.insert(named.name.clone().into_owned(), value)),
            }
        }
        failures.truncate(MOST_FAILURES);
        Ok((Value::Object(fields), failures))
    }
}

/// The value of all pieces of one name.
fn piece(shape: &Shape<'_>, schema: &Value, same: &[&Named<'_>], failures: &mut Vec<Failure>) -> Value {
    let kinds = shape.kinds(schema);
    let one = |named: &Named<'_>, schema: &Value| match &named.content {
        Content::Text(text) => match given::parse(shape, schema, text) {
            // What is not there is not said.
            Value::Null => Value::String(text.clone().into_owned()),
            value => value,
        },
        Content::File(file) => serde_json::to_value(&**file).unwrap_or_default(),
    };
    if kinds.is_list() {
        let any = Value::Bool(true);
        let items = shape.items(schema).unwrap_or(&any);
        return same.iter().map(|named| one(named, items)).collect();
    }
    if let [_, second, ..] = same {
        let message = format!("is given {} times in {}", same.len(), second.found.words());
        failures.push(Failure::new(pointer_of(&[&*second.name]), "duplicate", message));
    }
    one(same[0], schema)
}

/// Decodes the message `name` from its pieces.
///
/// # Errors
/// Those of [`decode_text`](super::decode_text), and a field that is given twice.
pub fn decode_parts<M: DeserializeOwned + JsonSchema>(name: &str, parts: &Parts<'_>) -> Result<M> {
    let ignores = Cell::new(false);
    let mut json = serde_json::Deserializer::from_slice(parts.body);
    let read = if parts.named.is_empty() && !parts.body.is_empty() {
        Watched { seed: PhantomData::<M>, ignores: &ignores }.deserialize(&mut json)
    } else {
        M::deserialize(Pieces { parts, json: &mut json, ignores: &ignores })
    };
    match read.and_then(|message| json.end().map(|()| message)) {
        Ok(message) if !ignores.get() => Ok(message),
        _ => slowly(name, parts),
    }
}

/// Whatever of the value is ignored is noted. Only what is JSON needs that, which has fields inside of fields: a piece with a
/// name notes it itself, and so nothing is kept of where it is.
struct Watched<'i, S> {
    seed: S,
    ignores: &'i Cell<bool>,
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Watched<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<S::Value, D::Error> {
        let mut note = noting(self.ignores);
        // `dyn`, so that the wrappers of `serde_ignored` around a `String` or a `u32` are the same for all messages.
        let mut note: &mut dyn FnMut(serde_ignored::Path<'_>) = &mut note;
        self.seed.deserialize(serde_ignored::Deserializer::new(value, &mut note))
    }
}

/// No closure of a generic fn, of which each message would have its own.
fn noting(ignores: &Cell<bool>) -> impl FnMut(serde_ignored::Path<'_>) + use<'_> {
    |_| ignores.set(true)
}

/// By the schema: an input that serde did not take at once, and mostly will not.
#[cold]
fn slowly<M: DeserializeOwned + JsonSchema>(name: &str, parts: &Parts<'_>) -> Result<M> {
    let schema = schema_of::<M>();
    let (value, failures) = parts.value(name, Some(&schema))?;
    run(name, Attempt::new(value, failures))
}

/// The pieces as a map: first those with a name, then the fields of the body.
struct Pieces<'p, 'a, 'j> {
    parts: &'p Parts<'a>,
    json: &'j mut serde_json::Deserializer<serde_json::de::SliceRead<'p>>,
    ignores: &'j Cell<bool>,
}

impl<'de> Deserializer<'de> for Pieces<'de, '_, '_> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        let (named, ignores) = (&*self.parts.named, self.ignores);
        if self.parts.body.trim_ascii().is_empty() {
            visitor.visit_map(Fields { rest: named, at: 0, all: named, body: NoBody, ignores })
        } else {
            self.json.deserialize_map(Beside { named, visitor, ignores })
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// Hands the fields of the body on to the message's own visitor, behind those with a name.
struct Beside<'p, 'a, 'i, V> {
    named: &'p [Named<'a>],
    visitor: V,
    ignores: &'i Cell<bool>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Beside<'de, '_, '_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_map<A: MapAccess<'de>>(self, body: A) -> Result<V::Value, A::Error> {
        let Beside { named, visitor, ignores } = self;
        visitor.visit_map(Fields { rest: named, at: 0, all: named, body, ignores })
    }
}

/// The fields, one after the other.
struct Fields<'p, 'a, 'i, B> {
    all: &'p [Named<'a>],
    rest: &'p [Named<'a>],
    /// Where in `all` the value is that comes next.
    at: usize,
    body: B,
    ignores: &'i Cell<bool>,
}

impl<'de, B: MapAccess<'de>> MapAccess<'de> for Fields<'de, '_, '_, B> {
    type Error = B::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, B::Error> {
        while let Some((next, rest)) = self.rest.split_first() {
            let at = self.all.len() - self.rest.len();
            self.rest = rest;
            // The later ones of one name came with the first.
            if self.all[..at].iter().all(|earlier| earlier.name != next.name) {
                self.at = at;
                return seed.deserialize(BorrowedStrDeserializer::new(&next.name)).map(Some);
            }
        }
        self.at = self.all.len();
        self.body.next_key_seed(seed)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, B::Error> {
        match self.all.get(self.at) {
            Some(named) => {
                let more = self.all[self.at + 1..].iter().filter(|other| other.name == named.name).count();
                seed.deserialize(Piece { all: &self.all[self.at..], more, ignores: self.ignores, error: PhantomData })
            }
            None => self.body.next_value_seed(Watched { seed, ignores: self.ignores }),
        }
    }
}

/// No body: no more fields.
struct NoBody;

impl<'de> MapAccess<'de> for NoBody {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, _: K) -> Result<Option<K::Value>, Self::Error> {
        Ok(None)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, _: S) -> Result<S::Value, Self::Error> {
        Err(Self::Error::custom("there is no body"))
    }
}

/// The value of one name: the first of `all`, and as many `more` of them.
struct Piece<'p, 'a, 'i, E> {
    all: &'p [Named<'a>],
    more: usize,
    ignores: &'i Cell<bool>,
    error: PhantomData<E>,
}

impl<'de, E: serde::de::Error> Piece<'de, '_, '_, E> {
    fn text(&self) -> Result<&'de str, E> {
        match &self.all[0].content {
            Content::Text(text) if self.more == 0 => Ok(text),
            _ => Err(E::custom("not one text")),
        }
    }
}

/// A number as JSON writes it: Rust's own parsers take more, `+5`, `05` and `inf` among it.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // Most are an id, and no search for a point and an exponent is worth it.
    if digits(text) {
        return text.len() == 1 || !text.starts_with('0');
    }
    let (rest, exponent) = match text.split_once(['e', 'E']) {
        Some((rest, exponent)) => (rest, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (text, None),
    };
    let (whole, part) = match rest.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (rest, None),
    };
    let plain = whole.strip_prefix('-').unwrap_or(whole);
    // `-0` is no integer in JSON.
    let is_whole = digits(plain) && (plain == "0" || !plain.starts_with('0')) && (whole != "-0" || part.is_some());
    is_whole && part.is_none_or(digits) && exponent.is_none_or(digits)
}

macro_rules! numbers {
    ($($method:ident $visit:ident $ty:ty, $fits:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
            let text = self.text()?;
            let fits: fn(&$ty) -> bool = $fits;
            match text.parse::<$ty>() {
                Ok(number) if is_number(text) && fits(&number) => visitor.$visit(number),
                _ => Err(E::custom("no number")),
            }
        }
    )*};
}

impl<'de, E: serde::de::Error> Deserializer<'de> for Piece<'de, '_, '_, E> {
    type Error = E;

    /// Whoever takes any value does not say what the text means; the schema may.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match &self.all[0].content {
            Content::Text(_) => Err(E::custom("a text that may be anything")),
            Content::File(file) if self.more == 0 => {
                let mut note = noting(self.ignores);
                serde_ignored::Deserializer::new((&**file).into_deserializer(), &mut note).deserialize_any(visitor)
            }
            Content::File(_) => Err(E::custom("not one file")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        self.ignores.set(true);
        visitor.visit_unit()
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        match self.text()? {
            "true" => visitor.visit_bool(true),
            "false" => visitor.visit_bool(false),
            _ => Err(E::custom("neither true nor false")),
        }
    }

    numbers! {
        deserialize_i8 visit_i8 i8, |_| true;
        deserialize_i16 visit_i16 i16, |_| true;
        deserialize_i32 visit_i32 i32, |_| true;
        deserialize_i64 visit_i64 i64, |_| true;
        deserialize_i128 visit_i128 i128, |_| true;
        deserialize_u8 visit_u8 u8, |_| true;
        deserialize_u16 visit_u16 u16, |_| true;
        deserialize_u32 visit_u32 u32, |_| true;
        deserialize_u64 visit_u64 u64, |_| true;
        deserialize_u128 visit_u128 u128, |_| true;
        deserialize_f32 visit_f32 f32, |number| number.is_finite();
        deserialize_f64 visit_f64 f64, |number| number.is_finite();
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, E> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        let name = &self.all[0].name;
        let same = self.all.iter().filter(|other| other.name == *name);
        let ignores = self.ignores;
        visitor.visit_seq(SeqDeserializer::new(same.map(|one| Single { one, ignores, error: PhantomData })))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, E> {
        visitor.visit_enum(Variant(self.text()?.into_deserializer()))
    }

    forward_to_deserialize_any! {
        bytes byte_buf unit unit_struct tuple tuple_struct map struct
    }
}

/// One of several of a name.
struct Single<'p, 'a, 'i, E> {
    one: &'p Named<'a>,
    ignores: &'i Cell<bool>,
    error: PhantomData<E>,
}

impl<'de, 'a, 'i, E: serde::de::Error> IntoDeserializer<'de, E> for Single<'de, 'a, 'i, E> {
    type Deserializer = Piece<'de, 'a, 'i, E>;

    fn into_deserializer(self) -> Self::Deserializer {
        let Single { one, ignores, error } = self;
        Piece { all: std::slice::from_ref(one), more: 0, ignores, error }
    }
}

/// A text that names a variant without fields.
struct Variant<'de, E>(StrDeserializer<'de, E>);

impl<'de, E: serde::de::Error> EnumAccess<'de> for Variant<'de, E> {
    type Error = E;
    type Variant = <StrDeserializer<'de, E> as EnumAccess<'de>>::Variant;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self::Variant), E> {
        self.0.variant_seed(seed)
    }
}

/// A malformed input, told by whoever reads an outside form before there are pieces of it.
pub fn refuse(name: &str, failure: Failure) -> Error {
    malformed(name, vec![failure], 0)
}

#[cfg(test)]
mod tests;
