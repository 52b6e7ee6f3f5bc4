//! One program, which examples here and in `forms-2021` look at under lints and editions of their own.

use std::pin::Pin;
use std::task::{Context as Task, Poll};

use partitura::prelude::*;

/// Opens an account.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    /// Whose it is.
    pub owner: String,
}

/// An account was opened.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Opened {
    /// Whose it is.
    pub owner: String,
}

/// How much there is.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Balance;

/// Where accounts are kept.
pub trait Store: Send + Sync {
    /// How many there are.
    fn count(&self) -> u32;
}

/// On a disk.
#[injectable(as dyn Store)]
#[derive(Debug)]
pub struct Disk {
    #[init(3)]
    number: u32,
}

impl Store for Disk {
    fn count(&self) -> u32 {
        self.number
    }
}

/// Made for each use.
#[injectable(transient)]
#[derive(Debug)]
pub struct Ticket {
    #[init]
    number: u32,
}

/// Made for each message.
#[injectable(scoped)]
pub struct Unit {
    store: Arc<dyn Store>,
}

/// The time.
#[derive(Debug)]
pub struct Clock;

/// Makes the clock.
///
/// # Errors
/// Never.
#[provider]
pub async fn clock(store: &dyn Store) -> Result<Clock> {
    let _ = store.count();
    Ok(Clock)
}

/// What can go wrong.
#[derive(Debug, Problem)]
pub enum BankError {
    /// Somebody has it.
    #[problem(kind = conflict, message = "{0} is taken")]
    Taken(String),
}

/// Opens an account.
///
/// # Errors
/// When it is taken.
#[handler(timeout = "5s")]
pub async fn open(command: Open, store: &dyn Store, ticket: Ticket, unit: &Unit, cx: &Context) -> Result<u32> {
    if command.owner.is_empty() {
        return Err(BankError::Taken(command.owner).into());
    }
    cx.emit(Opened { owner: command.owner }).await?;
    Ok(store.count() + ticket.number + unit.store.count() + cx.send(Balance).await?)
}

/// How much there is.
///
/// # Errors
/// Never.
#[handler]
pub async fn balance(_query: Balance, clock: Option<&Clock>, all: All<dyn Store>) -> Result<u32> {
    let _ = clock;
    u32::try_from(all.len()).map_err(|_| Error::internal("too many"))
}

/// Tells the owner.
///
/// # Errors
/// Never.
#[handler]
pub async fn greet(event: &Opened, store: Arc<dyn Store>) -> Result<()> {
    let _ = (&event.owner, store.count());
    Ok(())
}

/// Counts.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Count;

/// Gives one number.
#[derive(Debug)]
pub struct Once<'a>(Option<&'a u32>);

impl Stream for Once<'_> {
    type Item = Result<u32>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Option<Result<u32>>> {
        Poll::Ready(self.0.take().copied().map(Ok))
    }
}

/// Streams.
#[handler]
pub fn count(_query: Count, ticket: Ticket, _store: Arc<dyn Store>) -> impl Stream<Item = Result<u32>> + Send {
    let _ = ticket;
    Once(Some(&1))
}
