//! The schemas of all messages and replies in one place, each under a name of its own.
//!
//! schemars gives each type a root schema with what it refers to in `$defs`. Here the `$defs` of all of them meet: what is
//! the same is kept once, and two types of one name are told apart by their module. Until all are known a reference holds a
//! number; [`Schemas::finish`] puts the names in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value, json};

/// What a reference of schemars begins with.
const LOCAL: &str = "#/$defs/";
/// What one of the document begins with.
const SHARED: &str = "#/components/schemas/";
/// What follows, until there are names: no name has it in it.
const NUMBER: char = '\0';

/// The schemas, by number.
#[derive(Default)]
pub(super) struct Schemas {
    known: Vec<Known>,
    numbers: HashMap<(String, String), usize>,
}

struct Known {
    name: String,
    module: String,
    schema: Value,
    /// Whether it stands in what is sent to us alone, and so may say less than what we send.
    is_input: bool,
}

impl Schemas {
    /// As [`Schemas::add`], of what is sent to us. Where a type of the same name in the same module is sent by us in another form, this
    /// one is called its input.
    pub(super) fn add_input(&mut self, module: &str, root: Value) -> Value {
        let before = self.known.len();
        let place = self.add(module, root);
        self.known[before..].iter_mut().for_each(|known| known.is_input = true);
        place
    }

    /// Takes a root schema, and gives what stands in its place: a reference where it is worth a name, else itself.
    pub(super) fn add(&mut self, module: &str, mut root: Value) -> Value {
        bound(&mut root);
        let mut defs = Map::new();
        let mut title = None;
        if let Value::Object(keywords) = &mut root {
            keywords.remove("$schema");
            if let Some(Value::Object(own)) = keywords.remove("$defs") {
                defs = own;
            }
            title = keywords.get("title").and_then(Value::as_str).map(str::to_owned);
            // The name says it already.
            if title.as_deref().is_some_and(|title| !title.contains(' ')) {
                keywords.remove("title");
            }
        }
        let mut is_circle = refers_to(&root, "#");
        defs.values().for_each(|def| is_circle |= refers_to(def, "#"));
        let own = match title {
            Some(title) if is_circle || has_parts(&root) => {
                let mut key = title.clone();
                while defs.get(&key).is_some_and(|def| *def != root) {
                    key.push('#');
                }
                let pointer = format!("{LOCAL}{}", escaped(&key));
                let close = |text: &mut String| {
                    if text == "#" {
                        text.clone_from(&pointer);
                    }
                };
                each_ref(&mut root, &mut |text| close(text));
                defs.values_mut().for_each(|def| each_ref(def, &mut |text| close(text)));
                defs.insert(key.clone(), root);
                root = json!({ "$ref": pointer });
                Some((key, title))
            }
            _ => None,
        };
        let numbers: HashMap<String, (usize, bool)> = reached(&root, &defs)
            .into_iter()
            .map(|key| {
                let name = match &own {
                    Some((own, title)) if *own == key => title,
                    _ => &key,
                };
                let number = self.number(module, name, &key, &defs);
                (key, number)
            })
            .collect();
        let rewrite = |text: &mut String| {
            if let Some((number, _)) = key_of(text).and_then(|key| numbers.get(&key)) {
                *text = format!("{SHARED}{NUMBER}{number}");
            }
        };
        for (key, (number, is_new)) in &numbers {
            if let (true, Some(def)) = (*is_new, defs.get(key)) {
                let mut schema = def.clone();
                each_ref(&mut schema, &mut |text| rewrite(text));
                self.known[*number].schema = schema;
            }
        }
        each_ref(&mut root, &mut |text| rewrite(text));
        root
    }

    /// The number of what `key` is in `defs`, and whether it is a new one.
    fn number(&mut self, module: &str, name: &str, key: &str, defs: &Map<String, Value>) -> (usize, bool) {
        // Two are one if all that they refer to is, too.
        let mut whole: BTreeMap<&str, &Value> = BTreeMap::new();
        let reference = json!({ "$ref": format!("{LOCAL}{}", escaped(key)) });
        let reached = reached(&reference, defs);
        whole.extend(reached.iter().filter_map(|key| defs.get_key_value(key)).map(|(key, def)| (key.as_str(), def)));
        let print = serde_json::to_string(&whole).unwrap_or_default();
        let next = self.known.len();
        let number = *self.numbers.entry((name.to_owned(), print)).or_insert(next);
        if number == next {
            self.known.push(Known { name: plain(name), module: plain(module), schema: Value::Null, is_input: false });
        }
        (number, number == next)
    }

    /// Puts the names into `document`, and the schemas into its components.
    pub(super) fn finish(mut self, document: &mut Value) {
        let sent: BTreeSet<(String, String)> = self
            .known
            .iter()
            .filter(|known| !known.is_input)
            .map(|known| (known.module.clone(), known.name.clone()))
            .collect();
        for known in self.known.iter_mut().filter(|known| known.is_input) {
            if sent.contains(&(known.module.clone(), known.name.clone())) {
                known.name.push_str("Input");
            }
        }
        let names = self.names();
        let mut sorted: BTreeMap<&str, Value> =
            self.known.into_iter().zip(&names).map(|(known, name)| (name.as_str(), known.schema)).collect();
        let mut schemas = Map::new();
        while let Some((name, schema)) = sorted.pop_first() {
            schemas.insert(name.to_owned(), schema);
        }
        document["components"]["schemas"] = Value::Object(schemas);
        put(document, &names);
    }

    /// A name for each: its own if nobody else has it, else with the module before it, else with a number behind it.
    fn names(&self) -> Vec<String> {
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let mut names = vec![String::new(); self.known.len()];
        let alone = |known: &Known| self.known.iter().filter(|other| other.name == known.name).count() == 1;
        for (at, known) in self.known.iter().enumerate().filter(|(_, known)| alone(known)) {
            taken.insert(known.name.clone());
            names[at].clone_from(&known.name);
        }
        for (at, known) in self.known.iter().enumerate().filter(|(_, known)| !alone(known)) {
            let name = format!("{}.{}", known.module, known.name);
            let mut own = name.clone();
            let mut number = 1;
            while !taken.insert(own.clone()) {
                number += 1;
                own = format!("{name}{number}");
            }
            names[at] = own;
        }
        names
    }
}

/// Whether a schema is worth a name: what has parts, and what is one of several.
fn has_parts(schema: &Value) -> bool {
    let has = |key: &str| schema.get(key).is_some();
    has("properties") || has("oneOf") || has("enum") || schema.get("type").is_some_and(|own| own == "object")
}

/// Every schema of `defs` that `root` leads to, by its key.
fn reached(root: &Value, defs: &Map<String, Value>) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = keys(root);
    while let Some(key) = open.pop() {
        if let Some(def) = defs.get(&key)
            && reached.insert(key)
        {
            open.extend(keys(def));
        }
    }
    reached
}

fn keys(schema: &Value) -> Vec<String> {
    let mut keys = Vec::new();
    visit(schema, &mut |text| keys.extend(key_of(text)));
    keys
}

fn refers_to(schema: &Value, target: &str) -> bool {
    let mut found = false;
    visit(schema, &mut |text| found |= text == target);
    found
}

/// The key in `$defs` that a reference means.
pub(super) fn key_of(reference: &str) -> Option<String> {
    let key = reference.strip_prefix(LOCAL)?;
    let key = percent_encoding::percent_decode_str(key).decode_utf8().ok()?;
    Some(key.replace("~1", "/").replace("~0", "~"))
}

/// A key as a segment of a pointer.
fn escaped(key: &str) -> String {
    key.replace('%', "%25").replace('~', "~0").replace('/', "~1")
}

/// Only what may stand in the name of a component.
fn plain(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' }).collect()
}

/// Keywords whose values are values, and no schemas.
const VALUES: [&str; 5] = ["default", "const", "enum", "examples", "example"];
/// Keywords whose values are schemas by names that mean nothing.
const BY_NAME: [&str; 4] = ["properties", "patternProperties", "$defs", "dependentSchemas"];

fn visit(schema: &Value, see: &mut dyn FnMut(&str)) {
    match schema {
        Value::Array(all) => all.iter().for_each(|own| visit(own, see)),
        Value::Object(keywords) => {
            for (key, own) in keywords {
                match own {
                    _ if VALUES.contains(&key.as_str()) => {}
                    Value::String(text) if key == "$ref" => see(text),
                    Value::Object(named) if BY_NAME.contains(&key.as_str()) => {
                        named.values().for_each(|own| visit(own, see));
                    }
                    own => visit(own, see),
                }
            }
        }
        _ => {}
    }
}

fn each_ref(schema: &mut Value, change: &mut dyn FnMut(&mut String)) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(|own| each_ref(own, change)),
        Value::Object(keywords) => {
            for (key, own) in keywords {
                match own {
                    _ if VALUES.contains(&key.as_str()) => {}
                    Value::String(text) if key == "$ref" => change(text),
                    Value::Object(named) if BY_NAME.contains(&key.as_str()) => {
                        named.values_mut().for_each(|own| each_ref(own, change));
                    }
                    own => each_ref(own, change),
                }
            }
        }
        _ => {}
    }
}

/// The least and the most of the integers whose width is known: schemars says the width, and a validator wants the numbers.
fn bound(schema: &mut Value) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(bound),
        Value::Object(keywords) => {
            let range = match keywords.get("format").and_then(Value::as_str) {
                Some("int8") => Some((json!(i8::MIN), json!(i8::MAX))),
                Some("int16") => Some((json!(i16::MIN), json!(i16::MAX))),
                Some("int32") => Some((json!(i32::MIN), json!(i32::MAX))),
                Some("int64" | "int") => Some((json!(i64::MIN), json!(i64::MAX))),
                Some("uint8") => Some((json!(0), json!(u8::MAX))),
                Some("uint16") => Some((json!(0), json!(u16::MAX))),
                Some("uint32") => Some((json!(0), json!(u32::MAX))),
                Some("uint64" | "uint") => Some((json!(0), json!(u64::MAX))),
                _ => None,
            };
            if let Some((least, most)) = range {
                for (key, other, number) in
                    [("minimum", "exclusiveMinimum", least), ("maximum", "exclusiveMaximum", most)]
                {
                    if !keywords.contains_key(other) {
                        keywords.entry(key).or_insert(number);
                    }
                }
            }
            for (key, own) in keywords {
                match own {
                    _ if VALUES.contains(&key.as_str()) => {}
                    own => bound(own),
                }
            }
        }
        _ => {}
    }
}

/// Names for numbers, wherever one stands.
fn put(value: &mut Value, names: &[String]) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|own| put(own, names)),
        Value::Object(fields) => fields.values_mut().for_each(|own| put(own, names)),
        Value::String(text) => {
            let number = text.strip_prefix(SHARED).and_then(|rest| rest.strip_prefix(NUMBER));
            if let Some(name) = number.and_then(|number| number.parse().ok()).and_then(|at: usize| names.get(at)) {
                *text = format!("{SHARED}{name}");
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(roots: &[(&str, Value)]) -> (Vec<Value>, Value) {
        let mut schemas = Schemas::default();
        let mut document = json!({ "components": {} });
        let places: Vec<Value> = roots.iter().map(|(module, root)| schemas.add(module, root.clone())).collect();
        document["places"] = Value::Array(places);
        schemas.finish(&mut document);
        let Value::Array(places) = document["places"].take() else { unreachable!() };
        (places, document["components"]["schemas"].take())
    }

    fn of_money(field: &str) -> Value {
        json!({
            "title": "Order", "type": "object",
            "properties": { "price": { "$ref": "#/$defs/Money" } },
            "$defs": { "Money": { "type": "object", "properties": { field: { "type": "integer" } } } },
        })
    }

    #[test]
    fn what_is_the_same_is_there_once() {
        let (places, schemas) = names(&[("a", of_money("cents")), ("b", of_money("cents"))]);
        assert_eq!(places[0], json!({ "$ref": "#/components/schemas/Order" }));
        assert_eq!(places[0], places[1]);
        assert_eq!(schemas["Order"]["properties"]["price"], json!({ "$ref": "#/components/schemas/Money" }));
        assert_eq!(schemas.as_object().unwrap().len(), 2);
    }

    #[test]
    fn two_types_of_one_name_have_their_modules_before_it() {
        let (places, schemas) = names(&[("a", of_money("cents")), ("b", of_money("rappen")), ("b", of_money("p"))]);
        assert_eq!(places[1], json!({ "$ref": "#/components/schemas/b.Order" }));
        let keys: Vec<&String> = schemas.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["a.Money", "a.Order", "b.Money", "b.Money2", "b.Order", "b.Order2"]);
        assert_eq!(schemas["b.Order"]["properties"]["price"], json!({ "$ref": "#/components/schemas/b.Money" }));
    }

    #[test]
    fn what_is_sent_to_us_in_another_form_is_called_its_input() {
        let mut schemas = Schemas::default();
        let mut closed = of_money("cents");
        closed["$defs"]["Money"]["additionalProperties"] = json!(false);
        let mut document = json!({ "components": {}, "places": [
            schemas.add_input("a", closed.clone()), schemas.add("a", of_money("cents")), schemas.add_input("b", closed),
        ] });
        schemas.finish(&mut document);
        let all = &document["components"]["schemas"];
        let keys: Vec<&String> = all.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["Money", "MoneyInput", "Order", "OrderInput"]);
        assert_eq!(document["places"][0], json!({ "$ref": "#/components/schemas/OrderInput" }));
        assert_eq!(document["places"][2], document["places"][0]);
        assert_eq!(all["OrderInput"]["properties"]["price"], json!({ "$ref": "#/components/schemas/MoneyInput" }));
        assert_eq!(all["MoneyInput"]["additionalProperties"], json!(false));
    }

    #[test]
    fn a_circle_ends_at_its_name() {
        let node = json!({ "title": "Node", "type": "object", "properties": { "next": { "$ref": "#" } } });
        let (places, schemas) = names(&[("a", node)]);
        assert_eq!(places[0], json!({ "$ref": "#/components/schemas/Node" }));
        assert_eq!(schemas["Node"]["properties"]["next"], places[0]);
    }

    #[test]
    fn what_has_no_parts_stays_where_it_is_and_values_are_left_alone() {
        let (places, schemas) =
            names(&[("a", json!({ "title": "uint64", "type": "integer", "default": { "$ref": "#" } }))]);
        assert_eq!(places[0], json!({ "type": "integer", "default": { "$ref": "#" } }));
        assert_eq!(schemas, json!({}));
    }
}
