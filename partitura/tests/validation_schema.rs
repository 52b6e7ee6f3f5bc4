//! The JSON Schema of a message says its rules: by form, and by what it forbids.
#![allow(missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use partitura::prelude::*;
use partitura::validate::{self, Pattern};
use serde_json::{Value, json};

partitura::app! { pub Rules { modules: [] } }

fn schema(message: &str) -> Value {
    let described = Rules::BLUEPRINT.describe();
    let message = described.messages.into_iter().find(|one| one.name.ends_with(&format!(".{message}")));
    message.unwrap().schema.unwrap()
}

const MOST: f64 = 1.5;

#[derive(Serialize, Deserialize, JsonSchema, Command)]
#[serde(rename_all = "camelCase")]
pub struct Say {
    #[validate(required)]
    pub first_name: String,
    #[serde(rename = "the/code")]
    #[validate(required, length(min = 3), pattern("[A-Z]+"))]
    pub code: String,
    #[validate(pattern("[a-z]+"), pattern("[^x]*"))]
    pub both: Option<String>,
    #[validate(required)]
    pub must: Option<String>,
    #[validate(required)]
    pub numbers: Vec<u8>,
    #[validate(required, length(max = 2))]
    pub by_name: BTreeMap<String, u8>,
    #[validate(range(above = -0.5, below = MOST))]
    pub ratio: Option<f64>,
    #[validate(range(above = 3, max = 9))]
    pub count: u32,
    #[validate(each(required, length(max = 5)))]
    pub tags: BTreeSet<String>,
    #[validate(each(each(range(min = 1, below = 9))))]
    pub table: BTreeMap<u8, Option<Vec<u8>>>,
    #[validate(each(email))]
    pub mails: Option<Vec<String>>,
    #[validate(each(url))]
    pub links: Box<[Option<String>]>,
    #[validate(email)]
    pub mail: String,
    #[validate(when("self.count > 3", required))]
    pub sometimes: String,
    #[validate(pattern(r"\d+"))]
    pub digits: String,
    #[serde(deserialize_with = "trimmed")]
    #[validate(pattern("[a-z]+"))]
    pub trimmed: String,
}

fn trimmed<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    String::deserialize(deserializer).map(|text| text.trim().to_owned())
}

#[handler]
pub async fn say(_command: Say) -> Result<()> {
    Ok(())
}

fn good() -> Value {
    json!({
        "firstName": "Ada", "the/code": "ABC", "both": "a", "must": "m", "numbers": [1], "byName": {"a": 1}, "ratio": 0.5,
        "count": 4, "tags": ["a"], "table": {"1": [1]}, "mails": ["a@b"], "links": ["http://a", null], "mail": "a@b",
        "sometimes": "x", "digits": "1", "trimmed": "a",
    })
}

#[test]
fn each_rule_has_its_keyword() {
    let schema = schema("Say");
    let of = |field: &str| schema["properties"][field].clone();
    assert_eq!(of("firstName"), json!({"type": "string", "minLength": 1, "pattern": r"[^\s\u0085]"}));
    assert_eq!(
        of("the/code"),
        json!({"type": "string", "minLength": 3, "pattern": "^[A-Z]+$", "allOf": [{"pattern": r"[^\s\u0085]"}]})
    );
    assert_eq!(
        of("both"),
        json!({"type": ["string", "null"], "pattern": "^[a-z]+$", "allOf": [{"pattern": "^[^x]*$"}]})
    );
    assert_eq!(of("must"), json!({"type": "string", "minLength": 1, "pattern": r"[^\s\u0085]"}));
    assert_eq!(of("numbers")["minItems"], 1);
    assert_eq!((&of("byName")["minProperties"], &of("byName")["maxProperties"]), (&json!(1), &json!(2)));
    assert_eq!(
        (&of("ratio")["exclusiveMinimum"], &of("ratio")["exclusiveMaximum"]),
        (&json!(-0.5), &json!(1.5)),
        "a literal, and a constant"
    );
    assert_eq!((&of("count")["exclusiveMinimum"], &of("count")["maximum"]), (&json!(3), &json!(9)));
    assert_eq!(
        of("tags")["items"],
        json!({"type": "string", "minLength": 1, "maxLength": 5, "pattern": r"[^\s\u0085]"})
    );
    let table = of("table")["patternProperties"][r"^\d+$"]["items"].clone();
    assert_eq!((&table["minimum"], &table["maximum"], &table["exclusiveMaximum"]), (&json!(1), &json!(255), &json!(9)));
    assert_eq!(of("mails")["items"]["format"], "email");
    assert_eq!(of("links")["items"], json!({"type": ["string", "null"], "format": "uri"}));
    assert_eq!(of("mail")["format"], "email");
}

#[test]
fn what_may_not_hold_is_not_said() {
    let schema = schema("Say");
    for field in ["sometimes", "digits", "trimmed"] {
        assert_eq!(schema["properties"][field], json!({"type": "string"}), "{field}");
    }
}

/// What breaks a rule is no malformed input, whatever the schema says: both are told by those who know them.
#[test]
fn a_malformed_input_is_explained_without_the_rules() {
    let mut input = good();
    input["firstName"] = json!("");
    input["count"] = json!("four");
    let error = Rules::BLUEPRINT.check_input("validation_schema.Say", input).unwrap_err();
    let pointers: Vec<&str> = error.failures().iter().map(|failure| failure.pointer.as_str()).collect();
    assert_eq!(pointers, ["/count"], "{error}");
}

/// Whether the schema forbids the value, by the keywords that stand for rules.
fn forbids(root: &Value, schema: &Value, value: &Value) -> bool {
    if let Some(name) = schema.get("$ref") {
        let target = root.pointer(&name.as_str().unwrap()[1..]).unwrap();
        if forbids(root, target, value) {
            return true;
        }
    }
    let of = |key: &str| schema.get(key).and_then(Value::as_f64);
    let outside = |unit: &str, size: usize| {
        let size = f64::from(u32::try_from(size).unwrap());
        of(&format!("min{unit}")).is_some_and(|min| size < min)
            || of(&format!("max{unit}")).is_some_and(|max| size > max)
    };
    let all = |key: &str| schema.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let any_of = all("anyOf");
    let own = match value {
        Value::String(text) => {
            let matches = |pattern: &Value| {
                let whole = format!("(?s:.*)(?:{})(?s:.*)", pattern.as_str().unwrap());
                Pattern::new(whole.leak()).is_match(text).unwrap()
            };
            outside("Length", text.chars().count()) || schema.get("pattern").is_some_and(|pattern| !matches(pattern))
        }
        Value::Number(number) => {
            let number = number.as_f64().unwrap();
            of("minimum").is_some_and(|min| number < min)
                || of("maximum").is_some_and(|max| number > max)
                || of("exclusiveMinimum").is_some_and(|min| number <= min)
                || of("exclusiveMaximum").is_some_and(|max| number >= max)
        }
        Value::Array(items) => {
            let first = all("prefixItems");
            outside("Items", items.len())
                || items.iter().enumerate().any(|(at, item)| {
                    first.get(at).or(schema.get("items")).is_some_and(|schema| forbids(root, schema, item))
                })
        }
        Value::Object(fields) => {
            let pattern = schema.get("patternProperties").and_then(|all| all.as_object()?.values().next());
            let others = pattern.or(schema.get("additionalProperties"));
            outside("Properties", fields.len())
                || fields.iter().any(|(name, value)| {
                    let own = schema.get("properties").and_then(|all| all.get(name)).or(others);
                    own.is_some_and(|schema| forbids(root, schema, value))
                })
        }
        // What schemars says of types, it says without us.
        Value::Null | Value::Bool(_) => false,
    };
    // The branch of an optional value that is for no value.
    let other = schema.get("type").is_some_and(|kind| kind == "null") && !value.is_null();
    own || other
        || all("allOf").iter().any(|part| forbids(root, part, value))
        || (!any_of.is_empty() && any_of.iter().all(|part| forbids(root, part, value)))
}

/// What breaks the rule at `field`, and what does not.
fn cases() -> Vec<(&'static str, Vec<Value>, Vec<Value>)> {
    vec![
        ("firstName", vec![json!(""), json!(" \t\n\u{a0}")], vec![json!(" a "), json!("\u{200b}")]),
        ("the/code", vec![json!("AB"), json!("abc"), json!("   "), json!("ABC\n")], vec![json!("ABCD")]),
        ("both", vec![json!("A"), json!("ax")], vec![json!("ab"), json!(null)]),
        ("must", vec![json!(""), json!(" ")], vec![json!("a")]),
        ("numbers", vec![json!([])], vec![json!([0])]),
        ("byName", vec![json!({}), json!({"a": 1, "b": 2, "c": 3})], vec![json!({"a": 0, "b": 1})]),
        ("ratio", vec![json!(-0.5), json!(1.5), json!(7)], vec![json!(-0.4), json!(1), json!(null)]),
        ("count", vec![json!(3), json!(10)], vec![json!(4), json!(9)]),
        ("tags", vec![json!([""]), json!(["a", "abcdef"])], vec![json!([]), json!(["ölöüä"])]),
        (
            "table",
            vec![json!({"1": [0]}), json!({"1": [], "2": [9]})],
            vec![json!({}), json!({"1": null, "2": [1, 8]})],
        ),
        ("digits", vec![], vec![json!("12"), json!("٣")]),
        ("trimmed", vec![], vec![json!(" a ")]),
    ]
}

/// The schema forbids just what the rules refuse, in what it can say.
#[test]
fn what_the_schema_forbids_the_rules_refuse() {
    let schema = schema("Say");
    let refused = |value: &Value| {
        let message: Say = serde_json::from_value(value.clone()).unwrap();
        validate::check(&message).is_err()
    };
    assert!(!refused(&good()) && !forbids(&schema, &schema, &good()));
    for (field, bad, fine) in cases() {
        for (value, is_bad) in bad.iter().map(|bad| (bad, true)).chain(fine.iter().map(|fine| (fine, false))) {
            let mut input = good();
            input[field] = value.clone();
            assert_eq!(refused(&input), is_bad, "rules: {field} = {value}");
            assert_eq!(forbids(&schema, &schema, &input), is_bad, "schema: {field} = {value}");
        }
    }
}

pub mod nested {
    use super::*;

    #[derive(Serialize, Deserialize, JsonSchema, Command)]
    pub struct Order {
        #[validate(nested)]
        pub first: Line,
        #[validate(nested)]
        pub maybe: Option<Line>,
        #[validate(length(min = 1), nested)]
        pub lines: Vec<Line>,
        #[validate(each(nested))]
        pub by_name: BTreeMap<String, Box<Line>>,
        #[validate(nested)]
        pub pair: Pair,
        #[validate(nested)]
        pub tag: Option<Tag>,
        #[validate(nested)]
        pub own: Own,
        #[serde(flatten)]
        #[validate(nested)]
        pub page: Page<Line>,
        #[validate(nested)]
        pub tree: Tree,
    }

    #[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
    pub struct Line {
        #[validate(pattern("[a-z]+"))]
        pub article: String,
    }

    #[derive(Serialize, Deserialize, JsonSchema, Validate)]
    pub struct Pair(#[validate(nested)] pub Line, #[validate(range(above = 0))] pub i32);

    #[derive(Serialize, Deserialize, JsonSchema, Validate)]
    pub struct Tag(#[validate(required)] pub String);

    /// Rules by hand, of which no schema knows.
    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct Own {
        pub text: String,
    }

    impl validate::Validate for Own {
        fn validate(&self, report: &mut validate::Report<'_>) {
            if self.text.is_empty() {
                report.fail("own", "is empty");
            }
        }
    }

    #[derive(Serialize, Deserialize, JsonSchema, Validate)]
    pub struct Page<T: validate::Validate> {
        #[validate(nested)]
        pub items: Vec<T>,
        #[validate(range(above = 0, below = Self::MOST))]
        pub size: u32,
    }

    impl<T: validate::Validate> Page<T> {
        const MOST: u32 = 100;
    }

    #[derive(Serialize, Deserialize, JsonSchema, Validate)]
    pub struct Tree {
        #[validate(required)]
        pub name: String,
        #[validate(nested)]
        pub branches: Vec<Tree>,
        #[validate(nested)]
        pub parent: Option<Box<Tree>>,
    }

    #[handler]
    pub async fn order(_command: Order) -> Result<()> {
        Ok(())
    }

    /// A message that holds itself, and is inside of no other.
    #[derive(Serialize, Deserialize, JsonSchema, Query)]
    pub struct Search {
        #[validate(required)]
        pub text: String,
        #[validate(nested)]
        pub and: Option<Box<Search>>,
    }

    #[handler]
    pub async fn search(_query: Search) -> Result<()> {
        Ok(())
    }

    /// Its own types, each found by one way only.
    #[derive(Serialize, Deserialize, JsonSchema, Command)]
    pub struct Ways {
        #[validate(each(nested))]
        pub each: Vec<Option<Box<Word<1>>>>,
        #[validate(nested)]
        pub by_name: Option<BTreeMap<String, Vec<Word<2>>>>,
        #[validate(nested)]
        pub own: ByHand,
        #[validate(each(length(equal = 2), each(required)))]
        pub twice: [Vec<String>; 2],
        /// Not asked for, so the message has no such rule.
        pub other: Word<3>,
    }

    #[derive(Serialize, Deserialize, JsonSchema, Validate)]
    #[schemars(rename = "Word{N}")]
    pub struct Word<const N: usize>(#[validate(required)] pub String);

    #[derive(Serialize, Deserialize, JsonSchema)]
    pub struct ByHand {
        pub text: String,
    }

    impl validate::Validate for ByHand {
        const LIMITS: validate::Limits =
            &[validate::Limit::Field("text", &[validate::Limit::Longest(validate::Bound::Literal("3"))])];

        fn validate(&self, report: &mut validate::Report<'_>) {
            if self.text.len() > 3 {
                report.at("text").fail("long", "is too long");
            }
        }
    }

    /// What borrows has rules, too.
    #[derive(Validate)]
    pub struct Borrowed<'a> {
        #[validate(nested)]
        pub lines: &'a [Line],
        #[validate(pattern("[a-z]+"))]
        pub text: &'a str,
    }

    #[handler]
    pub async fn ways(_command: Ways) -> Result<()> {
        Ok(())
    }

    /// An event says its rules as well.
    #[derive(Serialize, Deserialize, JsonSchema, Event)]
    pub struct Ordered {
        #[validate(nested)]
        pub line: Line,
    }

    #[handler]
    pub async fn ordered(_event: &Ordered) -> Result<()> {
        Ok(())
    }

    #[derive(Serialize, Deserialize, JsonSchema, Command)]
    pub enum Either {
        This(Line),
        That {
            #[validate(required)]
            text: String,
        },
    }

    #[handler]
    pub async fn either(_command: Either) -> Result<()> {
        Ok(())
    }
}

#[test]
fn the_rules_of_a_type_stand_where_its_schema_does() {
    let schema = schema("Order");
    let of = |name: &str| schema["$defs"][name]["properties"].clone();
    let line = json!({"type": "string", "pattern": "^[a-z]+$"});
    assert_eq!(of("Line")["article"], line);
    assert_eq!(schema["properties"]["first"], json!({"$ref": "#/$defs/Line"}));
    assert_eq!(schema["properties"]["maybe"], json!({"anyOf": [{"$ref": "#/$defs/Line"}, {"type": "null"}]}));
    assert_eq!(schema["$defs"]["Pair"]["prefixItems"][1]["exclusiveMinimum"], 0);
    assert_eq!(schema["$defs"]["Tag"], json!({"type": "string", "minLength": 1, "pattern": r"[^\s\u0085]"}));
    assert_eq!(of("Own")["text"], json!({"type": "string"}));
    let size = &schema["properties"]["size"];
    assert_eq!(
        (&size["exclusiveMinimum"], &size["exclusiveMaximum"]),
        (&json!(0), &json!(100)),
        "flat, of a generic type"
    );
    assert_eq!(of("Tree")["name"], json!({"type": "string", "minLength": 1, "pattern": r"[^\s\u0085]"}));
}

#[test]
fn a_message_that_holds_itself_says_its_rules_at_every_depth() {
    let schema = schema("Search");
    assert_eq!(schema["properties"]["text"], json!({"type": "string", "minLength": 1, "pattern": r"[^\s\u0085]"}));
    let deep = json!({"text": "a", "and": {"text": "b", "and": {"text": " ", "and": null}}});
    assert!(forbids(&schema, &schema, &deep), "{schema:#}");
}

#[test]
fn limits_are_found_through_what_holds_a_value() {
    let schema = schema("Ways");
    let required = json!({"type": "string", "minLength": 1, "pattern": r"[^\s\u0085]"});
    assert_eq!(schema["$defs"]["Word1"], required);
    assert_eq!(schema["$defs"]["Word2"], required);
    assert_eq!(schema["$defs"]["Word3"], json!({"type": "string"}));
    assert_eq!(schema["$defs"]["ByHand"]["properties"]["text"], json!({"type": "string", "maxLength": 3}));
    let twice = &schema["properties"]["twice"];
    assert_eq!((&twice["minItems"], &twice["maxItems"]), (&json!(2), &json!(2)));
    let items = json!({"type": "array", "minItems": 2, "maxItems": 2, "items": required});
    assert_eq!(twice["items"], items);
    assert_eq!(<nested::Borrowed<'_> as validate::Validate>::LIMITS.len(), 2);
}

#[test]
fn events_say_their_rules_and_variants_do_not() {
    assert_eq!(schema("Ordered")["$defs"]["Line"]["properties"]["article"]["pattern"], "^[a-z]+$");
    assert!(!schema("Either").to_string().contains("pattern"));
}
