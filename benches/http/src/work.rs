//! What both programs do.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A book.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Book {
    pub id: u64,
    pub title: String,
    pub lang: Option<String>,
}

/// An order that was understood.
pub(crate) struct Order {
    pub customer: String,
    pub total: u64,
}

impl Order {
    /// What its lines cost.
    pub(crate) fn total(lines: impl Iterator<Item = (u32, u64)>) -> u64 {
        lines.map(|(quantity, price)| u64::from(quantity) * price).sum()
    }
}

/// An order that was placed.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Placed {
    pub number: u64,
    pub customer: String,
    pub total: u64,
}

/// What is shared.
#[derive(Default)]
pub(crate) struct Shelf;

impl Shelf {
    /// One.
    pub(crate) fn new() -> Self {
        Shelf
    }

    /// A book.
    pub(crate) fn find(&self, id: u64, lang: Option<String>) -> Option<Book> {
        (id > 0).then(|| Book { id, title: "The Art of the Fugue".to_owned(), lang })
    }

    /// Takes an order.
    pub(crate) fn place(&self, order: Order) -> Placed {
        Placed { number: 7, customer: order.customer, total: order.total }
    }
}

/// 1 KB of JSON.
pub(crate) fn body() -> String {
    let lines: Vec<String> = (0..14)
        .map(|at| format!(r#"{{"sku":"BWV-1080-{at:03}","quantity":{},"price":{}}}"#, at % 9 + 1, 1000 + at * 7))
        .collect();
    format!(
        r#"{{"customer":"Johann Sebastian","lines":[{}],"note":"{}"}}"#,
        lines.join(","),
        "Soli Deo Gloria. ".repeat(16)
    )
}
