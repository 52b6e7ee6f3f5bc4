//! What is typed, and what becomes of it. No application is needed: the schema says it all.

use std::ffi::OsString;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::composed::{self, Input};
use super::fields::{self, Line};
use super::mistakes;
use crate::input::explain;
use crate::input::shape::Shape;

/// One field of each kind. Read by nobody: only its schema is looked at.
#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct Everything {
    name: String,
    nick: Option<String>,
    age: Option<u8>,
    ratio: Option<f64>,
    #[serde(default)]
    loud: bool,
    quiet: Option<bool>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    grid: Vec<Vec<i32>>,
    size: Option<(u8, u8)>,
    color: Option<Color>,
    shape: Option<Form>,
    first_name: Option<String>,
    address: Option<Address>,
    #[serde(default)]
    lines: Vec<Entry>,
    extra: Option<Value>,
    id: Option<Id>,
    password: Option<u32>,
    /// Taken from the framework.
    profile: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(dead_code)]
enum Color {
    Red,
    Blue,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
enum Form {
    Dot,
    Circle { radius: u32 },
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)]
enum Id {
    Number(u64),
    Text(String),
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct Address {
    city: String,
    zip_code: Option<u32>,
}

#[derive(Deserialize, JsonSchema)]
#[allow(dead_code)]
struct Entry {
    sku: String,
    #[serde(default)]
    tags: Vec<String>,
}

struct Read {
    input: Input,
    wrong: Vec<String>,
}

fn schema() -> Value {
    crate::input::schema_of::<Everything>()
}

fn typed(line: &[&str]) -> Vec<OsString> {
    line.iter().map(OsString::from).collect()
}

fn parse(schema: &Value, line: &[&str]) -> Line {
    fields::parse(&Shape::new(schema), typed(line), &["set", "profile", "config-dir"])
}

/// The input that `line` makes over `file`, and everything that is wrong with it.
fn read(file: Option<Value>, line: &[&str]) -> Read {
    let schema = schema();
    let shape = Shape::new(&schema);
    let Line { fields, mistakes: mut wrong, .. } = parse(&schema, line);
    let input = composed::build(file.map(|value| ("plan.json".to_owned(), value)), fields, &mut wrong);
    wrong.extend(mistakes::lines(&shape, &input, &explain(&schema, &input.value_or_empty())));
    Read { input, wrong }
}

#[track_caller]
fn check(line: &[&str], expect: Value) {
    assert_eq!(read(None, line).input.value, expect, "{line:?}");
}

#[track_caller]
fn check_wrong(line: &[&str], expect: &[&str]) {
    assert_eq!(read(None, line).wrong, expect, "{line:?}");
}

#[test]
fn values_are_parsed_as_the_schema_says() {
    check(&[], Value::Null);
    check(&["--name", "Ada"], json!({ "name": "Ada" }));
    check(&["--name=Ada=Eve"], json!({ "name": "Ada=Eve" }));
    check(&["--name="], json!({ "name": "" }));
    check(&["--name", "5", "--nick", "null"], json!({ "name": "5", "nick": "null" }));
    check(&["--name", "\"quoted\""], json!({ "name": "\"quoted\"" }));
    check(&["--age", "5", "--ratio", "1e3"], json!({ "age": 5, "ratio": 1000.0 }));
    check(&["--age", "-5"], json!({ "age": -5 }));
    check(&["--age", "null"], json!({ "age": null }));
    check(&["--ratio", "2"], json!({ "ratio": 2 }));
    check(&["--color", "red"], json!({ "color": "red" }));
    check(&["--shape", "Dot"], json!({ "shape": "Dot" }));
    check(&["--shape", r#"{"Circle":{"radius":1}}"#], json!({ "shape": { "Circle": { "radius": 1 } } }));
    check(&["--id", "7"], json!({ "id": 7 }));
    check(&["--id", "seven"], json!({ "id": "seven" }));
    check(&["--size", "[1,2]"], json!({ "size": [1, 2] }));
    check(&["--extra", r#"{"a":[1]}"#], json!({ "extra": { "a": [1] } }));
    check(&["--extra", "plain"], json!({ "extra": "plain" }));
}

#[test]
fn what_does_not_parse_stays_a_text_for_the_decoder() {
    check(&["--age", "old"], json!({ "age": "old" }));
    check(&["--ratio", "NaN"], json!({ "ratio": "NaN" }));
    check(&["--address", "{city"], json!({ "address": "{city" }));
    check(&["--loud", "yes"], json!({ "loud": "yes" }));
}

#[test]
fn a_switch_needs_no_value() {
    check(&["--loud", "--quiet"], json!({ "loud": true, "quiet": true }));
    check(&["--loud", "false", "--quiet=false"], json!({ "loud": false, "quiet": false }));
    check(&["--loud", "--name", "Ada"], json!({ "loud": true, "name": "Ada" }));
}

#[test]
fn lists_repeat_or_come_whole() {
    check(&["--tags", "a", "--tags", "b"], json!({ "tags": ["a", "b"] }));
    check(&["--tags", r#"["a","b"]"#, "--tags", "c"], json!({ "tags": ["a", "b", "c"] }));
    check(&["--tags", "1"], json!({ "tags": ["1"] }));
    check(&["--tags", "[]"], json!({ "tags": [] }));
    check(&["--grid", "[1,2]", "--grid", "[3]"], json!({ "grid": [[1, 2], [3]] }));
    check(&["--grid", "[[1,2],[3]]"], json!({ "grid": [[1, 2], [3]] }));
}

#[test]
fn names_are_spelled_as_on_a_command_line() {
    check(&["--first-name", "Ada"], json!({ "first_name": "Ada" }));
    check(&["--first_name", "Ada"], json!({ "first_name": "Ada" }));
    check(
        &["--address.city", "Rome", "--address.zip-code", "7"],
        json!({ "address": { "city": "Rome", "zip_code": 7 } }),
    );
    // What is inside wins over the whole, wherever it stands.
    check(&["--address.city", "Rome", "--address", r#"{"city":"Bonn"}"#], json!({ "address": { "city": "Rome" } }));
}

#[test]
fn fields_win_over_the_file() {
    let file = json!({ "name": "Bob", "tags": ["x"], "address": { "city": "Bonn", "zip_code": 1 } });
    let line = ["--name", "Ada", "--tags", "a", "--tags", "b", "--address.city", "Rome"];
    let expect = json!({ "name": "Ada", "tags": ["a", "b"], "address": { "city": "Rome", "zip_code": 1 } });
    assert_eq!(read(Some(file), &line).input.value, expect);
    let read = read(Some(json!([1])), &["--name", "Ada"]);
    assert!(read.wrong.contains(&"plan.json: must be an object when fields are given as well".to_owned()));
}

#[test]
fn a_field_wins_over_a_flag_of_the_framework() {
    let line =
        parse(&schema(), &["--profile", "mine", "--set", "a=1", "--set=b=2", "--json", "-", "--config-dir", "d"]);
    assert_eq!(line.fields.len(), 1);
    assert_eq!(line.json.as_deref(), Some("-"));
    let own = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    assert_eq!(line.own, [own("set", "a=1"), own("set", "b=2"), own("config-dir", "d")]);
    assert!(parse(&schema(), &["--name", "x", "--help"]).help && parse(&schema(), &["-h"]).help);
    assert_eq!(parse(&schema(), &["--json"]).mistakes, ["--json: needs a value"]);
}

#[test]
fn every_mistake_is_one_line_in_words_of_the_command_line() {
    check_wrong(&[], &["--name: missing (string)"]);
    check_wrong(&["--nmae", "Ada"], &["--name: missing (string)", "--nmae: unknown field; did you mean `--name`?"]);
    check_wrong(&["--name", "Ada", "--age", "old"], &["--age: must be an integer or null, not `old`"]);
    check_wrong(&["--name", "Ada", "--age", "256"], &["--age: must be between 0 and 255, not `256`"]);
    check_wrong(
        &["--name", "Ada", "--frist-name", "x"],
        &["--frist-name: unknown field; did you mean `--first-name`?"],
    );
    check_wrong(
        &["--name", "Ada", "--address.ctiy", "Rome", "--address.zip-code", "x"],
        &[
            "--address.city: missing (string)",
            "--address.zip-code: must be an integer or null, not `x`",
            "--address.ctiy: unknown field; did you mean `--address.city`?",
        ],
    );
    check_wrong(
        &["--name", "Ada", "--grid", "[1]", "--grid", r#"["x"]"#],
        &["--grid.1.0: must be an integer, not `x`"],
    );
}

#[test]
fn a_secret_is_not_quoted() {
    check_wrong(&["--name", "Ada", "--password", "hunter2"], &["--password: must be an integer or null, not a string"]);
}

#[test]
fn what_no_decoder_sees_is_told_with_the_rest() {
    check_wrong(
        &["Ada", "--age", "old"],
        &[
            "`Ada`: a field goes by its name, as in --name Ada",
            "--name: missing (string)",
            "--age: must be an integer or null, not `old`",
        ],
    );
    check_wrong(
        &["-n", "Ada", "--name", "x"],
        &["`-n`: a field is written with two dashes; did you mean one of `--name`, `--nick`?"],
    );
    check_wrong(&["name=Ada", "--name", "x"], &["`name=Ada`: write --name=Ada"]);
    check_wrong(
        &["--name", "--loud"],
        &["--name: needs a value (string); one that begins with `--` is written --name=--loud"],
    );
    check_wrong(&["--name"], &["--name: needs a value (string)"]);
    check_wrong(&["--name", "a", "--name", "b"], &["--name: is given twice"]);
    check_wrong(
        &["--name", "a", "--address", "x", "--address.city", "y"],
        &["--address.city: what it is part of is no object", "--address: must be an object, not `x`"],
    );
}

#[test]
fn a_mistake_in_the_file_names_the_file() {
    let read = read(Some(json!({ "name": 3, "address": {} })), &["--age", "x"]);
    assert_eq!(
        read.wrong,
        [
            "plan.json: /name: must be a string, not an integer",
            "--age: must be an integer or null, not `x`",
            "plan.json: /address/city: missing field `city` (string)",
        ]
    );
}

#[test]
fn json_is_an_input_whose_mistakes_have_pointers() {
    let schema = serde_json::json!({ "type": "object", "required": ["owner"], "properties": {
        "owner": { "type": "string" },
        "pin": { "type": "string", "writeOnly": true },
        "token": { "type": "string" },
        "kind": { "anyOf": [{ "type": "string", "enum": ["a", "b"] }, { "type": "string", "const": "c" }, { "type": "null" }] },
    } });
    let shape = Shape::new(&schema);
    let secret = |name: &str| shape.is_secret(&shape.field(shape.root(), name).unwrap());
    assert_eq!(["owner", "pin", "token"].map(secret), [false, true, true]);
    assert_eq!(shape.names(shape.field(shape.root(), "kind").unwrap().schema), ["a", "b", "c"]);
    let input = super::json("input", "{\"owner\": 1}").unwrap();
    let failures = crate::input::explain(&schema, &input.value);
    let error = crate::error::Error::malformed("the input", failures);
    assert_eq!(
        super::refusal(&error, None::<String>, &shape, &input),
        ["input: /owner: must be a string, not an integer"]
    );
    assert_eq!(super::json("input", "{\n1}").unwrap_err().len(), 1);
    assert!(super::json("input", "{\n1}").unwrap_err()[0].starts_with("input:2:1: "));
    assert_eq!(super::json("input", "{\"a\": 1, \"a\": 2}").unwrap_err().len(), 1);
    assert_eq!(super::json("input", " ").unwrap_err(), ["input: is empty"]);
}

#[test]
fn elements_go_by_their_numbers() {
    check(
        &["--lines.1.sku", "b", "--lines.0.sku", "a", "--lines.0.tags", "x", "--lines.0.tags", "y"],
        json!({ "lines": [{ "sku": "a", "tags": ["x", "y"] }, { "sku": "b" }] }),
    );
    check(&["--lines.0", r#"{"sku":"a"}"#, "--lines.0.tags", "x"], json!({ "lines": [{ "sku": "a", "tags": ["x"] }] }));
    check(&["--tags", "a", "--tags", "b", "--tags.1", "c"], json!({ "tags": ["a", "c"] }));
    check(&["--grid.0.1", "2", "--grid.0.0", "1"], json!({ "grid": [[1, 2]] }));
    check(&["--size.0", "1", "--size.1", "2"], json!({ "size": [1, 2] }));
    let file = json!({ "lines": [{ "sku": "a" }, { "sku": "b" }] });
    let line = ["--lines.1.sku", "c", "--lines.2.sku", "d"];
    let expect = json!({ "lines": [{ "sku": "a" }, { "sku": "c" }, { "sku": "d" }] });
    assert_eq!(read(Some(file), &line).input.value, expect);
}

#[test]
fn mistakes_within_lists_are_told_at_the_flag() {
    check_wrong(
        &["--name", "x", "--lines.0.sku", "a", "--lines.0.tagz", "b", "--lines.1.tags", "c", "--grid.0", "[x]"],
        &[
            "--grid.0.0: must be an integer, not `[x]`",
            "--lines.0.tagz: unknown field; did you mean `--lines.0.tags`?",
            "--lines.1.sku: missing (string)",
        ],
    );
    check_wrong(
        &["--name", "x", "--lines.2.sku", "a", "--lines.0.sku", "b"],
        &["--lines.2.sku: leaves out --lines.1; the elements of a list are 0, 1, 2 and so on"],
    );
    check_wrong(
        &["--name", "x", "--lines.1000.sku", "a"],
        &["--lines.1000.sku: a list takes at most 1000 elements by their numbers; give it with --json"],
    );
    check_wrong(
        &["--name", "x", "--lines", r#"[{"sku":1}]"#, "--lines.first.sku", "a"],
        &["--lines.first.sku: what it is part of is no object", "--lines.0.sku: must be a string, not an integer"],
    );
}

#[test]
fn help_lists_what_is_within_and_ends_with_a_line_that_works() {
    let schema = schema();
    let shape = Shape::new(&schema);
    let rows = super::help::rows(&shape);
    let row = |name: &str| rows.iter().find(|row| row[0].trim() == name).map(|row| row[1].as_str());
    assert_eq!(row("--name"), Some("required, string"));
    assert_eq!(row("--address.zip-code"), Some("optional, integer or null"));
    assert_eq!(row("--lines.0.sku"), Some("required in it, string"));
    assert_eq!(row("--lines"), Some("optional, list of object, may be repeated"));
    let example = super::spelled::example(&shape).unwrap();
    assert_eq!(example, json!({ "name": "Ada" }));
}

mod line_of_a_value {
    use proptest::prelude::*;

    use super::super::spelled;
    use super::*;

    fn texts() -> impl Strategy<Value = String> {
        let odd = ["", "-", "--", "--name", "null", "5", "true", "[1]", "{}", "\"x\"", "a=b", "-h", " "];
        prop_oneof![any::<String>(), prop::sample::select(odd.to_vec()).prop_map(str::to_owned)]
    }

    prop_compose! {
        fn addresses()(city in texts(), zip in any::<Option<u32>>()) -> Value {
            json!({ "city": city, "zip_code": zip })
        }
    }

    prop_compose! {
        fn entries()(sku in texts(), tags in prop::collection::vec(texts(), 0..3)) -> Value {
            json!({ "sku": sku, "tags": tags })
        }
    }

    prop_compose! {
        fn messages()(
            (name, nick) in (texts(), prop::option::of(texts())),
            (age, ratio, loud) in (any::<Option<u8>>(), -1e9..1e9, any::<bool>()),
            tags in prop::collection::vec(texts(), 0..4),
            grid in prop::collection::vec(prop::collection::vec(any::<i32>(), 0..3), 0..3),
            color in prop::sample::select(vec!["red", "blue"]),
            form in prop_oneof![Just(json!("Dot")), any::<u32>().prop_map(|it| json!({ "Circle": { "radius": it } }))],
            address in prop::option::of(addresses()),
            lines in prop::collection::vec(entries(), 0..3),
            id in prop_oneof![any::<u64>().prop_map(Value::from), texts().prop_map(Value::from)],
        ) -> Value {
            let mut value = json!({
                "name": name, "ratio": ratio, "loud": loud, "tags": tags, "grid": grid, "color": color, "shape": form,
                "lines": lines, "id": id,
            });
            for (key, own) in [("nick", json!(nick)), ("age", json!(age)), ("address", json!(address))] {
                if !own.is_null() {
                    value[key] = own;
                }
            }
            value
        }
    }

    #[test]
    fn opens_objects_and_repeats_lists() {
        let schema = schema();
        let value = json!({
            "name": "--x", "tags": ["a", "[b]"], "address": { "city": "", "zip_code": 7 },
            "lines": [{ "sku": "a", "tags": ["b"] }], "extra": { "a": [1] },
        });
        let arguments = spelled::arguments(&Shape::new(&schema), &value).unwrap();
        assert_eq!(
            spelled::quoted(&arguments),
            "--name=--x --tags a --tags '[b]' --address.city= --address.zip-code 7 --lines '{\"sku\":\"a\",\"tags\":[\"b\"]}' \
             --extra '{\"a\":[1]}'"
        );
        // A flag means a field, so what is no object, and a field that is called as `--help`, take --json.
        assert_eq!(spelled::arguments(&Shape::new(&schema), &json!([1])), None);
    }

    proptest! {
        #[test]
        fn is_read_as_the_same_value(value in messages()) {
            let schema = schema();
            let shape = Shape::new(&schema);
            if let Some(arguments) = spelled::arguments(&shape, &value) {
                let typed: Vec<&str> = arguments.iter().map(String::as_str).collect();
                let read = read(None, &typed);
                prop_assert_eq!(&read.wrong, &Vec::<String>::new(), "{:?}", &arguments);
                prop_assert_eq!(read.input.value, value, "{:?}", arguments);
            }
        }
    }
}

/// Names in all spellings, a map whose keys are numbers, and a large number.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
#[allow(dead_code)]
struct Spelled {
    small_int: u8,
    #[serde(rename = "n-items")]
    items: u8,
    #[serde(rename = "HTTPPort")]
    port: u8,
    #[serde(rename = "sameName")]
    one: u8,
    #[serde(rename = "same_Name")]
    other: u8,
    by_number: std::collections::BTreeMap<i32, u8>,
    big: u64,
    either: Option<Id>,
}

fn read_spelled(line: &[&str]) -> (Value, Vec<String>) {
    let schema = crate::input::schema_of::<Spelled>();
    let shape = Shape::new(&schema);
    let Line { fields, mistakes: mut wrong, .. } = parse(&schema, line);
    let input = composed::build(None, fields, &mut wrong);
    wrong.extend(mistakes::lines(&shape, &input, &explain(&schema, &input.value_or_empty())));
    (input.value, wrong)
}

#[test]
fn the_words_of_a_name_may_be_told_apart_in_any_way() {
    for flag in ["--smallInt", "--small-int", "--small_int"] {
        assert_eq!(read_spelled(&[flag, "1"]), (json!({ "smallInt": 1 }), vec![]), "{flag}");
    }
    for flag in ["--n-items", "--n_items", "--nItems"] {
        assert_eq!(read_spelled(&[flag, "1"]), (json!({ "n-items": 1 }), vec![]), "{flag}");
    }
    // Its own name is always a field's; of what may mean two, neither is meant.
    assert_eq!(read_spelled(&["--sameName", "1", "--same_Name", "2"]).0, json!({ "sameName": 1, "same_Name": 2 }));
    assert_eq!(read_spelled(&["--same_name", "1"]).1.len(), 1);
    assert_eq!(read_spelled(&["--HTTPPort", "1"]).1, Vec::<String>::new());
}

#[test]
fn a_map_may_have_integers_for_keys() {
    assert_eq!(
        read_spelled(&["--by-number.5", "3", "--by-number.-7=4"]),
        (json!({ "byNumber": { "5": 3, "-7": 4 } }), vec![])
    );
    let wrong = ["--by-number.5: must be an integer, not `x`", "--by-number.y: the key must be an integer, not `y`"];
    assert_eq!(read_spelled(&["--by-number.5", "x", "--by-number.y", "1"]).1, wrong);
}

#[test]
fn an_integer_that_is_too_large_is_called_that() {
    for number in ["18446744073709551616", "-9223372036854775809", "340282366920938463463374607431768211456"] {
        assert_eq!(read_spelled(&["--big", number]).1, ["--big: must be an integer of at most 64 bits"], "{number}");
    }
    assert_eq!(read_spelled(&["--big", "18446744073709551615"]), (json!({ "big": u64::MAX }), vec![]));
    assert_eq!(read_spelled(&["--big", "1e30"]).1, ["--big: must be an integer, not `1e30`"]);
    // A text that may be a text stays one.
    let text = "18446744073709551616";
    assert_eq!(read_spelled(&["--either", text]), (json!({ "either": text }), vec![]));
}
