//! The stock: how many of what lie on the shelf.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use partitura::prelude::*;

partitura::module! { name: "stock" }

/// What can go wrong here.
#[derive(Debug, Problem)]
pub enum StockError {
    /// Nothing of this name is sold.
    #[problem(kind = not_found, code = "stock.unknown", message = "nothing is called `{0}` here")]
    Unknown(String),
    /// There is less than was asked for.
    #[problem(kind = conflict, code = "stock.short", message = "only {left} of `{sku}` are left, not {wanted}")]
    Short {
        /// What.
        sku: String,
        /// How many there are.
        left: u32,
        /// How many were asked for.
        wanted: u32,
    },
}

/// Something that is sold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Item {
    /// Its name in the catalogue.
    pub sku: String,
    /// Its price in cents.
    pub cents: u32,
    /// How many are left.
    pub left: u32,
}

/// The shelf, in memory: tea, cups and a kettle.
#[injectable]
pub struct Shelf {
    #[init(filled())]
    items: Mutex<BTreeMap<String, Item>>,
}

fn filled() -> Mutex<BTreeMap<String, Item>> {
    let item = |sku: &str, cents, left| (sku.to_owned(), Item { sku: sku.to_owned(), cents, left });
    Mutex::new(BTreeMap::from([item("tea", 350, 100), item("cup", 800, 20), item("kettle", 4_900, 2)]))
}

impl Shelf {
    fn change<T>(&self, sku: &str, change: impl FnOnce(&mut Item) -> Result<T, StockError>) -> Result<T> {
        let mut items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        let item = items.get_mut(sku).ok_or_else(|| StockError::Unknown(sku.to_owned()))?;
        Ok(change(item)?)
    }
}

/// Lists what is sold.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct ListItems {
    /// Only what costs at most so many cents.
    #[serde(default)]
    pub most: Option<u32>,
}

#[handler(route(get, "/stock"), public, agent)]
pub async fn list(query: ListItems, shelf: &Shelf) -> Result<Vec<Item>> {
    let items = shelf.items.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(items.values().filter(|item| query.most.is_none_or(|most| item.cents <= most)).cloned().collect())
}

/// Shows one thing that is sold.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct ShowItem {
    /// Its name in the catalogue.
    #[validate(required, length(max = 40))]
    #[schemars(example = &"tea")]
    pub sku: String,
}

#[handler(route(get, "/stock/{sku}"), public, agent)]
pub async fn show(query: ShowItem, shelf: &Shelf) -> Result<Item> {
    shelf.change(&query.sku, |item| Ok(item.clone()))
}

/// Puts so many more on the shelf.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Receive {
    /// What has come.
    #[validate(required, length(max = 40))]
    #[schemars(example = &"tea")]
    pub sku: String,
    /// How many.
    #[validate(range(min = 1, max = 10_000))]
    #[schemars(example = 12)]
    pub count: u32,
}

#[handler(route(post, "/stock/{sku}/receipts"), allow("clerk"))]
pub async fn receive(command: Receive, shelf: &Shelf) -> Result<Item> {
    shelf.change(&command.sku, |item| {
        item.left = item.left.saturating_add(command.count);
        Ok(item.clone())
    })
}

/// Takes so many from the shelf, or nothing. For other modules alone: nothing outside can name it.
#[derive(Debug, Clone, Command)]
#[command(local)]
pub struct Take {
    /// What is taken.
    pub sku: String,
    /// How many.
    pub count: u32,
}

#[handler(public)]
pub async fn take(command: Take, shelf: &Shelf) -> Result<Item> {
    shelf.change(&command.sku, |item| {
        let short = |left| StockError::Short { sku: command.sku.clone(), left, wanted: command.count };
        item.left = item.left.checked_sub(command.count).ok_or_else(|| short(item.left))?;
        Ok(item.clone())
    })
}

/// Puts back what was taken.
#[derive(Debug, Clone, Command)]
#[command(local)]
pub struct PutBack {
    /// What is put back.
    pub sku: String,
    /// How many.
    pub count: u32,
}

#[handler(public)]
pub async fn put_back(command: PutBack, shelf: &Shelf) -> Result<()> {
    shelf.change(&command.sku, |item| {
        item.left = item.left.saturating_add(command.count);
        Ok(())
    })
}
