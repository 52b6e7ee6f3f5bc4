//! The deserializer over a JSON value, which remembers where it failed: what a type's own `Deserialize` refuses is told with its place.
//!
//! It stands where `&Value` would, and reads as that does, so that a message is compiled for one of them only.

use std::cell::Cell;

use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IgnoredAny, IntoDeserializer,
    MapAccess, SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde_json::{Error, Map, Value};

/// By this name `serde_json` knows its `RawValue`, if somebody turns on that feature of it.
const RAW: &str = "$serde_json::private::RawValue";

/// Where in a value the first failure was, from the inside.
#[derive(Default)]
pub(super) struct Mark<'v>(Cell<Option<&'v Value>>);

impl<'v> Mark<'v> {
    #[cold]
    fn set(&self, value: &'v Value) {
        if self.0.get().is_none() {
            self.0.set(Some(value));
        }
    }

    #[cold]
    fn first(&self, mut values: serde_json::map::Values<'v>) {
        if let Some(value) = values.next() {
            self.set(value);
        }
    }

    /// The way from `root` to the value that failed: the root if it is none of those below.
    pub(super) fn path(&self, root: &'v Value) -> Vec<String> {
        let mut path = Vec::new();
        if let Some(wanted) = self.0.get() {
            find(root, wanted, &mut path);
        }
        path
    }
}

/// By the address: no two values of a tree stand at one.
fn find(value: &Value, wanted: &Value, path: &mut Vec<String>) -> bool {
    if std::ptr::eq(value, wanted) {
        return true;
    }
    let mut is_in = |segment: String, value: &Value| {
        path.push(segment);
        let found = find(value, wanted, path);
        if !found {
            path.pop();
        }
        found
    };
    match value {
        Value::Array(items) => items.iter().enumerate().any(|(index, item)| is_in(index.to_string(), item)),
        Value::Object(fields) => fields.iter().any(|(key, field)| is_in(key.clone(), field)),
        _ => false,
    }
}

/// Reads one value.
#[derive(Clone, Copy)]
pub(super) struct Marked<'v, 'm> {
    value: &'v Value,
    mark: &'m Mark<'v>,
}

impl<'v, 'm> Marked<'v, 'm> {
    pub(super) fn new(value: &'v Value, mark: &'m Mark<'v>) -> Self {
        Marked { value, mark }
    }

    /// A value inside of this one.
    fn read<S: DeserializeSeed<'v>>(self, value: &'v Value, seed: S) -> Result<S::Value, Error> {
        seed.deserialize(Marked { value, ..self }).inspect_err(|_| self.mark.set(value))
    }

    fn wrong(self, expected: &dyn Expected) -> Error {
        Error::invalid_type(unexpected(self.value), expected)
    }

    fn visit_list<V: Visitor<'v>>(self, items: &'v [Value], visitor: V) -> Result<V::Value, Error> {
        let mut elements = Elements { of: self, rest: items.iter() };
        let value = visitor.visit_seq(&mut elements)?;
        if elements.rest.len() == 0 { Ok(value) } else { Err(too_long(items.len(), &"fewer elements in array")) }
    }

    fn visit_object<V: Visitor<'v>>(self, fields: &'v Map<String, Value>, visitor: V) -> Result<V::Value, Error> {
        fields.deserialize_any(Whole { of: self, fields, visitor })
    }
}

fn too_long(length: usize, expected: &dyn Expected) -> Error {
    Error::invalid_length(length, expected)
}

fn unexpected(value: &Value) -> Unexpected<'_> {
    match value {
        Value::Null => Unexpected::Unit,
        Value::Bool(value) => Unexpected::Bool(*value),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), ..) => Unexpected::Unsigned(number),
            (_, Some(number), _) => Unexpected::Signed(number),
            (.., Some(number)) => Unexpected::Float(number),
            _ => Unexpected::Other("number"),
        },
        Value::String(text) => Unexpected::Str(text),
        Value::Array(_) => Unexpected::Seq,
        Value::Object(_) => Unexpected::Map,
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.value {
                Value::Number(number) => number.$method(visitor),
                _ => Err(self.wrong(&visitor)),
            }
        }
    )*};
}

/// One that reads as another.
macro_rules! same {
    ($($method:ident => $other:ident,)*) => {$(
        fn $method<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
            self.$other(visitor)
        }
    )*};
}

impl<'v> Deserializer<'v> for Marked<'v, '_> {
    type Error = Error;

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128 deserialize_u8 deserialize_u16
        deserialize_u32 deserialize_u64 deserialize_u128 deserialize_f32 deserialize_f64
    }

    same! {
        deserialize_char => deserialize_str,
        deserialize_string => deserialize_str,
        deserialize_identifier => deserialize_str,
        deserialize_byte_buf => deserialize_bytes,
    }

    fn deserialize_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => number.deserialize_any(visitor),
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => self.visit_list(items, visitor),
            Value::Object(fields) => self.visit_object(fields, visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Bool(value) => visitor.visit_bool(*value),
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_str<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::String(text) => visitor.visit_borrowed_str(text),
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_bytes<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => self.visit_list(items, visitor),
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_unit<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.value.is_null() { visitor.visit_unit() } else { Err(self.wrong(&visitor)) }
    }

    fn deserialize_unit_struct<V: Visitor<'v>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'v>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        if name == RAW {
            return visitor.visit_map(MapDeserializer::new([(RAW, self.value.to_string())].into_iter()));
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Array(items) => self.visit_list(items, visitor),
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_tuple<V: Visitor<'v>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'v>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            Value::Object(fields) => self.visit_object(fields, visitor),
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'v>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value {
            Value::Array(items) => self.visit_list(items, visitor),
            Value::Object(fields) => self.visit_object(fields, visitor),
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'v>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.value {
            Value::String(name) => visitor.visit_enum(Variant { of: self, name, content: None }),
            Value::Object(fields) => {
                let mut all = fields.iter();
                match (all.next(), all.next()) {
                    (Some((name, content)), None) => {
                        visitor.visit_enum(Variant { of: self, name, content: Some(content) })
                    }
                    _ => Err(Error::invalid_value(Unexpected::Map, &"map with a single key")),
                }
            }
            _ => Err(self.wrong(&"string or map")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'v>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }
}

struct Elements<'v, 'm> {
    of: Marked<'v, 'm>,
    rest: std::slice::Iter<'v, Value>,
}

impl<'v> SeqAccess<'v> for &mut Elements<'v, '_> {
    type Error = Error;

    fn next_element_seed<S: DeserializeSeed<'v>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        self.rest.next().map(|value| self.of.read(value, seed)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// An object, whose keys `serde_json` reads, which knows how a number is a key.
struct Whole<'v, 'm, V> {
    of: Marked<'v, 'm>,
    fields: &'v Map<String, Value>,
    visitor: V,
}

impl<'v, V: Visitor<'v>> Visitor<'v> for Whole<'v, '_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.visitor.expecting(f)
    }

    fn visit_map<A: MapAccess<'v>>(self, keys: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Fields { of: self.of, keys, values: self.fields.values() })
    }
}

struct Fields<'v, 'm, A> {
    of: Marked<'v, 'm>,
    keys: A,
    values: serde_json::map::Values<'v>,
}

impl<'v, A: MapAccess<'v>> MapAccess<'v> for Fields<'v, '_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'v>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        // A key that is refused is told at what stands behind it.
        self.keys.next_key_seed(seed).inspect_err(|_| self.of.mark.first(self.values.clone()))
    }

    fn next_value_seed<S: DeserializeSeed<'v>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        self.keys.next_value::<IgnoredAny>()?;
        let Some(value) = self.values.next() else { return Err(A::Error::custom("a key without a value")) };
        self.of.read(value, seed).map_err(A::Error::custom)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.values.len())
    }
}

struct Variant<'v, 'm> {
    of: Marked<'v, 'm>,
    name: &'v str,
    content: Option<&'v Value>,
}

impl<'v, 'm> EnumAccess<'v> for Variant<'v, 'm> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'v>>(self, seed: S) -> Result<(S::Value, Self), Error> {
        let name: StrDeserializer<'_, Error> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'v> Variant<'v, '_> {
    fn wrong(&self, expected: &str) -> Error {
        Error::invalid_type(self.content.map_or(Unexpected::UnitVariant, unexpected), &expected)
    }

    /// The content, which stands where it fails.
    fn content<T>(
        &self,
        read: impl FnOnce(Marked<'v, '_>, &'v Value) -> Option<Result<T, Error>>,
    ) -> Option<Result<T, Error>> {
        let value = self.content?;
        let read = read(Marked { value, ..self.of }, value)?;
        Some(read.inspect_err(|_| self.of.mark.set(value)))
    }
}

impl<'v> VariantAccess<'v> for Variant<'v, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        self.content(|of, _| Some(<()>::deserialize(of))).unwrap_or(Ok(()))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'v>>(self, seed: S) -> Result<S::Value, Error> {
        self.content(|of, _| Some(seed.deserialize(of))).unwrap_or_else(|| Err(self.wrong("newtype variant")))
    }

    fn tuple_variant<V: Visitor<'v>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        let read = self.content(|of, value| match value {
            Value::Array(items) if items.is_empty() => Some(visitor.visit_unit()),
            Value::Array(items) => Some(of.visit_list(items, visitor)),
            _ => None,
        });
        read.unwrap_or_else(|| Err(self.wrong("tuple variant")))
    }

    fn struct_variant<V: Visitor<'v>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        let read = self.content(|of, value| match value {
            Value::Object(fields) => Some(of.visit_object(fields, visitor)),
            _ => None,
        });
        read.unwrap_or_else(|| Err(self.wrong("struct variant")))
    }
}
