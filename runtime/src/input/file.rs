//! A file as a field of a message.

use std::borrow::Cow;
use std::fmt;

use base64ct::{Base64 as Standard, Encoding};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{BorrowedBytesDeserializer, BorrowedStrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer, forward_to_deserialize_any};

/// A file that came with a message: in a multipart form over HTTP, as an object with its content in base64 (RFC 4648) in JSON.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// What the sender calls it. Not a path, and not to be trusted as one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the sender says that it is: `image/png`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// What is in it.
    #[serde(with = "base64_or_bytes")]
    #[schemars(with = "Base64")]
    pub content: Vec<u8>,
}

impl File {
    /// A file without a name.
    pub fn new(content: impl Into<Vec<u8>>) -> Self {
        File { name: None, content_type: None, content: content.into() }
    }
}

/// Without its content.
impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File")
            .field("name", &self.name)
            .field("content_type", &self.content_type)
            .field("bytes", &self.content.len())
            .finish()
    }
}

/// The schema of the content.
struct Base64;

impl JsonSchema for Base64 {
    fn schema_name() -> Cow<'static, str> {
        "Base64".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "contentEncoding": "base64" })
    }
}

/// A text in JSON, the bytes themselves where the form has them.
mod base64_or_bytes {
    use super::*;

    pub(super) fn serialize<S: Serializer>(content: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&Standard::encode_string(content))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        struct Content;

        impl Visitor<'_> for Content {
            type Value = Vec<u8>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text in base64")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Vec<u8>, E> {
                Standard::decode_vec(text).map_err(|error| E::custom(format_args!("not base64: {error}")))
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
                Ok(bytes.to_vec())
            }
        }
        deserializer.deserialize_str(Content)
    }
}

impl<'de, E: serde::de::Error> IntoDeserializer<'de, E> for &'de File {
    type Deserializer = FileDeserializer<'de, E>;

    fn into_deserializer(self) -> Self::Deserializer {
        FileDeserializer { file: self, error: std::marker::PhantomData }
    }
}

/// A file as it came, its content as bytes.
pub struct FileDeserializer<'de, E> {
    file: &'de File,
    error: std::marker::PhantomData<E>,
}

impl<'de, E: serde::de::Error> Deserializer<'de> for FileDeserializer<'de, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_map(FileFields { file: self.file, next: 0, error: self.error })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct FileFields<'de, E> {
    file: &'de File,
    next: usize,
    error: std::marker::PhantomData<E>,
}

impl<'de, E: serde::de::Error> MapAccess<'de> for FileFields<'de, E> {
    type Error = E;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, E> {
        loop {
            self.next += 1;
            let key = match self.next {
                1 if self.file.name.is_some() => "name",
                2 if self.file.content_type.is_some() => "content_type",
                3 => "content",
                1 | 2 => continue,
                _ => return Ok(None),
            };
            return seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some);
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, E> {
        let text = |text: &'de Option<String>| MaybeText(text.as_deref().unwrap_or_default(), self.error);
        match self.next {
            1 => seed.deserialize(text(&self.file.name)),
            2 => seed.deserialize(text(&self.file.content_type)),
            _ => seed.deserialize(BorrowedBytesDeserializer::new(&self.file.content)),
        }
    }
}

/// A text that is there.
struct MaybeText<'de, E>(&'de str, std::marker::PhantomData<E>);

impl<'de, E: serde::de::Error> Deserializer<'de> for MaybeText<'de, E> {
    type Error = E;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, E> {
        visitor.visit_some(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
