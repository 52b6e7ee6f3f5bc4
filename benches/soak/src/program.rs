//! The program: handlers that answer, fail, panic and take their time, events, jobs, sessions and a cache.

use std::time::Duration;

use partitura::prelude::*;
use partitura::{Priority, Spawn};

/// Made for each message, and disposed of.
pub struct Unit(Vec<u8>);

#[provider(scoped, dispose = close)]
fn unit() -> Unit {
    Unit(vec![0; 512])
}

async fn close(unit: &Unit) -> Result<()> {
    tokio::task::yield_now().await;
    if unit.0.len() == 512 { Ok(()) } else { Err(Error::internal("another unit")) }
}

/// What an order becomes depends on its number.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Order {
    /// The number.
    pub number: u64,
    /// Whatever the customer wants to say.
    pub note: String,
}

/// Happened.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = "orders.{number}.placed")]
pub struct Placed {
    /// The order.
    pub number: u64,
    /// What the customer said.
    pub note: String,
}

/// Emits, spawns, remembers; and now and then fails, panics or takes longer than it may.
#[handler(timeout = "200ms")]
pub async fn order(command: Order, unit: &Unit, cx: &Context) -> Result<u64> {
    let Order { number, note } = command;
    cx.emit(Placed { number, note: note.clone() }).await?;
    let spawn = Spawn::of(Ship { number }).retries(2).backoff(Duration::from_millis(1));
    let spawned = cx.spawn(match number % 4 {
        0 => spawn.priority(Priority::High),
        1 => spawn.after(Duration::from_millis(number % 50)),
        2 => spawn.expires_in(Duration::from_millis(20)),
        _ => spawn,
    });
    if let Err(full) = spawned
        && full.kind() != Kind::TooMany
    {
        return Err(full);
    }
    let count = cx.session()?.update("orders", |count: Option<u64>| count.unwrap_or(0) + 1).await?;
    cx.session()?.set("note", &note).await?;
    let (price, other) = cx.join((PriceOf { number: number % 5_000 }, PriceOf { number: number % 7 })).await;
    match number % 16 {
        3 => Err(Error::conflict(format!("no {number}"))),
        5 => panic!("as meant: {number}"),
        7 => std::future::pending().await,
        9 => Err(Error::unavailable("as meant")),
        _ => Ok(price? + other? + count + unit.0.len() as u64),
    }
}

/// Asked often.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct PriceOf {
    /// The order.
    pub number: u64,
}

/// Kept in the cache.
#[handler(behaviors(Cache))]
pub async fn price_of(query: PriceOf) -> Result<u64> {
    tokio::task::yield_now().await;
    Ok(query.number * 3)
}

/// By the queue.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Ship {
    /// The order.
    pub number: u64,
}

/// Fails now and then, for good or not, and panics.
#[handler]
pub async fn ship(command: Ship, cx: &Context) -> Result<()> {
    match command.number % 11 {
        2 => Err(Error::unavailable("no ship")),
        4 => Err(Error::conflict("shipped")),
        6 => panic!("as meant"),
        8 => {
            cx.env().sleep(Duration::from_millis(5)).await;
            cx.emit(Placed { number: command.number, note: "shipped".to_owned() }).await
        }
        _ => Ok(()),
    }
}

/// Well.
#[handler]
pub async fn booked(event: &Placed, unit: &Unit) -> Result<()> {
    if unit.0.len() as u64 > event.number { Err(Error::internal("as meant: the first ones")) } else { Ok(()) }
}

/// Badly.
#[handler(topic = "orders.#")]
pub async fn audited(event: &AnyEvent) -> Result<()> {
    let number = event.downcast_ref::<Placed>().map_or(0, |placed| placed.number);
    assert!(!number.is_multiple_of(13), "as meant");
    if number.is_multiple_of(17) { Err(Error::internal("as meant")) } else { Ok(()) }
}

/// Many numbers.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Watch {
    /// The order.
    pub number: u64,
}

/// Twenty of them; some end in a failure or a panic, some wait.
#[handler]
pub fn watch(query: Watch, unit: &Unit, cx: &Context) -> impl Stream<Item = Result<u64>> + Send {
    futures_util::stream::unfold(0, move |item| async move {
        match (item, query.number % 5) {
            (20, _) => return None,
            (9, 1) => return Some((Err(Error::unavailable("as meant")), item + 1)),
            (9, 2) => panic!("as meant: {}", query.number),
            (9, 3) => cx.env().sleep(Duration::from_millis(1)).await,
            (9, _) => tokio::task::yield_now().await,
            _ => {}
        }
        Some((Ok(item + unit.0.len() as u64), item + 1))
    })
}
