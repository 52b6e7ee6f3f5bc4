//! Inputs made of a message's JSON Schema: one that fits, one that is not understood, one that breaks its rules.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Nothing in here is nested deeper.
const DEEPEST: usize = 8;

/// The schema of a message, with its definitions.
pub(crate) struct Schema<'s> {
    root: &'s Value,
}

impl<'s> Schema<'s> {
    pub(crate) fn new(root: &'s Value) -> Self {
        Schema { root }
    }

    /// What a `$ref` leads to, and the alternative of an `Option` that is no null.
    fn resolved(&self, mut schema: &'s Value) -> &'s Value {
        for _ in 0..DEEPEST {
            let alternatives = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(*key)?.as_array());
            if let Some(pointer) = schema.get("$ref").and_then(Value::as_str) {
                let found = pointer.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
                schema = found.unwrap_or(&Value::Null);
            } else if let Some(other) =
                alternatives.and_then(|all| all.iter().find(|one| one.get("type") != Some(&json!("null"))))
            {
                schema = other;
            } else {
                break;
            }
        }
        schema
    }

    fn fields(&self) -> impl Iterator<Item = (&'s String, &'s Value)> + use<'s> {
        self.root.get("properties").and_then(Value::as_object).into_iter().flatten()
    }

    fn required(&self) -> BTreeSet<&'s str> {
        self.root.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The type, without `null`.
    fn kind(schema: &'s Value) -> &'s str {
        match schema.get("type") {
            Some(Value::String(name)) => name,
            Some(Value::Array(names)) => {
                names.iter().filter_map(Value::as_str).find(|name| *name != "null").unwrap_or_default()
            }
            _ => "",
        }
    }

    /// An input with all that is required, by the examples where there are some.
    pub(crate) fn valid(&self) -> Map<String, Value> {
        let required = self.required();
        let needed = self.fields().filter(|(name, _)| required.contains(name.as_str()));
        needed.map(|(name, schema)| (name.clone(), self.value(schema, 0))).collect()
    }

    fn value(&self, schema: &'s Value, depth: usize) -> Value {
        let own = self.resolved(schema);
        for one in [schema, own] {
            let said = one.get("examples").and_then(|all| all.get(0)).or_else(|| one.get("default"));
            let said = said.or_else(|| one.get("const")).or_else(|| one.get("enum").and_then(|all| all.get(0)));
            if let Some(value) = said {
                return value.clone();
            }
        }
        let number = |key: &str| own.get(key).and_then(Value::as_f64);
        match Self::kind(own) {
            "integer" => {
                let least = number("minimum").or(number("exclusiveMinimum").map(|above| above + 1.0));
                #[expect(clippy::cast_possible_truncation, reason = "an integer that is asked for, or a nearby one")]
                let least = least.unwrap_or(1.0).ceil() as i64;
                json!(least)
            }
            "number" => json!(number("minimum").or(number("exclusiveMinimum").map(|above| above + 1.0)).unwrap_or(1.0)),
            "boolean" => json!(true),
            "array" if depth < DEEPEST => {
                let least = own.get("minItems").and_then(Value::as_u64).unwrap_or(0).min(100);
                let item = own.get("items").unwrap_or(&Value::Null);
                (0..least).map(|_| self.value(item, depth + 1)).collect()
            }
            "object" if depth < DEEPEST => {
                let required = own.get("required").and_then(Value::as_array).into_iter().flatten();
                let properties = own.get("properties");
                let fields = required.filter_map(Value::as_str).map(|name| {
                    let schema = properties.and_then(|all| all.get(name)).unwrap_or(&Value::Null);
                    (name.to_owned(), self.value(schema, depth + 1))
                });
                fields.collect::<Map<_, _>>().into()
            }
            "string" => match own.get("format").and_then(Value::as_str) {
                Some("email") => json!("ada@example.com"),
                Some("uri") => json!("https://example.com/"),
                Some("uuid") => json!("00000000-0000-4000-8000-000000000000"),
                Some("date-time") => json!("2030-01-01T00:00:00Z"),
                Some("date") => json!("2030-01-01"),
                _ => {
                    let least = own.get("minLength").and_then(Value::as_u64).unwrap_or(1).clamp(1, 1_000);
                    json!("a".repeat(usize::try_from(least).unwrap_or(1)))
                }
            },
            _ => Value::Null,
        }
    }

    /// `valid` with three mistakes, as far as there is room for them: a field that is missing, one of a wrong type, one that nobody
    /// knows. `fixed` are fields without which, or with another type of which, an entrypoint could not even be asked: those of a path.
    pub(crate) fn malformed(&self, valid: &Map<String, Value>, fixed: &BTreeSet<String>) -> Map<String, Value> {
        let mut input = valid.clone();
        let required = self.required();
        let free = |name: &&String| !fixed.contains(*name);
        if let Some((name, _)) = self.fields().find(|(name, _)| free(name) && required.contains(name.as_str())) {
            input.remove(name);
        }
        // A text that is no number is none in every form; a number would be a text in a query.
        let wrong = self.fields().filter(|(name, _)| free(name)).find(|(name, schema)| {
            input.contains_key(*name) && ["integer", "number", "boolean"].contains(&Self::kind(self.resolved(schema)))
        });
        if let Some((name, _)) = wrong {
            input.insert(name.clone(), json!("none"));
        }
        input.insert("nobody_knows".to_owned(), json!("this"));
        input
    }

    /// `valid` with every rule of its fields broken that can be broken; `None` if there is none. `fixed` are not left empty.
    pub(crate) fn invalid(&self, valid: &Map<String, Value>, fixed: &BTreeSet<String>) -> Option<Map<String, Value>> {
        let mut input = valid.clone();
        let mut broken = false;
        for (name, schema) in self.fields() {
            let breaking = self.breaking(schema, !fixed.contains(name));
            if let Some(value) = breaking {
                input.insert(name.clone(), value);
                broken = true;
            }
        }
        broken.then_some(input)
    }

    /// A value of the right type that breaks a rule.
    fn breaking(&self, schema: &'s Value, empty: bool) -> Option<Value> {
        let own = self.resolved(schema);
        let said = |key: &str| schema.get(key).or_else(|| own.get(key));
        let number = |key: &str| said(key).and_then(Value::as_i64);
        let count = |key: &str| said(key).and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok());
        match Self::kind(own) {
            "integer" | "number" => {
                let least_of_type =
                    if own.get("format").and_then(Value::as_str).is_some_and(|name| name.starts_with('u')) {
                        0
                    } else {
                        i64::MIN
                    };
                let below = number("minimum").filter(|least| *least > least_of_type).map(|least| least - 1);
                let above = || number("maximum").filter(|most| *most < 1_000_000).map(|most| most + 1);
                below.or_else(above).or_else(|| number("exclusiveMinimum")).map(Value::from)
            }
            "string" => {
                let least = count("minLength").filter(|least| *least > usize::from(!empty));
                let short = least.map(|least| "b".repeat(least - 1));
                let long = || count("maxLength").filter(|most| *most < 10_000).map(|most| "b".repeat(most + 1));
                // No sensible pattern takes it.
                let odd = || said("pattern").or_else(|| said("format")).map(|_| "\u{a7} \u{a7}".to_owned());
                short.or_else(long).or_else(odd).map(Value::from)
            }
            "array" => count("minItems").filter(|least| *least > 0).map(|_| json!([])),
            _ => None,
        }
    }
}
