//! What the proof finds, and what it does not mind.
#![allow(missing_docs)]

use std::sync::atomic::{AtomicU64, Ordering};

use partitura::prelude::*;
use partitura_parity::{Cell, Parity, Table};

partitura::app! { Odd { modules: [] } }

/// Not the same twice.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticket {}

#[derive(Serialize, JsonSchema)]
pub struct Number {
    number: u64,
    of: &'static str,
}

static LAST: AtomicU64 = AtomicU64::new(0);

#[handler]
async fn ticket(_: Ticket) -> Result<Number> {
    Ok(Number { number: LAST.fetch_add(1, Ordering::Relaxed), of: "the day" })
}

/// The same for everybody.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Add {
    #[validate(range(max = 100))]
    pub left: i64,
    #[serde(default)]
    pub right: i64,
}

#[handler(allow("clerk"))]
async fn add(query: Add) -> Result<i64> {
    Ok(query.left + query.right)
}

/// Fails in the middle, and tells what it did before.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Break {}

#[handler(public, agent)]
fn break_off(_: Break) -> impl Stream<Item = Result<u32>> + Send {
    futures_util::stream::iter([Ok(1), Ok(2), Err(Error::not_found("the third is gone").with_code("odd.gone"))])
}

/// Sends another message, but not always.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Sometimes {}

#[handler(public)]
async fn sometimes(_: Sometimes, cx: &Context) -> Result<()> {
    if LAST.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) {
        cx.send(Ticket {}).await?;
    }
    Ok(())
}

fn prove(name: &str, cases: &str) -> Table {
    Parity::of(Odd::BLUEPRINT).typed::<Add>().typed::<Break>().cases(cases).unwrap().only(name).unwrap().run().unwrap()
}

#[test]
fn answer_that_is_another_each_time_is_found() {
    let table = prove("proof.Ticket", "");
    assert!(!table.holds());
    let text = table.to_string();
    assert!(text.contains("- `proof.Ticket`, valid, http: answered {\"number\":"), "{text}");
}

#[test]
fn what_varies_is_not_compared() {
    let table = prove("proof.Ticket", "[messages.\"proof.Ticket\"]\nvaries = [\"/number\"]");
    assert!(table.holds(), "{table}");
}

#[test]
fn what_ran_below_is_compared() {
    let table = prove("proof.Sometimes", "");
    let text = table.to_string();
    assert!(text.contains("ran 1 proof.Sometimes: ok"), "{text}");
    assert!(table.differences().all(|(.., differs)| differs.starts_with("ran ")), "{text}");
}

#[test]
fn stream_that_breaks_off_is_the_same_everywhere() {
    let table = prove("proof.Break", "");
    assert!(table.holds(), "{table}");
    let told: Vec<&str> = table.rows[0]
        .cells
        .values()
        .flatten()
        .filter_map(|cell| match cell {
            Cell::Refused { case, answer } if case == "valid" => Some(&**answer),
            _ => None,
        })
        .collect();
    let (tool, others) = told.split_last().unwrap();
    // What a tool answers, it answers at once.
    assert_eq!(*tool, "not_found [odd.gone]");
    assert_eq!(others, ["2 items [1,2], then not_found [odd.gone]"; 8]);
}

/// What each case is answered with, so that a case that asks nothing is seen.
#[test]
fn each_case_is_what_it_says() {
    let table = prove("proof.Add", "");
    assert!(table.holds(), "{table}");
    let answers: Vec<(String, String)> = table.rows[0]
        .cells
        .values()
        .next()
        .unwrap()
        .iter()
        .map(|cell| match cell {
            Cell::Refused { case, answer } => (case.clone(), answer.clone()),
            Cell::Same { case } => (case.clone(), "a reply".to_owned()),
            other => panic!("{other:?}"),
        })
        .collect();
    let wanted = [
        ("valid", "a reply"),
        ("malformed", "malformed [malformed] at /left, /nobody_knows"),
        ("invalid", "invalid [invalid] at /left"),
        ("unauthenticated", "unauthenticated [PT0313]"),
        ("forbidden", "forbidden [PT0313]"),
        ("failing", "conflict [parity.failed]"),
        ("panicking", "internal [PT0305]"),
        ("slow", "timeout [PT0304]"),
    ];
    assert_eq!(answers, wanted.map(|(case, answer)| (case.to_owned(), answer.to_owned())));
}

#[test]
fn names_and_keys_that_are_unknown_are_told() {
    let refused = |text: &str| Parity::of(Odd::BLUEPRINT).cases(text).err().unwrap_or_default();
    assert!(
        refused("[messages.\"proof.Ad\"]").contains("did you mean `proof.Add`?"),
        "{}",
        refused("[messages.\"proof.Ad\"]")
    );
    assert!(refused("[messages.\"proof.Add\"]\nrole = []").contains("unknown field `role`"));
    assert!(Parity::of(Odd::BLUEPRINT).only("proof.Addd").err().unwrap().contains("proof.Add"));
}

/// The guide shows the table of an example; `BLESS=1` writes it there.
#[test]
fn guide_shows_the_table_that_is_proven() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let table = std::fs::read_to_string(format!("{root}/examples/orders/PARITY.md")).unwrap();
    let guide = std::fs::read_to_string(format!("{root}/docs/parity.md")).unwrap();
    let (before, rest) = guide.split_once("<!-- table -->\n").unwrap();
    let (_, after) = rest.split_once("\nOver HTTP 400").unwrap();
    let wanted = format!("{before}<!-- table -->\n\n{table}\nOver HTTP 400{after}");
    if std::env::var_os("BLESS").is_some() {
        return std::fs::write(format!("{root}/docs/parity.md"), wanted).unwrap();
    }
    assert!(guide == wanted, "docs/parity.md shows another table than examples/orders/PARITY.md");
}
