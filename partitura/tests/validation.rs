//! Rules of messages, as a user writes them, and the pointers that serde would read the values from.
#![allow(missing_docs)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use partitura::prelude::*;
use partitura::validate::{self, Report};
use partitura::{Failure, rules};
use serde_json::{Value, json};

partitura::app! { pub Rules { modules: [] } }

/// The failures of a value as `code pointer`.
fn told(value: &impl validate::Validate) -> Vec<String> {
    match validate::check_value(value) {
        Ok(()) => Vec::new(),
        Err(error) => error.failures().iter().map(|failure| format!("{} {}", failure.code, failure.pointer)).collect(),
    }
}

/// Every failure points at the string "bad" of the value, as serde writes it.
#[track_caller]
fn points_at_the_bad<T: Serialize + validate::Validate + for<'de> Deserialize<'de>>(value: &T, expected: &[&str]) {
    let json = serde_json::to_value(value).unwrap();
    let error = validate::check_value(value).unwrap_err();
    let pointers: Vec<&str> = error.failures().iter().map(|failure| failure.pointer.as_str()).collect();
    assert_eq!(pointers, expected, "{json}");
    for pointer in pointers {
        assert_eq!(json.pointer(pointer), Some(&Value::from("bad")), "{pointer} in {json}");
    }
    let text = json.to_string();
    assert!(serde_json::from_str::<T>(&text).is_ok(), "{text}");
    assert_eq!(text.matches("\"bad\"").count(), expected.len(), "each is found once: {text}");
}

fn not_bad(text: &str) -> Result<(), &'static str> {
    if text == "bad" { Err("is bad") } else { Ok(()) }
}

fn bad() -> String {
    "bad".to_owned()
}

#[derive(Default, Serialize, Deserialize, JsonSchema, Validate)]
struct Word(#[validate(custom = not_bad)] String);

fn word() -> Word {
    Word(bad())
}

mod pointers {
    use super::*;

    #[derive(Serialize, Deserialize, Validate)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        #[validate(custom = not_bad)]
        first_name: String,
        #[serde(rename = "the/last~name")]
        #[validate(custom = not_bad)]
        last_name: String,
        #[validate(custom = not_bad)]
        r#type: String,
        #[serde(rename(serialize = "both", deserialize = "both"))]
        #[validate(custom = not_bad)]
        both_ways: Option<String>,
    }

    #[test]
    fn fields_are_named_as_in_json() {
        let named = Named { first_name: bad(), last_name: bad(), r#type: bad(), both_ways: Some(bad()) };
        points_at_the_bad(&named, &["/firstName", "/the~1last~0name", "/type", "/both"]);
    }

    #[derive(Serialize, Deserialize, Validate)]
    struct Parts {
        #[validate(nested)]
        word: Word,
        #[validate(nested)]
        boxed: Box<Word>,
        #[validate(nested)]
        maybe: Option<Word>,
        #[validate(nested)]
        list: Vec<Word>,
        #[validate(nested)]
        pair: [Option<Word>; 2],
        #[validate(nested)]
        by_name: BTreeMap<String, Word>,
        #[validate(nested)]
        by_number: HashMap<u8, Vec<Word>>,
        #[validate(each(each(custom = not_bad)))]
        texts: Vec<Vec<String>>,
        #[validate(each(custom = not_bad))]
        options: Option<Vec<Option<String>>>,
        #[serde(flatten)]
        #[validate(nested)]
        flat: Flat,
    }

    #[derive(Serialize, Deserialize, Validate)]
    struct Flat {
        #[validate(nested)]
        deep: Word,
    }

    #[test]
    fn parts_are_found_through_whatever_holds_them() {
        let parts = Parts {
            word: word(),
            boxed: Box::new(word()),
            maybe: Some(word()),
            list: vec![Word("good".into()), word()],
            pair: [None, Some(word())],
            by_name: BTreeMap::from([("a/b".to_owned(), word())]),
            by_number: HashMap::from([(7, vec![word()])]),
            texts: vec![vec![], vec!["good".into(), bad()]],
            options: Some(vec![None, Some(bad())]),
            flat: Flat { deep: word() },
        };
        let expected = [
            "/word",
            "/boxed",
            "/maybe",
            "/list/1",
            "/pair/1",
            "/by_name/a~1b",
            "/by_number/7/0",
            "/texts/1/1",
            "/options/1",
            "/deep",
        ];
        points_at_the_bad(&parts, &expected);
    }

    #[derive(Serialize, Deserialize, Validate)]
    struct Tuple(#[validate(nested)] Word, #[serde(skip)] (), #[validate(nested)] Word);

    #[derive(Serialize, Deserialize, Validate)]
    #[serde(transparent)]
    struct Transparent {
        #[validate(nested)]
        inner: Word,
    }

    #[test]
    fn tuples_have_indices_and_newtypes_nothing() {
        points_at_the_bad(&Tuple(word(), (), word()), &["/0", "/1"]);
        points_at_the_bad(&Transparent { inner: word() }, &[""]);
        points_at_the_bad(&word(), &[""]);
    }

    /// One enum in each representation.
    macro_rules! representations {
        ($($test:ident: $(#[$serde:meta])* => [$newtype:literal, $fields:literal $(, $pair:ident $two:literal)?];)*) => {$(
            #[test]
            fn $test() {
                #[derive(Serialize, Deserialize, Validate)]
                $(#[$serde])*
                enum Shape {
                    Plain,
                    NewType(#[validate(nested)] Inner),
                    #[serde(rename_all = "SCREAMING-KEBAB-CASE")]
                    WithFields {
                        #[validate(nested)]
                        one_word: Word,
                        other: u8,
                    },
                    $($pair(#[validate(nested)] Word, u8),)?
                    #[serde(rename = "re/named")]
                    Renamed {
                        #[validate(nested)]
                        some_word: Option<Word>,
                    },
                }
                let newtype = Shape::NewType(Inner { word: word() });
                points_at_the_bad(&newtype, &[$newtype]);
                points_at_the_bad(&Shape::WithFields { one_word: word(), other: 0 }, &[$fields]);
                $(points_at_the_bad(&Shape::$pair(word(), 0), &[$two]);)?
                assert!(validate::check_value(&Shape::Plain).is_ok());
                let renamed = Shape::Renamed { some_word: Some(word()) };
                let json = serde_json::to_value(&renamed).unwrap();
                let error = validate::check_value(&renamed).unwrap_err();
                assert_eq!(json.pointer(&error.failures()[0].pointer), Some(&Value::from("bad")), "{json}");
            }
        )*};
    }

    #[derive(Serialize, Deserialize, Validate)]
    struct Inner {
        #[validate(nested)]
        word: Word,
    }

    representations! {
        externally_tagged: => ["/NewType/word", "/WithFields/ONE-WORD", Two "/Two/0"];
        externally_tagged_in_snake_case: #[serde(rename_all = "snake_case")]
            => ["/new_type/word", "/with_fields/ONE-WORD", Two "/two/0"];
        internally_tagged: #[serde(tag = "type")] => ["/word", "/ONE-WORD"];
        adjacently_tagged: #[serde(tag = "type", content = "con/tent")]
            => ["/con~1tent/word", "/con~1tent/ONE-WORD", Two "/con~1tent/0"];
        untagged: #[serde(untagged)] => ["/word", "/ONE-WORD", Two "/0"];
        all_fields: #[serde(rename_all = "kebab-case", rename_all_fields = "PascalCase")]
            => ["/new-type/word", "/with-fields/ONE-WORD"];
    }

    #[derive(Serialize, Deserialize, Validate)]
    #[serde(rename_all_fields = "PascalCase")]
    enum Mixed {
        WithFields {
            #[validate(nested)]
            one_word: Word,
        },
        #[serde(untagged)]
        Bare {
            #[validate(nested)]
            other_word: Word,
        },
    }

    #[test]
    fn a_variant_may_be_untagged_by_itself() {
        points_at_the_bad(&Mixed::WithFields { one_word: word() }, &["/WithFields/OneWord"]);
        points_at_the_bad(&Mixed::Bare { other_word: word() }, &["/OtherWord"]);
    }

    /// Each case of serde, for a field and for a variant.
    macro_rules! cases {
        ($($test:ident $case:literal)*) => {$(
            #[test]
            fn $test() {
                #[derive(Serialize, Deserialize, Validate)]
                #[serde(rename_all = $case)]
                struct Fields {
                    #[validate(nested)]
                    two_words: Word,
                    #[validate(nested)]
                    with_1_number: Word,
                    #[validate(nested)]
                    _leading: Word,
                }
                #[derive(Serialize, Deserialize, Validate)]
                #[serde(rename_all = $case)]
                enum Variants {
                    TwoWords(#[validate(nested)] Word),
                    HTTPServer2(#[validate(nested)] Word),
                }
                let fields = Fields { two_words: word(), with_1_number: word(), _leading: word() };
                let json = serde_json::to_value(&fields).unwrap();
                for failure in validate::check_value(&fields).unwrap_err().failures() {
                    assert_eq!(json.pointer(&failure.pointer), Some(&Value::from("bad")), "{failure} in {json}");
                }
                for variant in [Variants::TwoWords(word()), Variants::HTTPServer2(word())] {
                    let json = serde_json::to_value(&variant).unwrap();
                    let error = validate::check_value(&variant).unwrap_err();
                    let pointer = &error.failures()[0].pointer;
                    assert_eq!(json.pointer(pointer), Some(&Value::from("bad")), "{pointer} in {json}");
                }
            }
        )*};
    }

    cases! {
        lower_case "lowercase"
        upper_case "UPPERCASE"
        pascal_case "PascalCase"
        camel_case "camelCase"
        snake_case "snake_case"
        screaming_snake_case "SCREAMING_SNAKE_CASE"
        kebab_case "kebab-case"
        screaming_kebab_case "SCREAMING-KEBAB-CASE"
    }
}

const MOST: u8 = 10;

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
#[serde(rename_all = "camelCase")]
#[validate(with = periods)]
#[validate(when("self.company.is_some()", with = not_both), code = "both")]
pub struct Book {
    #[validate(required, length(max = 20))]
    owner: String,
    #[validate(required)]
    note: Option<String>,
    #[validate(required)]
    place: Option<Place>,
    #[validate(required)]
    count: Option<u8>,
    #[validate(range(min = 1, max = MOST))]
    seats: u8,
    #[validate(range(above = 0.0, below = 1.5e3))]
    price: Option<f64>,
    #[validate(pattern(r"[A-Z]{2}-\d+", message = "is no booking number", code = "booking"))]
    number: Option<String>,
    #[validate(email)]
    mail: Option<String>,
    #[validate(url)]
    site: Option<Box<str>>,
    #[validate(length(min = 1, max = 3), each(required, length(equal = 3)))]
    tags: Vec<String>,
    #[validate(when(is_company, required))]
    company: Option<String>,
    #[validate(custom = even)]
    pin: Option<u32>,
    from: u32,
    to: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Place {}

fn is_company(book: &Book) -> bool {
    book.owner.ends_with("Ltd")
}

fn even(pin: &u32) -> Result<(), Failure> {
    if pin.is_multiple_of(2) { Ok(()) } else { Err(Failure::new("", "odd", "must be even")) }
}

fn periods(book: &Book, report: &mut Report<'_>) {
    if book.from > book.to {
        report.at("from").fail("order", "is after the end");
        report.at("to").fail("order", "is before the beginning");
    }
}

fn not_both(book: &Book) -> Result<(), String> {
    if book.note.is_some() { Err(format!("{} has both", book.owner)) } else { Ok(()) }
}

#[handler]
async fn book(_command: Book) -> Result<()> {
    Ok(())
}

fn good() -> Book {
    serde_json::from_value(json!({
        "owner": "Ada", "note": "n", "place": {}, "count": 0, "seats": 10, "price": 0.1, "number": "AB-12",
        "mail": "ada@example.org", "site": "https://example.org", "tags": ["abc"], "pin": 2, "from": 1, "to": 1
    }))
    .unwrap()
}

#[test]
fn a_message_that_breaks_no_rule_passes() {
    assert_eq!(told(&good()), [""; 0]);
    validate::check(&good()).unwrap();
    validate::check(&Book { note: Some("n".into()), price: None, number: None, mail: None, pin: None, ..good() })
        .unwrap();
}

#[test]
fn every_failure_of_a_message_is_told_at_once() {
    let book = Book {
        owner: "  ".into(),
        note: Some("\t\n".into()),
        place: None,
        count: None,
        seats: 11,
        price: Some(f64::NAN),
        number: Some("AB-12 ".into()),
        mail: Some("ada".into()),
        site: Some("ftp://example.org".into()),
        tags: vec!["ab".into(), "   ".into(), "abc".into(), "ä€😀".into()],
        company: None,
        pin: Some(3),
        from: 2,
        to: 1,
    };
    let error = validate::check(&book).unwrap_err();
    assert_eq!((error.kind(), error.code(), error.is_malformed()), (Kind::Invalid, "invalid", false));
    assert_eq!((error.http_status(), error.exit_code()), (422, 65));
    assert_eq!(
        error.to_string(),
        "the input of `validation.Book` breaks 15 rules
  /owner: is required
  /note: is required
  /place: is required
  /count: is required
  /seats: must be at least 1 and at most 10
  /price: must be more than 0 and less than 1500
  /number: is no booking number
  /mail: must be an e-mail address, such as `ada@example.org`
  /site: must be a URL, such as `https://example.org/path`
  /tags: must have 1 to 3 items
  /tags/0: must have exactly 3 characters
  /tags/1: is required
  /pin: must be even
  /from: is after the end
  /to: is before the beginning"
    );
    assert_eq!(error.failures()[6].code, "booking");
}

#[test]
fn a_condition_is_of_the_whole_value() {
    assert_eq!(told(&Book { owner: "Acme Ltd".into(), ..good() }), ["required /company"]);
    assert_eq!(told(&Book { owner: "Acme Ltd".into(), company: Some("Acme".into()), ..good() }), ["both "]);
    assert_eq!(told(&Book { company: Some("Acme".into()), ..good() }), ["both "]);
}

#[test]
fn the_schema_tells_what_always_holds() {
    let schema = serde_json::to_value(schemars::schema_for!(Book)).unwrap();
    assert_eq!(schema.pointer("/properties/owner/maxLength"), Some(&json!(20)));
    assert_eq!(schema.pointer("/properties/seats/maximum"), Some(&json!(10)));
    assert_eq!(schema.pointer("/properties/mail/format"), Some(&json!("email")));
    let required = schema["required"].as_array().unwrap();
    assert!(required.contains(&json!("note")), "a condition is none of it");
    assert!(!required.contains(&json!("company")), "what holds under a condition is not told");
}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
enum Pay {
    Card {
        #[validate(pattern("[0-9]{4}"))]
        #[serde(rename = "last4")]
        last: String,
        #[validate(when("matches!(self, Pay::Card { last, .. } if last.starts_with('4'))", required))]
        name: String,
    },
    Cash(#[validate(range(min = 1))] u32),
    Nothing,
}

#[handler]
async fn pay(_command: Pay) -> Result<()> {
    Ok(())
}

#[test]
fn variants_have_rules_of_their_own() {
    let card = |last: &str, name: &str| Pay::Card { last: last.into(), name: name.into() };
    assert_eq!(told(&card("42", " ")), ["pattern /Card/last4", "required /Card/name"]);
    assert_eq!(told(&card("1234", "")), [""; 0]);
    assert_eq!(told(&Pay::Cash(0)), ["range /Cash"]);
    assert_eq!(told(&Pay::Nothing), [""; 0]);
}

#[derive(Serialize, Deserialize, JsonSchema, Query)]
struct Page<T: validate::Validate> {
    #[validate(nested)]
    item: T,
}

#[handler(for = [Word])]
async fn page<T: validate::Validate + Send + Sync + 'static>(query: Page<T>) -> Result<()> {
    let _ = query.item;
    Ok(())
}

#[derive(Serialize, Deserialize, JsonSchema, Event)]
struct Happened {
    #[validate(required)]
    what: String,
}

#[derive(Command)]
#[command(local)]
struct Local {
    #[validate(nested)]
    words: std::sync::Arc<[Word]>,
    #[validate(length(min = 8))]
    password: partitura::config::Secret<String>,
}

#[handler]
async fn local(_command: Local) -> Result<()> {
    Ok(())
}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
struct Free {}

#[handler]
async fn free(_command: Free) -> Result<()> {
    Ok(())
}

#[test]
fn rules_are_for_each_kind_of_message() {
    assert!(validate::check(&Page { item: word() }).is_err());
    assert!(validate::check(&Happened { what: String::new() }).is_err());
    let local = Local { words: [word()].into(), password: "1234567".to_owned().into() };
    let error = validate::check(&local).unwrap_err();
    assert_eq!(error.failures().len(), 2);
    assert!(!error.to_string().contains("1234567"));
    assert!(<Free as partitura::message::Message>::RULES.is_none());
    assert!(validate::check(&Free {}).is_ok());
}

#[derive(Validate)]
struct Missing {
    #[validate(email, required, length(min = 3))]
    one: &'static str,
    #[validate(required, email, message = "give it")]
    two: Option<&'static str>,
    #[validate(when("self.one.is_empty()", required), length(min = 1))]
    three: &'static str,
    #[validate(each(required, email))]
    four: [&'static str; 2],
}

#[test]
fn what_is_missing_breaks_no_other_rule_of_its_attribute() {
    let missing = Missing { one: "", two: Some(" "), three: "", four: ["", "a"] };
    assert_eq!(
        told(&missing),
        ["required /one", "required /two", "required /three", "length /three", "required /four/0", "email /four/1"]
    );
    assert_eq!(validate::check_value(&missing).unwrap_err().failures()[1].message, "give it");
    assert_eq!(
        told(&Missing { one: "a", two: Some("b"), three: "", four: ["a@b", "a@b"] }),
        ["email /one", "length /one", "email /two", "length /three"]
    );
}

#[derive(Debug, Problem)]
enum Trouble {
    #[problem(kind = conflict, code = "taken", message = "{0} is taken")]
    Taken(String),
}

#[derive(Default, Validate)]
struct Answers {
    #[validate(custom = text)]
    text: u8,
    #[validate(custom = owned)]
    owned: u8,
    #[validate(custom = error)]
    error: u8,
    #[validate(custom = problem)]
    problem: u8,
    #[validate(custom(several, message = "no"))]
    several: u8,
    #[validate(custom = Self::none)]
    none: u8,
    set: BTreeSet<u8>,
}

fn text(_: &u8) -> Result<(), &'static str> {
    Err("text")
}

fn owned(_: &u8) -> Result<(), String> {
    Err("owned".into())
}

fn error(_: &u8) -> Result<()> {
    Err(Error::conflict("conflict").with_code("x"))
}

fn problem(_: &u8) -> Result<(), Trouble> {
    Err(Trouble::Taken("it".into()))
}

fn several(_: &u8) -> Result<(), Vec<Failure>> {
    Err(vec![Failure::new("/a", "a", "a"), Failure::new("/b", "b", "b")])
}

impl Answers {
    fn none(_: &u8) -> Result<(), Vec<Failure>> {
        Err(Vec::new())
    }
}

#[test]
fn a_rule_of_the_users_may_answer_in_many_ways() {
    let answers = Answers::default();
    assert!(answers.set.is_empty());
    let error = validate::check_value(&answers).unwrap_err();
    let told: Vec<String> = error.failures().iter().map(|failure| format!("{} {failure}", failure.code)).collect();
    assert_eq!(
        told,
        [
            "custom /text: text",
            "custom /owned: owned",
            "x /error: conflict",
            "taken /problem: it is taken",
            "a /several/a: no",
            "b /several/b: no",
            "custom /none: is not valid"
        ]
    );
}

#[derive(Validate)]
struct Broken {
    #[validate(required)]
    text: String,
    #[validate(custom = breaks)]
    number: u8,
    #[validate(pattern("(a{1000}){1000}"))]
    huge: Option<String>,
}

fn breaks(number: &u8) -> Result<()> {
    if *number > 0 {
        let _: u8 = "secret".parse()?;
    }
    Ok(())
}

#[test]
fn a_rule_that_cannot_be_judged_fails_the_message() {
    let error = validate::check_value(&Broken { text: String::new(), number: 1, huge: None }).unwrap_err();
    assert_eq!((error.kind(), error.failures().len()), (Kind::Internal, 0));
    let error = validate::check_value(&Broken { text: "a".into(), number: 0, huge: Some("a".into()) }).unwrap_err();
    assert_eq!(error.kind(), Kind::Internal, "a pattern that is too large");
    assert!(validate::check_value(&Broken { text: "a".into(), number: 0, huge: None }).is_ok());
}

fn house_rules(book: &Book, report: &mut Report<'_>) {
    rules::Rule::new("seats", "are too many for one", |book: &Book| book.seats < 5)
        .at("/seats")
        .when(|book| !is_company(book))
        .tell(book, report);
}

#[test]
fn business_rules_tell_in_the_same_report() {
    let error = validate::collect(|report| house_rules(&good(), &mut report.at("book"))).unwrap_err();
    assert_eq!(error.failures()[0].to_string(), "/book/seats: are too many for one");
}
