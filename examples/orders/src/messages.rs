//! What can be done with orders: one message each, its handler, its route.

use futures_util::{StreamExt, stream};
use partitura::prelude::*;
use payments::{Charge, Refund};
use stock::{PutBack, Take};
use tokio::sync::broadcast::error::RecvError;

use crate::book::{Book, Line, Order, OrderError, Status, may_see};

/// Places an order: takes everything from the shelf, and charges the card. It is done whole or not at all.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Place {
    /// What, and how many of it.
    #[validate(length(min = 1, max = 20), nested)]
    pub lines: Vec<Line>,
    /// The number of the card: 12 to 19 digits. One that ends in 0000 is declined.
    #[validate(pattern = "^[0-9]{12,19}$")]
    #[schemars(example = &"4242424242424242")]
    pub card: String,
}

/// An order was placed, and paid for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
pub struct Placed {
    pub id: u64,
    pub cents: u64,
}

#[handler(route(post, "/orders", created = "/orders/{id}"), allow("customer"), agent(destructive = false))]
pub async fn place(command: Place, book: &Book, cx: &Context) -> Result<Order> {
    let id = book.next();
    let mut taken = Vec::new();
    match pay(id, &command, &mut taken, cx).await {
        Ok(cents) => {
            cx.emit(Placed { id, cents }).await?;
            let customer = cx.identity().subject.clone().unwrap_or_default();
            Ok(book.write(Order { id, customer, lines: command.lines, cents, status: Status::Paid, tracking: None }))
        }
        Err(error) => {
            for Line { sku, count } in taken {
                cx.send(PutBack { sku, count }).await?;
            }
            Err(error)
        }
    }
}

/// What it costs, once it is taken and paid. What was taken until it failed is in `taken`.
async fn pay(id: u64, command: &Place, taken: &mut Vec<Line>, cx: &Context) -> Result<u64> {
    let mut cents = 0;
    for line in &command.lines {
        let item = cx.send(Take { sku: line.sku.clone(), count: line.count }).await?;
        taken.push(line.clone());
        cents += u64::from(item.cents) * u64::from(line.count);
    }
    cx.send(Charge { order: id, cents, card: command.card.clone() }).await?;
    Ok(cents)
}

/// Shows an order.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Show {
    #[schemars(example = 1)]
    pub id: u64,
}

#[handler(route(get, "/orders/{id}"), allow("customer", "clerk"), agent)]
pub async fn show(query: Show, book: &Book, cx: &Context) -> Result<Order> {
    book.get(query.id, cx.identity())
}

/// Lists orders, page by page: a customer's own, or all of them to a clerk.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct List {
    /// Only those that have come so far.
    #[serde(default)]
    pub status: Option<Status>,
    /// The `next` of the page before.
    #[serde(default)]
    pub cursor: u64,
    /// How many at most.
    #[serde(default = "twenty")]
    #[validate(range(min = 1, max = 100))]
    pub limit: usize,
}

fn twenty() -> usize {
    20
}

#[handler(route(get, "/orders"), allow("customer", "clerk"), agent)]
pub async fn list(query: List, book: &Book, cx: &Context) -> Result<Page<Order>> {
    let only = |order: &Order| query.status.is_none_or(|status| status == order.status);
    Ok(book.page(cx.identity(), only, query.cursor, query.limit))
}

/// Cancels an order that is not shipped yet: the goods go back to the shelf, and the money to the customer.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Cancel {
    #[schemars(example = 1)]
    pub id: u64,
    /// Why, for the customer to read.
    #[validate(required, length(max = 200))]
    #[schemars(example = &"out of tea")]
    pub reason: String,
}

/// An order was cancelled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
pub struct Cancelled {
    pub id: u64,
    pub reason: String,
}

#[handler(route(post, "/orders/{id}/cancel"), allow("clerk"), agent)]
pub async fn cancel(command: Cancel, book: &Book, cx: &Context) -> Result<Order> {
    let order = open(book, command.id, cx)?;
    cx.send(Refund { order: order.id }).await?;
    for Line { sku, count } in order.lines.clone() {
        cx.send(PutBack { sku, count }).await?;
    }
    cx.emit(Cancelled { id: order.id, reason: command.reason }).await?;
    Ok(book.write(Order { status: Status::Cancelled, ..order }))
}

/// An order that can still be shipped or cancelled.
pub fn open(book: &Book, id: u64, cx: &Context) -> Result<Order> {
    match book.get(id, cx.identity())? {
        order if order.status == Status::Paid => Ok(order),
        order => Err(OrderError::Closed(order.id).into()),
    }
}

/// Tells what an order was, step by step, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct History {
    #[schemars(example = 1)]
    pub id: u64,
}

#[handler(route(get, "/orders/{id}/history"), allow("customer", "clerk"), agent)]
pub fn history(query: History, book: &Book, cx: &Context) -> impl Stream<Item = Result<Order>> + Send {
    match book.history(query.id, cx.identity()) {
        Ok(all) => stream::iter(all.into_iter().map(Ok)).left_stream(),
        Err(error) => stream::iter([Err(error)]).right_stream(),
    }
}

/// Tells what becomes of orders, as it happens.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Watch {
    /// Ends after so many; without it, it does not end.
    #[serde(default)]
    pub most: Option<usize>,
}

#[handler(route(get, "/changes"), allow("customer", "clerk"))]
pub fn watch(query: Watch, book: &Book, cx: &Context) -> impl Stream<Item = Result<Order>> + Send {
    let caller = cx.identity().clone();
    let changes = stream::unfold(book.watch(), |mut changes| async {
        loop {
            match changes.recv().await {
                Ok(order) => return Some((order, changes)),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    });
    let seen = changes.filter(move |order| std::future::ready(may_see(&caller, order)));
    seen.take(query.most.unwrap_or(usize::MAX)).map(Ok)
}

/// What was sold, for whoever asks.
#[injectable]
#[derive(Default)]
pub struct Sales {
    #[init]
    cents: std::sync::atomic::AtomicU64,
}

/// Adds up what is sold, off the way of whoever orders.
#[handler]
async fn add_up(event: &Placed, sales: &Sales) -> Result<()> {
    sales.cents.fetch_add(event.cents, std::sync::atomic::Ordering::Relaxed);
    Ok(())
}

/// Says how many cents came in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Turnover {}

#[handler(route(get, "/turnover"), allow("clerk"))]
async fn turnover(_: Turnover, sales: &Sales) -> Result<u64> {
    Ok(sales.cents.load(std::sync::atomic::Ordering::Relaxed))
}
