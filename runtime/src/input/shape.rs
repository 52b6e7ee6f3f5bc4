//! What a message's JSON Schema says of its fields, as far as it is needed to read a value from a text.
//!
//! It knows what schemars writes for types that serde derives. What it does not know it takes for any value: the
//! decoder has the verdict.

use serde_json::Value;

use super::describe_type_in;
use super::union::names_of;
use super::words::is_secret;

/// Schemas inside of schemas that speak of the same value: more than these are a circle.
const MOST_HOPS: usize = 32;

/// A message's schema.
pub struct Shape<'s> {
    root: &'s Value,
}

/// A field of a message, or of an object in it.
#[derive(Clone, Copy)]
pub struct Field<'s> {
    /// Its name in JSON.
    pub name: &'s str,
    /// What it may be.
    pub schema: &'s Value,
    /// Whether it must be there.
    pub required: bool,
}

/// The types that a value may be of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kinds {
    /// A string.
    pub string: bool,
    /// An integer.
    pub integer: bool,
    /// A number.
    pub number: bool,
    /// A boolean.
    pub boolean: bool,
    /// An array.
    pub array: bool,
    /// An object.
    pub object: bool,
    /// The schema does not say.
    pub any: bool,
}

impl<'s> Shape<'s> {
    /// Of the whole schema of a message.
    pub fn new(root: &'s Value) -> Self {
        Shape { root }
    }

    /// The whole schema.
    pub fn root(&self) -> &'s Value {
        self.root
    }

    /// The fields of the message itself.
    pub fn fields(&self) -> Vec<Field<'s>> {
        self.fields_of(self.root)
    }

    /// The fields of an object, those of every variant among them, in the order in which they are declared.
    pub fn fields_of(&self, schema: &'s Value) -> Vec<Field<'s>> {
        let mut fields = Vec::new();
        self.visit(schema, false, 0, &mut |schema, in_variant| {
            let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            for (name, own) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                if fields.iter().all(|field: &Field<'_>| field.name != name) {
                    let required = !in_variant && required.iter().any(|other| other == name);
                    fields.push(Field { name, schema: own, required });
                }
            }
        });
        fields
    }

    /// The field that `typed` means: its name, or its name in the spelling of a command line, `first-name`; else the one whose name
    /// has the same words, `first_name` or `firstName`, if there is only one.
    pub fn field(&self, schema: &'s Value, typed: &str) -> Option<Field<'s>> {
        let fields = self.fields_of(schema);
        let own = fields.iter().find(|field| field.name == typed);
        if let Some(own) = own.or_else(|| fields.iter().find(|field| kebab(field.name) == typed)) {
            return Some(*own);
        }
        let words = words_of(typed);
        let mut same = fields.iter().filter(|field| words_of(field.name) == words);
        same.next().filter(|_| same.next().is_none()).copied()
    }

    /// What fields must be that the object does not name; none if it takes no others.
    pub fn others(&self, schema: &'s Value) -> Option<&'s Value> {
        self.find(schema, |schema| {
            // The form of a map whose keys are integers: a pattern for them, and no others.
            let patterns = schema.get("patternProperties").and_then(Value::as_object);
            patterns
                .and_then(|patterns| patterns.values().next())
                .or_else(|| schema.get("additionalProperties").filter(|own| **own != Value::Bool(false)))
        })
    }

    /// What stands at a place of a value of `schema`: through fields, entries and elements.
    pub fn at<S: AsRef<str>>(&self, schema: &'s Value, path: &[S]) -> Option<&'s Value> {
        path.iter().try_fold(schema, |schema, part| match self.field(schema, part.as_ref()) {
            Some(field) => Some(field.schema),
            None => self.others(schema).or_else(|| self.items(schema)),
        })
    }

    /// What the elements of a list are.
    pub fn items(&self, schema: &'s Value) -> Option<&'s Value> {
        self.find(schema, |schema| schema.get("items").filter(|own| !own.is_boolean()))
    }

    /// The names that a text may be; none if it may be any.
    pub fn choices(&self, schema: &'s Value) -> Vec<&'s str> {
        let mut names: Vec<&str> = Vec::new();
        self.visit(schema, false, 0, &mut |schema, _| {
            let all = schema.get("enum").and_then(Value::as_array).into_iter().flatten().chain(schema.get("const"));
            for name in all.filter_map(Value::as_str) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        });
        names
    }

    /// What `keyword` says of the value, wherever it stands.
    pub fn keyword(&self, schema: &'s Value, keyword: &str) -> Option<&'s Value> {
        self.find(schema, |schema| schema.get(keyword))
    }

    /// The types that a value may be of.
    pub fn kinds(&self, schema: &'s Value) -> Kinds {
        let mut kinds = Kinds::default();
        self.visit(schema, false, 0, &mut |schema, _| kinds.add(schema));
        if kinds == Kinds::default() {
            kinds.any = true;
        }
        kinds
    }

    /// The names that a value may be, if it is one of some: the variants of an enum.
    pub fn names(&self, schema: &'s Value) -> Vec<&'s str> {
        let mut names = Vec::new();
        self.visit(schema, false, 0, &mut |schema, _| {
            for name in names_of(schema).into_iter().flatten() {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        });
        names
    }

    /// Whether the value of a field must not be kept where others read it: its schema says `writeOnly` or `format: password`, or its
    /// name is that of a secret.
    pub fn is_secret(&self, field: &Field<'s>) -> bool {
        let mut secret = is_secret(field.name);
        self.visit(field.schema, false, 0, &mut |schema, _| {
            secret |= schema.get("writeOnly").is_some_and(|own| *own == Value::Bool(true));
            secret |= schema.get("format").is_some_and(|own| own == "password");
        });
        secret
    }

    /// The type in words.
    pub fn words(&self, schema: &'s Value) -> String {
        describe_type_in(self.root, schema)
    }

    fn find(&self, schema: &'s Value, of: impl Fn(&'s Value) -> Option<&'s Value>) -> Option<&'s Value> {
        let mut found = None;
        self.visit(schema, false, 0, &mut |schema, _| found = found.or_else(|| of(schema)));
        found
    }

    /// Every schema that speaks of the same value as `schema`, itself first, and whether a variant is what says it.
    fn visit(&self, schema: &'s Value, in_variant: bool, hops: usize, see: &mut dyn FnMut(&'s Value, bool)) {
        if hops > MOST_HOPS {
            return;
        }
        see(schema, in_variant);
        let target = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
        if let Some(target) = target.and_then(|pointer| self.root.pointer(pointer)) {
            self.visit(target, in_variant, hops + 1, see);
        }
        for (key, in_own) in [("allOf", false), ("oneOf", true), ("anyOf", true)] {
            for part in schema.get(key).and_then(Value::as_array).into_iter().flatten() {
                self.visit(part, in_variant || in_own, hops + 1, see);
            }
        }
    }
}

impl Kinds {
    fn add(&mut self, schema: &Value) {
        let Value::Object(keywords) = schema else {
            self.any |= *schema == Value::Bool(true);
            return;
        };
        let types = match keywords.get("type") {
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(one)) => vec![one.as_str()],
            _ => Vec::new(),
        };
        for kind in types {
            self.name(kind);
        }
        for value in keywords.get("enum").and_then(Value::as_array).into_iter().flatten().chain(keywords.get("const")) {
            self.name(match value {
                Value::String(_) => "string",
                Value::Bool(_) => "boolean",
                Value::Number(_) => "number",
                _ => "null",
            });
        }
        self.object |= keywords.contains_key("properties");
    }

    fn name(&mut self, kind: &str) {
        match kind {
            "string" => self.string = true,
            "integer" => self.integer = true,
            "number" => self.number = true,
            "boolean" => self.boolean = true,
            "array" => self.array = true,
            "object" => self.object = true,
            _ => {}
        }
    }

    /// Nothing but true and false: a flag that needs no value.
    pub fn is_switch(self) -> bool {
        self == Kinds { boolean: true, ..Kinds::default() }
    }

    /// A list and nothing else: each text is one of its elements.
    pub fn is_list(self) -> bool {
        self.array && !(self.any || self.string || self.object)
    }

    /// Text that means nothing but text.
    pub fn is_text(self) -> bool {
        self == Kinds { string: true, ..Kinds::default() }
    }
}

/// The words of a name, however they are told apart: `first-name` for `first_name` and `firstName`.
fn words_of(name: &str) -> String {
    let mut words = String::new();
    let mut before = '-';
    for c in name.chars() {
        if c.is_uppercase() && (before.is_lowercase() || before.is_numeric()) {
            words.push('-');
        }
        words.extend(if c == '_' { '-' } else { c }.to_lowercase());
        before = c;
    }
    words
}

/// `first_name` as a command line spells it.
pub fn kebab(name: &str) -> String {
    name.replace('_', "-")
}
