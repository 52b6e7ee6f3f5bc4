use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Wide {
    id: u64,
    #[serde(default)]
    signed: Option<i32>,
    #[serde(default)]
    ratio: f64,
    #[serde(default)]
    text: String,
    #[serde(default)]
    flag: bool,
    #[serde(default)]
    list: Vec<u8>,
    #[serde(default)]
    words: Vec<String>,
    #[serde(default)]
    size: Size,
    #[serde(default)]
    new: Option<New>,
    #[serde(default)]
    any: Value,
    #[serde(default)]
    either: Option<Either>,
    #[serde(default, rename = "fileName")]
    renamed: Option<char>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Size {
    #[default]
    Small,
    Large,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct New(u16);

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Either {
    Number(u32),
    Text(String),
}

#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Sent {
    title: String,
    file: File,
}

fn parts<'a>(named: &[(&'a str, &'a str)], body: &'a str) -> Parts<'a> {
    let mut parts = Parts::of_body(body.as_bytes());
    for (name, text) in named {
        parts.push(Found::Query, *name, *text);
    }
    parts
}

fn failures(named: &[(&str, &str)], body: &str) -> Vec<String> {
    let error = decode_parts::<Wide>("m", &parts(named, body)).unwrap_err();
    assert!(error.is_malformed());
    error.failures().iter().map(|failure| format!("{} {}", failure.pointer, failure.code)).collect()
}

#[test]
fn texts_are_what_their_fields_are() {
    let named = [
        ("id", "7"),
        ("signed", "-3"),
        ("ratio", "0.5"),
        ("text", "12"),
        ("flag", "true"),
        ("list", "1"),
        ("words", "a"),
        ("list", "2"),
        ("size", "large"),
        ("new", "9"),
        ("any", "5"),
        ("either", "5"),
        ("fileName", "x"),
    ];
    let wide: Wide = decode_parts("m", &parts(&named, "")).unwrap();
    assert_eq!((wide.id, wide.signed, wide.ratio, wide.text.as_str(), wide.flag), (7, Some(-3), 0.5, "12", true));
    assert_eq!(
        (wide.list, wide.words, wide.size, wide.new),
        (vec![1, 2], vec!["a".to_owned()], Size::Large, Some(New(9)))
    );
    assert_eq!((wide.any, wide.either, wide.renamed), (json!(5), Some(Either::Number(5)), Some('x')));
}

#[test]
fn pieces_stand_beside_the_fields_of_a_body() {
    let wide: Wide = decode_parts("m", &parts(&[("id", "7")], r#"{"text":"a","list":[1]}"#)).unwrap();
    assert_eq!((wide.id, wide.text.as_str(), wide.list), (7, "a", vec![1]));
    // Who sends the whole of a thing to where it is.
    let wide: Wide = decode_parts("m", &parts(&[("id", "7")], r#"{"id":7,"text":"a"}"#)).unwrap();
    assert_eq!(wide.id, 7);
}

/// Wherever it stands: what a message does not know is refused, and not left out.
#[test]
fn what_nobody_takes_is_told() {
    #[derive(Debug, Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "only what is refused is looked at")]
    struct Outer {
        id: u64,
        inner: Option<Inner>,
        file: Option<Short>,
    }
    #[derive(Debug, Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "as above")]
    struct Inner {
        known: u8,
    }
    #[derive(Debug, Deserialize, JsonSchema)]
    #[allow(dead_code, reason = "as above")]
    struct Short {
        name: String,
    }
    let told = |parts: &Parts<'_>| {
        let error = decode_parts::<Outer>("m", parts).unwrap_err();
        error.failures().iter().map(|failure| failure.pointer.clone()).collect::<Vec<_>>()
    };
    assert_eq!(told(&parts(&[("id", "7"), ("lost", "1")], "")), ["/lost"]);
    assert_eq!(told(&parts(&[("id", "7")], r#"{"lost":1}"#)), ["/lost"]);
    assert_eq!(told(&parts(&[("id", "7")], r#"{"inner":{"known":1,"lost":1}}"#)), ["/inner/lost"]);
    assert_eq!(told(&parts(&[], r#"{"id":7,"inner":{"known":1,"lost":1}}"#)), ["/inner/lost"]);
    let file = File { name: Some("a".to_owned()), content_type: None, content: vec![1] };
    let mut given = parts(&[("id", "7")], "");
    given.named.push(Named { name: "file".into(), content: Content::File(Box::new(file)), found: Found::Form });
    assert!(!told(&given).is_empty());
}

#[test]
fn every_mistake_is_told_at_once() {
    assert_eq!(
        failures(&[("id", "x"), ("size", "huge"), ("lost", "1")], ""),
        ["/id type", "/size enum", "/lost unknown"]
    );
    assert_eq!(failures(&[("id", "1"), ("id", "2")], ""), ["/id duplicate"]);
    assert_eq!(failures(&[("id", "1")], r#"{"id":2}"#), ["/id duplicate"]);
    assert_eq!(failures(&[], "{"), [" syntax"]);
    assert_eq!(failures(&[("id", "1")], "[1]"), [" type"]);
    assert_eq!(failures(&[("id", "1")], r#"{"text":"a"} x"#), [" syntax"]);
    assert_eq!(failures(&[("id", "+5")], ""), ["/id type"]);
}

#[test]
fn a_file_needs_no_base64_on_its_way() {
    let file = File { name: Some("a.txt".to_owned()), content_type: None, content: vec![0, 255] };
    let mut given = parts(&[("title", "t")], "");
    given.named.push(Named { name: "file".into(), content: Content::File(Box::new(file.clone())), found: Found::Form });
    assert_eq!(decode_parts::<Sent>("m", &given).unwrap(), Sent { title: "t".to_owned(), file: file.clone() });
    assert_eq!(slowly::<Sent>("m", &given).unwrap().file, file);
    let json = json!({ "title": "t", "file": { "name": "a.txt", "content": "AP8=" } });
    assert_eq!(super::super::decode::<Sent>("m", json).unwrap().file, file);
}

/// Texts that numbers, lists and names are made of, so that some of them are one.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[-+]?[0-9]{0,4}",
        "-?[0-9]{1,3}[.][0-9]{0,2}(e[0-9])?",
        "true|false|null",
        "small|large",
        "[a-z\\[\\]\"]{0,3}",
        ".{0,3}"
    ]
}

fn name() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "id", "signed", "ratio", "text", "flag", "list", "words", "size", "new", "any", "either", "fileName", "lost",
    ])
}

proptest! {
    /// What serde takes at once, the schema would have made the same of.
    #[test]
    fn both_ways_agree(mut named in prop::collection::vec((name(), text()), 0..6), body in prop::option::of("[0-9]{1,3}")) {
        if body.is_none() {
            named.push(("id", "1".to_owned()));
        }
        let borrowed: Vec<(&str, &str)> = named.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let body = body.map(|id| format!("{{\"id\":{id}}}")).unwrap_or_default();
        let given = parts(&borrowed, &body);
        let (one, other) = (decode_parts::<Wide>("m", &given), slowly::<Wide>("m", &given));
        match (one, other) {
            (Ok(one), Ok(other)) => prop_assert_eq!(one, other),
            (Err(one), Err(other)) => prop_assert_eq!(one.failures(), other.failures()),
            (one, other) => prop_assert!(false, "{:?} and {:?}", one, other),
        }
    }
}
