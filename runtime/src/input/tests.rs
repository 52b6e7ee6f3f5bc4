//! One test per rule; its table holds an input and the mistakes that it has, one line for each.

#![expect(dead_code, reason = "the types are there to be decoded, nobody reads them")]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use proptest::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

#[derive(Debug, Deserialize, JsonSchema)]
struct Nothing;

#[derive(Debug, Deserialize, JsonSchema)]
struct Empty {}

#[derive(Debug, Deserialize, JsonSchema)]
struct Defaults {
    #[serde(default)]
    page: u32,
    after: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Address {
    city: String,
    zip_code: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Person {
    name: String,
    age: u8,
    #[serde(default)]
    active: bool,
    home: Option<Address>,
    #[serde(default)]
    other: Vec<Address>,
    #[serde(default)]
    by_name: BTreeMap<String, Address>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Numbers {
    i8: i8,
    i32: i32,
    i64: i64,
    u8: u8,
    u64: u64,
    usize: usize,
    f: f64,
    one: std::num::NonZeroU8,
    some: std::num::NonZeroI32,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Shapes {
    c: char,
    pair: (u8, String),
    three: [u8; 3],
    unit: (),
    any: Value,
    set: BTreeSet<String>,
    by_number: BTreeMap<u8, bool>,
    /// Limits that schemars writes on demand.
    #[schemars(length(min = 2, max = 4))]
    text: String,
    #[schemars(range(min = 1.5))]
    rate: f32,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Wrapper(Address);

#[derive(Debug, Deserialize, JsonSchema)]
struct Pair(u8, String);

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Color {
    Red,
    DarkGreen,
}

#[derive(Debug, Deserialize, JsonSchema)]
enum Documented {
    /// The first.
    One,
    /// The second.
    Two,
}

#[derive(Debug, Deserialize, JsonSchema)]
enum External {
    Dot,
    Circle { radius: u8 },
    At(Address),
    Line(u8, u8),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "type")]
enum Internal {
    Dot,
    Circle { radius: u8 },
    At(Address),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Dot,
    Circle { radius: u8 },
    Line(u8, u8),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Text(String),
    Circle { radius: u8, color: Color },
    Square { side: u8 },
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Holder {
    color: Color,
    maybe: Option<Color>,
    external: Option<External>,
    internal: Option<Internal>,
    adjacent: Option<Adjacent>,
    untagged: Option<Untagged>,
    documented: Option<Documented>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Flat {
    id: u8,
    #[serde(flatten)]
    address: Address,
    #[serde(flatten)]
    shape: External,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct FlatTagged {
    id: u8,
    #[serde(flatten)]
    shape: Internal,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct FlatTwo {
    id: u8,
    #[serde(flatten)]
    first: External,
    #[serde(flatten)]
    second: Internal,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct CatchAll {
    id: u8,
    #[serde(flatten)]
    rest: HashMap<String, u8>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Tree {
    left: Option<Box<Tree>>,
    #[serde(default)]
    kids: Vec<Tree>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Expression {
    Number(f64),
    Sum { left: Box<Expression>, right: Box<Expression> },
    Product { left: Box<Expression>, right: Box<Expression>, exact: bool },
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Strict {
    #[serde(rename = "the name")]
    name: String,
    #[serde(default)]
    port: u16,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Aliased {
    #[serde(alias = "title")]
    name: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Login {
    user: Color,
    password: Color,
    #[serde(default)]
    api_token: u8,
}

/// A type of the kind that only serde knows.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
struct Even(u8);

impl<'de> Deserialize<'de> for Even {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::{Error as _, Unexpected};
        let number = u8::deserialize(deserializer)?;
        let refused = || D::Error::invalid_value(Unexpected::Unsigned(number.into()), &"an even number");
        (number % 2 == 0).then_some(Even(number)).ok_or_else(refused)
    }
}

#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
struct Mail(String);

impl<'de> Deserialize<'de> for Mail {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::{Error as _, Unexpected};
        let text = String::deserialize(deserializer)?;
        let refused = || D::Error::invalid_value(Unexpected::Str(&text), &"an e-mail address");
        if text.contains('@') { Ok(Mail(text)) } else { Err(refused()) }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Custom {
    #[serde(default)]
    evens: Vec<Even>,
    mail: Option<Mail>,
    secret_mail: Option<Mail>,
}

/// What `decode` says to `value`, one line for each mistake: pointer, code, message. None: accepted.
#[track_caller]
fn check<M: DeserializeOwned + JsonSchema + std::fmt::Debug>(value: Value, expect: &[&str]) {
    let text = value.to_string();
    let found = mistakes(&decode::<M>("m.M", value.clone()));
    assert_eq!(found, expect, "{text}");
    assert_eq!(mistakes(&decode_text::<M>("m.M", text.as_bytes())), expect, "as text: {text}");
}

fn mistakes<M>(outcome: &Result<M>) -> Vec<String> {
    let Err(error) = outcome else { return Vec::new() };
    assert!(error.is_malformed() && error.kind() == crate::Kind::Invalid);
    assert!(!error.failures().is_empty(), "a refusal without a reason");
    error.failures().iter().map(|f| format!("{} {} {}", f.pointer, f.code, f.message)).collect()
}

/// What `decode_text` says to `text`.
#[track_caller]
fn check_text<M: DeserializeOwned + JsonSchema>(text: &[u8], expect: &[&str]) {
    assert_eq!(mistakes(&decode_text::<M>("m.M", text)), expect, "{}", String::from_utf8_lossy(text));
}

#[test]
fn input_that_is_right_is_accepted() {
    check::<Person>(json!({"name": "Ada", "age": 36, "home": {"city": "London", "zipCode": 1}}), &[]);
    check::<Wrapper>(json!({"city": "London", "zipCode": 1}), &[]);
    check::<Pair>(json!([1, "a"]), &[]);
    check::<External>(json!("Dot"), &[]);
    check::<External>(json!({"Dot": null}), &[]);
    check::<Untagged>(json!({"side": 3}), &[]);
    check::<CatchAll>(json!({"id": 1, "anything": 2}), &[]);
    check::<Aliased>(json!({"title": "x"}), &[]);
    check::<Tree>(json!({"left": {"left": null}, "kids": [{}]}), &[]);
    check::<Even>(json!(4), &[]);
}

#[test]
fn input_lists_every_mistake_at_once() {
    check::<Person>(
        json!({"nam": "Ada", "age": "36", "home": {"city": 1}, "other": [{"city": "x", "zipCode": -1}, 7],
               "by_name": {"a": {"city": "y", "zipCode": 1, "zip": 2}}}),
        &[
            "/name missing missing field `name` (string)",
            "/age type must be an integer, not a string",
            "/home/city type must be a string, not an integer",
            "/home/zipCode missing missing field `zipCode` (integer)",
            "/other/0/zipCode range must be between 0 and 4294967295, not `-1`",
            "/other/1 type must be an object, not an integer",
            "/by_name/a/zip unknown unknown field `zip`",
            "/nam unknown unknown field `nam`; did you mean `name`?",
        ],
    );
}

#[test]
fn input_error_counts_its_mistakes() {
    let one = decode::<Person>("quickstart.Greet", json!({"name": "Ada"})).unwrap_err();
    assert_eq!(one.message(), "the input of `quickstart.Greet` has 1 mistake");
    let two = decode::<Person>("quickstart.Greet", json!({})).unwrap_err();
    assert_eq!(two.message(), "the input of `quickstart.Greet` has 2 mistakes");
    assert_eq!(two.http_status(), 400);
}

#[test]
fn input_unknown_field_is_refused_at_any_depth_though_serde_accepts() {
    check::<Person>(
        json!({"name": "Ada", "age": 1, "home": {"city": "x", "zipCode": 1, "citi": 2}, "x/y~z": 1}),
        &["/home/citi unknown unknown field `citi`; did you mean `city`?", "/x~1y~0z unknown unknown field `x/y~z`"],
    );
    check::<Empty>(json!({"a": 1}), &["/a unknown unknown field `a`"]);
    check::<External>(json!({"Circle": {"radius": 1, "r": 2}}), &["/Circle/r unknown unknown field `r`"]);
    check::<Adjacent>(json!({"t": "Dot", "x": 1}), &["/x unknown unknown field `x`"]);
    check::<Strict>(json!({"the name": "x", "prot": 1}), &["/prot unknown unknown field `prot`; did you mean `port`?"]);
}

#[test]
fn input_verdict_is_serdes_where_the_schema_knows_less() {
    // The schema knows no alias: `title` would be unknown and `name` missing.
    check::<Aliased>(json!({"title": "x", "y": 1}), &["/y unknown unknown field `y`"]);
    // serde knows of no limit, so it is not for this room.
    check::<Shapes>(
        json!({"c": "x", "pair": [1, "b"], "three": [1, 2, 3], "unit": null, "any": 1, "set": ["a", "a"],
               "by_number": {"1": true}, "text": "x", "rate": 1}),
        &[],
    );
}

/// `serde_ignored` tells places without the names of variants on the way.
#[test]
fn input_unknown_field_is_found_behind_a_variant() {
    let path = ["a".to_owned(), "x/y".to_owned()];
    assert!(is_at(&path, "/a/x~1y") && is_at(&path, "/a/Variant/x~1y") && is_at(&path, "/Variant/a/x~1y"));
    assert!(!is_at(&path, "/b/x~1y") && !is_at(&path, "/x~1y") && !is_at(&path, "/a/x~1y/z") && !is_at(&path, ""));
}

#[test]
fn input_that_is_absent_is_an_empty_object() {
    check::<Nothing>(json!(null), &[]);
    check::<Nothing>(json!({}), &[]);
    check::<Empty>(json!(null), &[]);
    check::<Empty>(json!({}), &[]);
    check::<Defaults>(json!(null), &[]);
    check_text::<Defaults>(b" \n", &[]);
    check_text::<Nothing>(b"", &[]);
    check::<Wrapper>(
        json!(null),
        &["/city missing missing field `city` (string)", "/zipCode missing missing field `zipCode` (integer)"],
    );
    check::<Nothing>(json!({"a": 1}), &["/a unknown unknown field `a`"]);
    check::<Nothing>(json!(1), &[" type must be null, not an integer"]);
    check::<Pair>(json!(null), &[" type must be a list, not null"]);
    check::<Color>(json!(null), &[" type must be one of `red`, `dark_green`, not null"]);
    check::<Option<Address>>(
        json!({}),
        &["/city missing missing field `city` (string)", "/zipCode missing missing field `zipCode` (integer)"],
    );
}

#[test]
fn input_number_out_of_its_types_range_says_the_range() {
    check::<Numbers>(
        json!({"i8": -129, "i32": 3_000_000_000_i64, "i64": u64::MAX, "u8": 300, "u64": -1, "usize": 1e20, "f": 1,
               "one": 0, "some": 0}),
        &[
            "/i8 range must be between -128 and 127, not `-129`",
            "/i32 range must be between -2147483648 and 2147483647, not `3000000000`",
            "/i64 range must be at most 9223372036854775807, not `18446744073709551615`",
            "/u8 range must be between 0 and 255, not `300`",
            "/u64 range must be at least 0, not `-1`",
            "/usize range must be an integer of at most 64 bits",
            "/one range must be between 1 and 255, not `0`",
            "/some range must not be 0",
        ],
    );
    check::<u8>(json!(3.5), &[" type must be an integer, not `3.5`"]);
}

#[test]
fn input_of_every_shape_is_explained() {
    check::<Shapes>(
        json!({"c": "xy", "pair": [1], "three": [1, 2, 300, 4], "unit": 1, "set": [1], "by_number": {"x": 1},
               "text": "abcde", "rate": 1}),
        &[
            "/c length must have exactly 1 character, not 2",
            "/pair length must have exactly 2 items, not 1",
            "/three length must have exactly 3 items, not 4",
            "/three/2 range must be between 0 and 255, not `300`",
            "/unit type must be null, not an integer",
            "/any missing missing field `any` (any value)",
            "/set/0 type must be a string, not an integer",
            "/by_number/x type must be a boolean, not an integer",
            "/by_number/x type the key must be an integer, not `x`",
            "/text length must have at most 4 characters, not 5",
            "/rate range must be at least 1.5, not `1`",
        ],
    );
    check::<Pair>(
        json!(["x", 1]),
        &["/0 type must be an integer, not a string", "/1 type must be a string, not an integer"],
    );
    check::<CatchAll>(json!({"id": 1, "x": "y"}), &["/x type must be an integer, not a string"]);
    check::<Vec<Address>>(json!({}), &[" type must be a list, not an object"]);
}

#[test]
fn input_enum_lists_its_names_and_the_near_one() {
    check::<Color>(json!("rad"), &[" enum must be one of `red`, `dark_green`, not `rad`; did you mean `red`?"]);
    check::<Color>(json!(7), &[" type must be one of `red`, `dark_green`, not an integer"]);
    check::<Holder>(
        json!({"color": "red", "maybe": "reed", "documented": "Tow"}),
        &[
            "/maybe enum must be one of `red`, `dark_green`, not `reed`; did you mean `red`?",
            "/documented enum must be one of `One`, `Two`, not `Tow`; did you mean `Two`?",
        ],
    );
}

#[test]
fn input_externally_tagged_enum_is_explained_by_its_variant() {
    check::<External>(
        json!({"Circle": {"radius": 300, "colour": 1}}),
        &["/Circle/radius range must be between 0 and 255, not `300`", "/Circle/colour unknown unknown field `colour`"],
    );
    check::<External>(
        json!({"Circel": {}}),
        &["/Circel enum the key must be one of `Dot`, `Circle`, `At`, `Line`, not `Circel`; did you mean `Circle`?"],
    );
    check::<External>(json!("Circle"), &[" type `Circle` needs its content: {\"Circle\": ..}"]);
    check::<External>(
        json!("Dott"),
        &[" enum must be one of `Dot`, `Circle`, `At`, `Line`, not `Dott`; did you mean `Dot`?"],
    );
    check::<External>(json!(1), &[" type must be one of `Dot`, `Circle`, `At`, `Line`, not an integer"]);
    check::<External>(json!({}), &[" type must have exactly one key, one of `Dot`, `Circle`, `At`, `Line`"]);
    check::<External>(
        json!({"Circle": {"radius": 1}, "Line": [1, 2]}),
        &[" type must be only one of `Dot`, `Circle`, `At`, `Line`, not `Circle` and `Line`"],
    );
    check::<External>(json!({"Dot": 1}), &["/Dot type must be null, not an integer"]);
    check::<External>(json!({"Line": [1, "x"]}), &["/Line/1 type must be an integer, not a string"]);
}

#[test]
fn input_internally_tagged_enum_is_explained_by_its_variant() {
    check::<Internal>(
        json!({"type": "At", "zipCode": "x", "z": 1}),
        &[
            "/city missing missing field `city` (string)",
            "/zipCode type must be an integer, not a string",
            "/z unknown unknown field `z`",
        ],
    );
    check::<Internal>(
        json!({"type": "Circel", "radius": 1}),
        &["/type enum must be one of `Dot`, `Circle`, `At`, not `Circel`; did you mean `Circle`?"],
    );
    check::<Internal>(json!({"radius": 1}), &["/type missing missing field `type` (one of `Dot`, `Circle`, `At`)"]);
    check::<Internal>(json!("Dot"), &[" type must be an object with the field `type`, not a string"]);
}

#[test]
fn input_adjacently_tagged_enum_is_explained_by_its_variant() {
    check::<Adjacent>(json!({"t": "Line", "c": [1]}), &["/c length must have exactly 2 items, not 1"]);
    check::<Adjacent>(json!({"t": "Circle"}), &["/c missing missing field `c` (object)"]);
    check::<Adjacent>(json!({"t": 1}), &["/t type must be one of `Dot`, `Circle`, `Line`, not an integer"]);
}

#[test]
fn input_untagged_enum_is_explained_by_the_branch_that_fits_best() {
    check::<Untagged>(json!({"radius": 300, "color": "red"}), &["/radius range must be between 0 and 255, not `300`"]);
    check::<Untagged>(json!({"side": "x"}), &["/side type must be an integer, not a string"]);
    check::<Untagged>(json!(300), &[" range must be between 0 and 255, not `300`"]);
    check::<Untagged>(json!([]), &[" type must be integer or string or object, not a list"]);
}

#[test]
fn input_with_a_mistake_in_an_option_names_what_it_holds() {
    check::<Person>(json!({"name": "A", "age": 1, "home": "x"}), &["/home type must be an object, not a string"]);
    check::<Defaults>(json!({"after": 1}), &["/after type must be a string or null, not an integer"]);
    check::<Holder>(
        json!({"external": {"Line": 1}, "maybe": null, "documented": null, "internal": {"type": "Dott"}, "adjacent": 1, "untagged": true}),
        &[
            "/color missing missing field `color` (one of `red`, `dark_green`)",
            "/external/Line type must be a list, not an integer",
            "/internal/type enum must be one of `Dot`, `Circle`, `At`, not `Dott`; did you mean `Dot`?",
            "/adjacent type must be an object with the field `t`, not an integer",
            "/untagged type must be integer or string or object, not a boolean",
        ],
    );
}

#[test]
fn input_of_a_flattened_struct_is_one_object() {
    check::<Flat>(json!({"id": 1, "city": "x", "zipCode": 1, "Circle": {"radius": 1}}), &[]);
    check::<Flat>(
        json!({"id": "1", "zipCode": 1, "Circle": {"radius": "x"}, "circus": 1}),
        &[
            "/id type must be an integer, not a string",
            "/city missing missing field `city` (string)",
            "/Circle/radius type must be an integer, not a string",
            "/circus unknown unknown field `circus`; did you mean `Circle`?",
        ],
    );
    check::<Flat>(
        json!({"id": 1, "city": "x", "zipCode": 1}),
        &[" missing missing field, one of `Circle`, `At`, `Line`, `Dot`"],
    );
    check::<FlatTagged>(
        json!({"id": 1, "type": "Circle", "radius": "x"}),
        &["/radius type must be an integer, not a string"],
    );
    // Which fields there are depends on the variant, which nobody knows: `radius` is not blamed.
    check::<FlatTagged>(
        json!({"id": 1, "type": "Circel", "radius": 1}),
        &["/type enum must be one of `Dot`, `Circle`, `At`, not `Circel`; did you mean `Circle`?"],
    );
    check::<FlatTwo>(
        json!({"id": "x", "Line": [1], "type": "Circle", "radius": "x", "z": 1}),
        &[
            "/id type must be an integer, not a string",
            "/Line length must have exactly 2 items, not 1",
            "/radius type must be an integer, not a string",
            "/z unknown unknown field `z`",
        ],
    );
}

#[test]
fn input_of_a_recursive_type_comes_to_an_end() {
    check::<Tree>(
        json!({"left": {"left": {"kids": [{"left": 1}]}, "x": 1}}),
        &["/left/left/kids/0/left type must be an object, not an integer", "/left/x unknown unknown field `x`"],
    );
    // Each level asks two branches, both of which go on: 2^60 steps without a bound (and serde itself has none).
    let mut deep = json!("x");
    for _ in 0..60 {
        deep = json!({"left": deep, "right": 1});
    }
    walk::explain(&schema_of::<Expression>(), &deep);
    // A schema that refers to itself and nothing else.
    let circle = json!({"$ref": "#"});
    assert!(walk::explain(&circle, &json!({"a": 1})).failures.is_empty());
    assert_eq!(
        describe_type(&json!({"type": "array", "items": {"$ref": "#"}})),
        "list of list of list of list of list"
    );
}

#[test]
fn input_failures_are_bounded() {
    let error = decode::<Vec<u8>>("m.M", json!(vec!["x"; 250])).unwrap_err();
    assert_eq!(error.message(), "the input of `m.M` has 250 mistakes");
    assert_eq!(error.failures().len(), MOST_FAILURES + 1);
    assert_eq!(error.failures()[MOST_FAILURES], Failure::new("", "more", "… and 150 more"));
    let found = walk::explain(&schema_of::<Vec<u8>>(), &json!(vec!["x"; 250]));
    assert_eq!((found.failures.len(), found.more), (MOST_FAILURES, 150));
    let text = format!("[{}]", vec![r#"{"name": 1, "name": 2, "age": 3}"#; 80].join(","));
    let error = decode_text::<Vec<Person>>("m.M", text.as_bytes()).unwrap_err();
    assert_eq!(error.message(), "the input of `m.M` has 160 mistakes");
    assert_eq!(error.failures().len(), MOST_FAILURES + 1);
    let many: Value = (0..5_000).map(|n| (format!("field{n}"), json!(1))).collect::<serde_json::Map<_, _>>().into();
    let error = decode::<Empty>("m.M", many).unwrap_err();
    assert_eq!(error.message(), "the input of `m.M` has 5000 mistakes");
    assert_eq!(error.failures().len(), MOST_FAILURES + 1);
}

#[test]
fn input_quotes_no_secret_and_no_long_value() {
    check::<Login>(
        json!({"user": "eve", "password": "rad", "api_token": 300.5}),
        &[
            "/user enum must be one of `red`, `dark_green`, not `eve`",
            "/password enum must be one of `red`, `dark_green`",
            "/api_token type must be an integer, not a number with a fraction",
        ],
    );
    check::<Color>(json!("x".repeat(41)), &[" enum must be one of `red`, `dark_green`"]);
    let key = "k".repeat(60);
    let cut = format!("/{key} unknown unknown field `{}…`", "k".repeat(40));
    check::<Empty>(json!({ key: 1 }), &[&cut]);
    // serde's own words quote the value.
    check::<Custom>(json!({"secret_mail": "hunter2"}), &["/secret_mail invalid is not accepted"]);
    check::<Custom>(
        json!({"mail": "x".repeat(50)}),
        &["/mail invalid invalid value: string \"…\", expected an e-mail address"],
    );
    check::<Custom>(json!({"mail": "x".repeat(5_000)}), &["/mail invalid is not accepted, expected an e-mail address"]);
}

#[test]
fn input_that_only_serde_refuses_is_told_in_serdes_words() {
    check::<Custom>(
        json!({"evens": [2, 4, 7]}),
        &["/evens/2 invalid invalid value: integer `7`, expected an even number"],
    );
    check::<Custom>(
        json!({"evens": [7, 7, 9]}),
        &[
            "/evens/0 invalid invalid value: integer `7`, expected an even number",
            "/evens/1 invalid invalid value: integer `7`, expected an even number",
            "/evens/2 invalid invalid value: integer `9`, expected an even number",
        ],
    );
    check::<u128>(json!(-1), &[" range must be at least 0, not `-1`"]);
}

#[test]
fn input_text_that_is_not_json_says_where() {
    check_text::<Person>(b"{\n  \"name\": Ada\n}", &[" syntax not JSON at line 2, column 11: expected value"]);
    check_text::<Person>(b"{} x", &[" syntax not JSON at line 1, column 4: trailing characters"]);
    check_text::<Person>(b"{\n\"n\xc3\xa4\": \"\xff\"}", &[" utf8 not UTF-8 at line 2, column 8"]);
    check_text::<Even>("\u{feff}4".as_bytes(), &[]);
    check_text::<f64>(b"NaN", &[" syntax not JSON at line 1, column 1: expected value"]);
    let deep = "[".repeat(200);
    check_text::<Value>(deep.as_bytes(), &[" syntax not JSON at line 1, column 128: recursion limit exceeded"]);
}

#[test]
fn input_text_with_a_key_twice_is_refused() {
    check_text::<Person>(
        br#"{"name": "A", "age": 1, "name": "B", "home": {"city": "x", "city": "y", "zipCode": "z"}}"#,
        &[
            "/name duplicate the field `name` is there twice",
            "/home/city duplicate the field `city` is there twice",
            "/home/zipCode type must be an integer, not a string",
        ],
    );
    check_text::<Vec<Value>>(br#"[1, {"a": 1, "a": 1}]"#, &["/1/a duplicate the field `a` is there twice"]);
}

#[test]
fn input_schema_is_titled_and_described_in_words() {
    let schema = schema_of::<Person>();
    assert_eq!(schema["title"], "Person");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let field = |name: &str| describe_type_in(&schema, &schema["properties"][name]);
    assert_eq!(field("name"), "string");
    assert_eq!(field("home"), "object or null");
    assert_eq!(field("other"), "list of object");
    assert_eq!(field("by_name"), "map of object");
    for (schema, words) in [
        (schema_of::<Color>(), "one of `red`, `dark_green`"),
        (schema_of::<Documented>(), "one of `One`, `Two`"),
        (schema_of::<External>(), "one of `Dot`, `Circle`, `At`, `Line`"),
        (schema_of::<Internal>(), "object whose `type` is one of `Dot`, `Circle`, `At`"),
        (schema_of::<Untagged>(), "integer or string or object"),
        (schema_of::<Vec<u8>>(), "list of integer"),
        (schema_of::<Option<Vec<u8>>>(), "list of integer or null"),
        (schema_of::<[u8; 3]>(), "list of integer (3 items)"),
        (schema_of::<(u8, char)>(), "list of 2 (integer, character)"),
        (schema_of::<BTreeMap<u8, bool>>(), "map of boolean"),
        (schema_of::<HashMap<String, Value>>(), "map"),
        (schema_of::<Value>(), "any value"),
        (schema_of::<Nothing>(), "null"),
        (schema_of::<Option<bool>>(), "boolean or null"),
        (schema_of::<Flat>(), "object"),
    ] {
        assert_eq!(describe_type(&schema), words, "{schema}");
    }
}

/// Values near to those that the types above accept, so that some are accepted and most are wrong somewhere.
fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-2i64..300).prop_map(Value::from),
        // Without `float_roundtrip`, text is read to within the last bit only; these are exact.
        (-1_000i32..1_000).prop_map(|n| Value::from(f64::from(n) / 4.0)),
        Just(json!(1e300)),
        any_name().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any_name(), inner), 0..5)
                .prop_map(|fields| Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}

fn any_name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "name", "age", "home", "city", "zipCode", "type", "t", "c", "Dot", "Circle", "At", "Line", "radius", "color",
        "red", "left", "right", "kids", "exact", "id", "side", "password", "mail", "evens", "page", "after", "0",
        "a/b",
    ])
}

fn agrees_with_serde<M: DeserializeOwned + JsonSchema + std::fmt::Debug>(value: &Value) {
    let mut ignored = 0;
    let plain: std::result::Result<M, _> = serde_ignored::deserialize(value, |_| ignored += 1);
    let ours = decode::<M>("m.M", value.clone());
    match (plain, ignored) {
        (Ok(_), 0) => assert!(ours.is_ok(), "{ours:?}"),
        (Ok(_), _) => assert_eq!(mistakes(&ours).len(), ignored, "{ours:?}"),
        (Err(_), _) if value.is_null() || *value == json!({}) => {}
        (Err(_), _) => assert!(!mistakes(&ours).is_empty(), "{ours:?}"),
    }
    let text = decode_text::<M>("m.M", value.to_string().as_bytes());
    assert_eq!(mistakes(&ours), mistakes(&text));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn input_verdict_is_serdes_for_any_value(value in any_value()) {
        agrees_with_serde::<Nothing>(&value);
        agrees_with_serde::<Defaults>(&value);
        agrees_with_serde::<Person>(&value);
        agrees_with_serde::<Numbers>(&value);
        agrees_with_serde::<Shapes>(&value);
        agrees_with_serde::<Wrapper>(&value);
        agrees_with_serde::<Pair>(&value);
        agrees_with_serde::<Holder>(&value);
        agrees_with_serde::<External>(&value);
        agrees_with_serde::<Internal>(&value);
        agrees_with_serde::<Adjacent>(&value);
        agrees_with_serde::<Untagged>(&value);
        agrees_with_serde::<Flat>(&value);
        agrees_with_serde::<FlatTagged>(&value);
        agrees_with_serde::<CatchAll>(&value);
        agrees_with_serde::<Tree>(&value);
        agrees_with_serde::<Expression>(&value);
        agrees_with_serde::<Strict>(&value);
        agrees_with_serde::<Login>(&value);
        agrees_with_serde::<Custom>(&value);
        agrees_with_serde::<Vec<Person>>(&value);
        agrees_with_serde::<BTreeMap<String, Option<Untagged>>>(&value);
    }
}

/// Types that say themselves what they take, and whose words have no value in them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Visit {
    #[schemars(with = "String")]
    at: std::net::IpAddr,
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    via: Vec<std::net::SocketAddr>,
    #[serde(default)]
    by_name: BTreeMap<String, Seen>,
    count: u8,
    color: Option<Color>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Seen {
    #[schemars(with = "String")]
    at: std::net::Ipv4Addr,
    #[serde(default)]
    external: Option<External>,
    #[serde(flatten)]
    rest: Between,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Bounds")]
#[schemars(with = "Bounds")]
struct Between;

#[derive(Debug, Deserialize, JsonSchema)]
struct Bounds {
    #[serde(default)]
    low: u8,
    #[serde(default)]
    high: u8,
}

impl TryFrom<Bounds> for Between {
    type Error = &'static str;

    fn try_from(bounds: Bounds) -> std::result::Result<Self, Self::Error> {
        if bounds.low <= bounds.high { Ok(Between) } else { Err("`low` must not be above `high`") }
    }
}

#[test]
fn input_what_a_type_refuses_itself_has_a_place() {
    check::<Visit>(json!({"at": "x", "count": 1}), &["/at invalid invalid IP address syntax"]);
    check::<Visit>(
        json!({"at": "::1", "count": 1, "via": ["[::1]:80", "::1"]}),
        &["/via/1 invalid invalid socket address syntax"],
    );
    check::<Visit>(
        json!({"at": "::1", "count": 1, "by_name": {"a/b": {"at": "::1"}}}),
        &["/by_name/a~1b/at invalid invalid IPv4 address syntax"],
    );
    check::<Visit>(
        json!({"at": "::1", "count": 1, "by_name": {"a": {"at": "1.1.1.1", "low": 2, "high": 1}}}),
        &["/by_name/a invalid `low` must not be above `high`"],
    );
    check::<Between>(json!({"low": 2}), &[" invalid `low` must not be above `high`"]);
    check::<std::net::IpAddr>(json!("x"), &[" invalid invalid IP address syntax"]);
}

#[test]
fn input_what_a_type_refuses_itself_is_told_with_all_else() {
    check::<Visit>(
        json!({"at": "x", "color": "rod", "who": 1, "via": ["y", 5], "by_name": {"a": {"at": "z"}, "b": {"low": 300}}}),
        &[
            "/via/1 type must be a string, not an integer",
            "/by_name/b/at missing missing field `at` (string)",
            "/by_name/b/low range must be between 0 and 255, not `300`",
            "/count missing missing field `count` (integer)",
            "/color enum must be one of `red`, `dark_green`, not `rod`; did you mean `red`?",
            "/who unknown unknown field `who`",
            "/at invalid invalid IP address syntax",
            "/by_name/a/at invalid invalid IPv4 address syntax",
            "/via/0 invalid invalid socket address syntax",
        ],
    );
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Renamed {
    #[serde(alias = "old", alias = "older")]
    new: u8,
    #[serde(alias = "flag", default)]
    switch: bool,
    name: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct InRenamed {
    #[serde(flatten)]
    flat: Renamed,
    each: Vec<Renamed>,
}

#[test]
fn input_an_alias_is_no_mistake_beside_others() {
    check::<Renamed>(json!({"old": 3, "name": "x"}), &[]);
    check::<Renamed>(json!({"old": 3, "flag": true}), &["/name missing missing field `name` (string)"]);
    check::<Renamed>(
        json!({"older": 3, "name": 1, "odl": 1}),
        &["/name type must be a string, not an integer", "/odl unknown unknown field `odl`"],
    );
    check::<Renamed>(json!({"old": "3", "name": "x"}), &["/old invalid invalid type: string \"3\", expected u8"]);
    check::<Renamed>(json!({"name": "x"}), &["/new missing missing field `new` (integer)"]);
    check::<InRenamed>(
        json!({"old": 3, "name": "x", "each": [{"old": 1}, {"name": "x"}]}),
        &["/each/0/name missing missing field `name` (string)", "/each/1/new missing missing field `new` (integer)"],
    );
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Sealed {
    #[schemars(with = "u16")]
    pin: crate::config::Secret<u16>,
    #[schemars(with = "String")]
    at: crate::config::Secret<Mail>,
    name: String,
}

#[test]
fn input_mistakes_tell_no_secret() {
    for value in
        [json!({"pin": 777777, "at": "hunter2", "name": 1}), json!({"pin": "777777", "at": "hunter2", "name": 1})]
    {
        let found = mistakes(&decode::<Sealed>("m.M", value));
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(!found.iter().any(|line| line.contains("hunter2") || line.contains("777777")), "{found:?}");
    }
}
