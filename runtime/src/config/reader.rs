//! The deserializer over the merged tree. It reports every unknown key of every struct it is asked for, coerces what
//! came as untyped text, and notes what was read as a secret.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::de::value::{MapDeserializer, StrDeserializer};
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Expected, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::fault::Fault;
use super::path::Path;
use super::stand_in::StandIn;
use super::text;
use super::tree::{Entry, Node, Table, Value, same};
use super::{Mistake, Mistakes, SectionInfo, secret};
use crate::nearest::did_you_mean;

/// Reads one value.
pub(super) struct Reader<'a> {
    pub(super) node: &'a Node,
    pub(super) path: Path,
    pub(super) run: &'a Run<'a>,
    /// True inside a [`super::Secret`].
    pub(super) secret: bool,
}

/// One attempt to read a section.
pub(super) struct Run<'a> {
    /// The names of the sections: a table that belongs to another one is not looked at.
    pub(super) claimed: &'a [&'static str],
    /// Every struct that reads this section, if there is more than one: a key is known if one of them knows it.
    pub(super) beside: &'a [SectionInfo],
    /// What to put in place of values that earlier attempts found wrong.
    pub(super) patches: &'a BTreeMap<Path, Patch>,
    pub(super) notes: RefCell<Notes>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Patch {
    /// The nth stand-in.
    StandIn(usize),
    /// No stand-in would do: pretend that it is not there.
    Omit,
}

/// What an attempt saw.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) unknown: Mistakes,
    pub(super) sights: BTreeMap<Path, Sight>,
}

/// How a value was read. The later ones are the stronger ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sight {
    /// As a type that is not secret.
    Plain,
    /// Into a buffer of serde's (`flatten`), or by a type that did not say what it wanted and then did not take it: nobody knows
    /// whether it is secret.
    Blind,
    /// As a secret.
    Secret,
}

impl Notes {
    /// A type that did not say what it wanted (`untagged`) has taken what stands at `path`, with a secret in it or without.
    fn taken(&mut self, path: &Path, has_secret: bool) {
        if self.sights.get(path) != Some(&Sight::Blind) {
            return;
        }
        for (below, sight) in self.sights.iter_mut().filter(|(below, _)| below.starts_with(path)) {
            if *sight == Sight::Blind && has_secret {
                *sight = Sight::Secret;
            } else if *sight == Sight::Blind && !below.may_look_secret() {
                *sight = Sight::Plain;
            }
        }
    }

    pub(super) fn see(&mut self, path: Path, sight: Sight) {
        let known = self.sights.entry(path).or_insert(sight);
        *known = sight.max(*known);
    }
}

impl<'a> Reader<'a> {
    fn see(&self, sight: Sight) {
        let sight = if self.secret { Sight::Secret } else { sight };
        self.run.notes.borrow_mut().see(self.path.clone(), sight);
    }

    fn place(&self) -> impl Fn(Fault) -> Fault + use<'a> {
        let (path, node, secret) = (self.path.clone(), self.node, self.secret);
        move |fault| fault.or_in(&path, Some(node), secret)
    }

    /// Not what was wanted. The value itself is told if it came as text, whose type nobody wrote down.
    fn wrong(&self, expected: impl std::fmt::Display) -> Fault {
        let value = match &self.node.value {
            Value::Integer(number) => Some(number.to_string()),
            _ => self.node.text.as_ref().map(|text| format!("`{text}`")),
        };
        self.place()(Fault::wrong(expected, self.node.value.kind(), value))
    }

    /// Not a table. Its text is not told: what belongs into the table may be a secret, and nobody knows yet.
    fn no_table(&self, expected: impl std::fmt::Display) -> Fault {
        self.place()(Fault::wrong(expected, self.node.value.kind(), None))
    }

    fn integer(&self) -> Option<i128> {
        match &self.node.value {
            Value::Integer(number) => Some(*number),
            Value::String(text) if self.node.text.is_some() => text.trim().parse().ok(),
            _ => None,
        }
    }

    fn float(&self) -> Option<f64> {
        match &self.node.value {
            Value::Float(number) => Some(*number),
            Value::Integer(number) => Some(*number as f64),
            Value::String(text) if self.node.text.is_some() => text.trim().parse().ok(),
            _ => None,
        }
    }

    fn boolean(&self) -> Option<bool> {
        match (&self.node.value, &self.node.text) {
            (Value::Boolean(value), _) => Some(*value),
            (_, Some(text)) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Some(true),
                "false" | "no" | "off" | "0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match (&self.node.value, &self.node.text) {
            (Value::String(text) | Value::Datetime(text), _) | (_, Some(text)) => Some(text),
            _ => None,
        }
    }

    /// The entries that are to be read, under the names of the fields that they mean; all if there are no `fields`.
    fn entries<'t>(&self, table: &'t Table, fields: Option<&'static [&'static str]>) -> Vec<(&'t str, &'t Entry)>
    where
        'static: 't,
    {
        let mut entries = Vec::new();
        for (key, entry) in table.iter() {
            let path = self.path.key(key);
            let field = match fields {
                None => Some(key),
                Some(fields) if fields.contains(&key) => Some(key),
                Some(fields) if entry.loose => fields.iter().copied().find(|field| same(field, key)),
                Some(_) => None,
            };
            match field {
                None if self.is_claimed(&path) || self.is_known_beside(&path) => {}
                None => self.unknown(&path, key, entry, fields.unwrap_or_default()),
                Some(_) if fields.is_none() && self.is_claimed(&path) => {}
                Some(field) => entries.push((field, entry)),
            }
        }
        entries
    }

    /// True if another section is at `path` or below it.
    fn is_claimed(&self, path: &Path) -> bool {
        self.run.claimed.iter().any(|name| Path::of(name).starts_with(path))
    }

    /// True if another struct that reads the same section takes this key.
    fn is_known_beside(&self, path: &Path) -> bool {
        self.run.beside.iter().any(|section| {
            let name = Path::of(section.name);
            let own = || section.fields.iter().any(|field| name.key(field.name).means_start_of(path));
            path.len() == name.len() + 1 && name.means_start_of(path) && (section.open || own())
        })
    }

    fn unknown(&self, path: &Path, key: &str, entry: &Entry, fields: &[&str]) {
        // All structs of a section say the same of it, so that it is told once.
        let all: Vec<&str> = match self.run.beside {
            [first, ..] if Path::of(first.name) == self.path => {
                let all = self.run.beside.iter().flat_map(|section| section.fields).map(|field| field.name);
                all.fold(Vec::new(), |all, name| if all.contains(&name) { all } else { [all, vec![name]].concat() })
            }
            _ => Vec::new(),
        };
        let fields = if all.is_empty() { fields } else { &all };
        let mut fix = did_you_mean(key, fields.iter().copied());
        if fix.is_empty() {
            let names: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
            fix = match names.as_slice() {
                [] => format!("; `{}` has no keys", self.path),
                names => format!("; the keys here are {}", names.join(", ")),
            };
        }
        let mistake = Mistake::at(entry.origin.clone(), format!("unknown key `{path}`{fix}"));
        self.run.notes.borrow_mut().unknown.add(mistake);
    }

    fn visit_table<'de, V: Visitor<'de>>(
        &self,
        table: &Table,
        fields: Option<&'static [&'static str]>,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        // What is missing and has a stand-in is delivered last.
        let mut items: Vec<(&str, Option<&Entry>)> =
            self.entries(table, fields).into_iter().map(|(key, entry)| (key, Some(entry))).collect();
        let absent = |field: &&str| !items.iter().any(|(key, _)| key == field);
        let patched = |field: &&str| self.run.patches.contains_key(&self.path.key(field));
        let stand_ins: Vec<&str> = fields.unwrap_or_default().iter().copied().filter(absent).filter(patched).collect();
        items.extend(stand_ins.into_iter().map(|field| (field, None)));
        items.retain(|(key, _)| !matches!(self.run.patches.get(&self.path.key(key)), Some(Patch::Omit)));
        visitor.visit_map(Entries { reader: self, items: items.into_iter(), next: None }).map_err(self.place())
    }

    fn visit_list<'de, V: Visitor<'de>>(&self, visitor: V, expected: &str) -> Result<V::Value, Fault> {
        let split;
        let (nodes, whole): (&[Node], bool) = match (&self.node.value, &self.node.text) {
            (Value::List(nodes), _) => (nodes, false),
            // `a, b, c` from the environment; a string that was quoted there is without its quotes.
            (Value::String(text), Some(_)) | (_, Some(text)) => {
                split = text::split(text, &self.node.origin);
                self.see(Sight::Plain);
                (&split, true)
            }
            _ => return Err(self.wrong(expected)),
        };
        if nodes.is_empty() {
            self.see(Sight::Plain);
        }
        visitor.visit_seq(Elements { reader: self, nodes: nodes.iter(), index: 0, whole }).map_err(self.place())
    }
}

/// Whether it is serde's own buffer, out of which somebody else will read. Of its name no more than this is known; where serde calls
/// it otherwise, a test tells.
fn is_buffer<T>() -> bool {
    let name = std::any::type_name::<T>();
    name.starts_with("serde") && name.contains("::Content")
}

/// Delivers `node`, or what stands in for it.
fn deliver<'de, S: DeserializeSeed<'de>>(
    seed: S,
    node: Option<&Node>,
    path: Path,
    parent: &Reader<'_>,
) -> Result<S::Value, Fault> {
    match (parent.run.patches.get(&path), node) {
        (None, Some(node)) => {
            let reader = Reader { node, path: path.clone(), run: parent.run, secret: parent.secret };
            let before = secret::read();
            let value = seed.deserialize(reader);
            // What stands in for another value may decide how this one is read.
            if value.is_ok() && !is_buffer::<S::Value>() && parent.run.patches.is_empty() {
                parent.run.notes.borrow_mut().taken(&path, secret::read() != before);
            }
            value
        }
        (Some(Patch::StandIn(attempt)), _) => seed.deserialize(StandIn::new(*attempt)),
        (Some(Patch::Omit) | None, _) => seed.deserialize(StandIn::new(0)),
    }
    .map_err(|fault| fault.or_in(&path, node, parent.secret))
}

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty,)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            self.see(Sight::Plain);
            match self.integer().and_then(|number| <$type>::try_from(number).ok()) {
                Some(number) => visitor.$visit(number).map_err(self.place()),
                None => Err(self.wrong(format_args!("an integer between {} and {}", <$type>::MIN, <$type>::MAX))),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for Reader<'_> {
    type Error = Fault;

    integers! {
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32,
        deserialize_i64 visit_i64 i64, deserialize_i128 visit_i128 i128, deserialize_u8 visit_u8 u8,
        deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
        deserialize_u128 visit_u128 u128,
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.see(Sight::Blind);
        match &self.node.value {
            Value::Table(table) => return self.visit_table(table, None, visitor),
            Value::List(_) => return self.visit_list(visitor, "a list"),
            Value::String(text) | Value::Datetime(text) => visitor.visit_str(text),
            Value::Integer(number) => match (i64::try_from(*number), u64::try_from(*number)) {
                (Ok(number), _) => visitor.visit_i64(number),
                (_, Ok(number)) => visitor.visit_u64(number),
                _ => visitor.visit_i128(*number),
            },
            Value::Float(number) => visitor.visit_f64(*number),
            Value::Boolean(value) => visitor.visit_bool(*value),
        }
        .map_err(self.place())
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.see(Sight::Plain);
        match self.boolean() {
            Some(value) => visitor.visit_bool(value).map_err(self.place()),
            None => Err(self.wrong("`true` or `false`")),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.see(Sight::Plain);
        match self.float() {
            Some(number) => visitor.visit_f64(number).map_err(self.place()),
            None => Err(self.wrong("a number")),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.see(Sight::Plain);
        match self.text() {
            Some(text) => visitor.visit_str(text).map_err(self.place()),
            None => Err(self.wrong(&visitor as &dyn Expected)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    /// An empty value of the environment or a flag takes an optional setting away: TOML has no null.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let place = self.place();
        if self.node.text.as_deref() == Some("") {
            self.see(Sight::Plain);
            return visitor.visit_none().map_err(place);
        }
        visitor.visit_some(self).map_err(place)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        let inner = Reader { secret: self.secret || name == secret::NAME, ..self };
        let place = inner.place();
        visitor.visit_newtype_struct(inner).map_err(place)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.visit_list(visitor, "a list")
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.visit_list(visitor, &format!("a list of {len}"))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_tuple(len, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.value {
            Value::Table(table) => self.visit_table(table, None, visitor),
            _ => Err(self.no_table("a table")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match (&self.node.value, fields) {
            (Value::Table(table), _) => self.visit_table(table, Some(fields), visitor),
            // The form in which `toml::value::Datetime` reads itself, whatever the name of its one field is.
            (Value::Datetime(text), [field]) if field.starts_with("$__toml_private") => {
                self.see(Sight::Plain);
                let one: [(&str, &str); 1] = [(field, text)];
                visitor.visit_map(MapDeserializer::new(one.into_iter())).map_err(self.place())
            }
            _ => Err(self.no_table("a table")),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match (&self.node.value, self.text()) {
            (Value::Table(table), _) => {
                let mut entries = table.iter();
                let (Some((variant, entry)), None) = (entries.next(), entries.next()) else {
                    return Err(self.no_table(format_args!("a table with one key, one of {}", variants.join(", "))));
                };
                let known = |known: &&&str| **known == variant || entry.loose && same(known, variant);
                let variant = variants.iter().find(known).copied().unwrap_or(variant);
                visitor.visit_enum(Variant { reader: &self, variant, node: &entry.node }).map_err(self.place())
            }
            (_, Some(text)) => {
                self.see(Sight::Plain);
                let name: StrDeserializer<'_, Fault> = text.into_deserializer();
                visitor.visit_enum(name).map_err(self.place())
            }
            _ => Err(self.wrong("a string")),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        // Not noted as seen: nobody has said that it is no secret.
        visitor.visit_unit()
    }

    forward_to_deserialize_any! { bytes byte_buf unit unit_struct identifier }
}

struct Entries<'r, 'a, 't> {
    reader: &'r Reader<'a>,
    items: std::vec::IntoIter<(&'t str, Option<&'t Entry>)>,
    next: Option<(&'t str, Option<&'t Entry>)>,
}

impl<'de> MapAccess<'de> for Entries<'_, '_, '_> {
    type Error = Fault;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        self.next = self.items.next();
        let Some((key, entry)) = self.next else { return Ok(None) };
        let name: StrDeserializer<'_, Fault> = key.into_deserializer();
        let place = |fault: Fault| fault.or_at(&self.reader.path.key(key), entry.map(|entry| &entry.origin), false);
        seed.deserialize(name).map(Some).map_err(place)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        // serde asks for a value after a key only; without one there is nothing better than a stand-in.
        let (key, entry) = self.next.take().unwrap_or_default();
        deliver(seed, entry.map(|entry| &entry.node), self.reader.path.key(key), self.reader)
    }
}

struct Elements<'r, 'a, 't> {
    reader: &'r Reader<'a>,
    nodes: std::slice::Iter<'t, Node>,
    index: usize,
    /// True if the elements were cut out of one text: they share its path.
    whole: bool,
}

impl<'de> SeqAccess<'de> for Elements<'_, '_, '_> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        loop {
            let Some(node) = self.nodes.next() else { return Ok(None) };
            let path = if self.whole { self.reader.path.clone() } else { self.reader.path.index(self.index) };
            self.index += 1;
            if !matches!(self.reader.run.patches.get(&path), Some(Patch::Omit)) {
                return deliver(seed, Some(node), path, self.reader).map(Some);
            }
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.nodes.len())
    }
}

struct Variant<'r, 'a, 't> {
    reader: &'r Reader<'a>,
    variant: &'t str,
    node: &'t Node,
}

impl Variant<'_, '_, '_> {
    fn inner(&self) -> Reader<'_> {
        let Reader { run, secret, ref path, .. } = *self.reader;
        Reader { node: self.node, path: path.key(self.variant), run, secret }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, '_, '_> {
    type Error = Fault;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), Fault> {
        let name: StrDeserializer<'_, Fault> = self.variant.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, '_, '_> {
    type Error = Fault;

    fn unit_variant(self) -> Result<(), Fault> {
        Err(self.inner().wrong("just the name, as a string"))
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<S::Value, Fault> {
        deliver(seed, Some(self.node), self.reader.path.key(self.variant), self.reader)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value, Fault> {
        self.inner().deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Fault> {
        self.inner().deserialize_struct("", fields, visitor)
    }
}
