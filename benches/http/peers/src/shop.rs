//! What the routes take and answer, for the frameworks that take plain serde types.

use serde::{Deserialize, Serialize};

#[derive(Serialize)]
pub struct Book {
    pub id: u64,
    pub title: String,
    pub lang: Option<String>,
}

#[derive(Deserialize)]
pub struct Lang {
    pub lang: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub customer: String,
    pub lines: Vec<Line>,
    #[allow(dead_code)]
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    sku: String,
    quantity: u32,
    price: u64,
}

#[derive(Serialize)]
pub struct Placed {
    number: u64,
    customer: String,
    total: u64,
}

impl Place {
    /// The rules; none of these frameworks has a check of its own.
    pub fn is_fine(&self) -> bool {
        !self.customer.trim().is_empty()
            && self.customer.chars().count() <= 100
            && (1..=50).contains(&self.lines.len())
            && self.lines.iter().all(|line| {
                !line.sku.trim().is_empty() && line.sku.chars().count() <= 40 && (1..=1000).contains(&line.quantity)
            })
    }

    pub fn placed(self) -> Placed {
        let total = crate::total(self.lines.iter().map(|line| (line.quantity, line.price)));
        Placed { number: 7, customer: self.customer, total }
    }
}
