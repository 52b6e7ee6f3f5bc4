//! The book in which orders stand: in memory, so that nothing has to be installed.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use partitura::prelude::*;
use tokio::sync::broadcast;

/// An order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Order {
    pub id: u64,
    /// Who ordered: the caller's name.
    pub customer: String,
    pub lines: Vec<Line>,
    pub cents: u64,
    pub status: Status,
    /// Under which the parcel travels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<String>,
}

/// So many of something.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Validate)]
pub struct Line {
    /// What, by its name in the catalogue.
    #[validate(required, length(max = 40))]
    #[schemars(example = &"tea")]
    pub sku: String,
    /// How many.
    #[validate(range(min = 1, max = 100))]
    #[schemars(example = 2)]
    pub count: u32,
}

/// How far an order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Paid,
    Shipped,
    Cancelled,
}

/// What can go wrong here.
#[derive(Debug, Problem)]
pub enum OrderError {
    #[problem(kind = not_found, code = "orders.none", message = "there is no order {0}")]
    None(u64),
    #[problem(kind = conflict, code = "orders.closed", message = "order {0} is shipped or cancelled already")]
    Closed(u64),
}

/// All orders, and whoever watches them.
#[injectable]
pub struct Book {
    #[init(Mutex::default())]
    orders: Mutex<BTreeMap<u64, Vec<Order>>>,
    #[init(broadcast::Sender::new(64))]
    changes: broadcast::Sender<Order>,
}

impl Book {
    /// The number that the next order has.
    pub fn next(&self) -> u64 {
        self.lock().last_key_value().map_or(1, |(last, _)| last + 1)
    }

    /// Writes an order down as it is now. What it was is kept.
    pub fn write(&self, order: Order) -> Order {
        self.lock().entry(order.id).or_default().push(order.clone());
        // Nobody may be watching.
        let _ = self.changes.send(order.clone());
        order
    }

    /// An order that `caller` may see: a customer sees none but his own.
    pub fn get(&self, id: u64, caller: &Identity) -> Result<Order> {
        let found = self.lock().get(&id).and_then(|all| all.last().cloned());
        Ok(found.filter(|order| may_see(caller, order)).ok_or(OrderError::None(id))?)
    }

    /// All that an order was, oldest first.
    pub fn history(&self, id: u64, caller: &Identity) -> Result<Vec<Order>> {
        self.get(id, caller)?;
        Ok(self.lock().get(&id).cloned().unwrap_or_default())
    }

    /// Those behind `cursor`, at most `limit` of them.
    pub fn page(&self, caller: &Identity, only: impl Fn(&Order) -> bool, cursor: u64, limit: usize) -> Page<Order> {
        let all = self.lock();
        let current = all.range(cursor + 1..).filter_map(|(_, all)| all.last());
        let mut found = current.filter(|order| may_see(caller, order) && only(order)).cloned();
        let items: Vec<Order> = found.by_ref().take(limit).collect();
        match items.last().map(|last| last.id) {
            Some(last) if found.next().is_some() => Page::before(items, last),
            _ => Page::last(items),
        }
    }

    /// What changes from now on. Whoever is too slow misses some, and nobody waits for him.
    pub fn watch(&self) -> broadcast::Receiver<Order> {
        self.changes.subscribe()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Vec<Order>>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Clerks see all orders, customers their own.
pub fn may_see(caller: &Identity, order: &Order) -> bool {
    caller.has_role("clerk") || caller.subject.as_deref() == Some(&*order.customer)
}
