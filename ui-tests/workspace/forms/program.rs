//! One program, which examples here and in `forms-2021` look at under lints and editions of their own.

use std::pin::Pin;
use std::task::{Context as Task, Poll};

use partitura::http::{Created, Json, Lines, NoContent, Path, Query};
use partitura::prelude::*;

/// Opens an account.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
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

/// Notes what was sent.
///
/// # Errors
/// What the handler answers.
#[behavior]
pub async fn audit<M: Message>(message: &M, cx: &Context, next: Next<'_, M>, store: &dyn Store) -> Result<M::Reply> {
    let _ = (message.info(), cx.depth(), store.count());
    next.run().await
}

/// Counts what was sent.
#[behavior]
#[derive(Debug)]
pub struct Counted {
    #[init]
    count: std::sync::atomic::AtomicU32,
}

impl Counted {
    /// Counts one more.
    ///
    /// # Errors
    /// What the handler answers.
    pub async fn around<M: Message>(&self, _message: &M, _cx: &Context, next: Next<'_, M>) -> Result<M::Reply> {
        let _before = self.count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        next.run().await
    }
}

/// Those who may close.
#[injectable]
#[derive(Debug)]
pub struct Owner;

impl Policy<Close> for Owner {
    async fn decide(&self, message: &Close, cx: &Context) -> Result<Decision> {
        let is_owner = cx.identity().subject.as_deref() == Some(message.owner.as_str());
        Ok(Decision::when(is_owner, "somebody else's"))
    }
}

impl Policy<grant::Run> for Owner {
    async fn decide(&self, message: &grant::Run, cx: &Context) -> Result<Decision> {
        let is_owner = cx.identity().subject.as_deref() == Some(message.0.owner.as_str());
        Ok(Decision::when(is_owner, "somebody else's"))
    }
}

/// Where it is.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Validate)]
pub struct Address {
    /// Two letters.
    #[validate(length(equal = 2))]
    pub country: String,
}

/// Closes an account.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
#[validate(with = not_abroad)]
pub struct Close {
    /// Whose it is.
    #[validate(required, length(max = 80), pattern("[a-z ]+"))]
    pub owner: String,
    /// Where the rest goes.
    #[validate(nested)]
    pub address: Option<Address>,
    /// How much there may be.
    #[validate(range(min = 0, max = 100))]
    pub rest: i64,
}

fn not_abroad(close: &Close) -> std::result::Result<(), &'static str> {
    match &close.address {
        Some(address) if address.country != "is" => Err("only at home"),
        _ => Ok(()),
    }
}

/// Closes it.
///
/// # Errors
/// Never.
#[handler(allow("owner", Owner), idempotent, retries = 2, backoff = "10ms", behaviors(audit, Counted))]
pub async fn close(command: Close, cx: &Context) -> Result<()> {
    let _job = cx.spawn(Open { owner: command.owner.clone() })?;
    cx.emit(Closed { region: "north".to_owned(), owner: command.owner }).await
}

/// An account was closed.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = "accounts.{region}.closed")]
pub struct Closed {
    /// Where.
    pub region: String,
    /// Whose it was.
    pub owner: String,
}

/// What may happen to an account.
#[derive(Debug, EventSet)]
pub enum Change {
    /// It is there.
    Opened(Arc<Opened>),
    /// It is gone.
    Closed(Closed),
}

/// Hears of both.
///
/// # Errors
/// Never.
#[handler]
pub async fn changed(event: &Change) -> Result<()> {
    let _ = event;
    Ok(())
}

/// Hears of all.
///
/// # Errors
/// Never.
#[handler(topic = "accounts.#")]
pub async fn heard(event: &AnyEvent, store: &dyn Store) -> Result<()> {
    let _ = (event.topic(), store.count());
    Ok(())
}

/// How much it costs.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Fee;

/// The fee.
///
/// # Errors
/// Never.
#[handler(public, behaviors(Cache))]
pub async fn fee(_query: Fee) -> Result<u32> {
    Ok(1)
}

/// What one of many is found by.
#[derive(Debug, Deserialize, JsonSchema, Validate)]
pub struct Filter {
    /// Whose it is.
    #[validate(length(max = 80))]
    #[serde(default)]
    pub owner: String,
}

/// Answers requests.
#[injectable]
pub struct Desk {
    store: Arc<dyn Store>,
}

#[controller("/desk", version = "v1", timeout = "5s", allow("teller"))]
impl Desk {
    /// How many there are.
    #[get(public)]
    #[must_use]
    pub async fn count(&self, Query(filter): Query<Filter>, clock: &Clock, cx: &Context) -> Json<u32> {
        let _ = (filter.owner.len(), clock, cx.depth());
        Json(self.store.count())
    }

    /// Opens one.
    ///
    /// # Errors
    /// When it is taken.
    #[post("/{name}")]
    #[put("/{name}", timeout = "1s")]
    pub async fn open(&self, Path(name): Path<String>, unit: &Unit, Json(open): Json<Open>) -> Result<Created<u32>> {
        let _ = open.owner.len();
        Ok(Created::at(format!("/v1/desk/{name}"), unit.store.count()))
    }

    #[delete("/{year}/{name}", allow("boss"))]
    async fn close(&self, Path((_year, _name)): Path<(u16, String)>, _ticket: Option<&Clock>) -> NoContent {
        NoContent
    }

    /// Streams.
    #[get("/numbers")]
    #[must_use]
    pub fn numbers(&self) -> Lines<impl Stream<Item = Result<u32>> + Send + use<>> {
        Lines(Once(None))
    }
}

/// What a plan is given.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Validate)]
pub struct Wish {
    /// For whom.
    #[validate(required)]
    pub owner: String,
}

/// What it answers with.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Granted {
    /// How much.
    pub limit: u32,
}

/// Grants a wish.
#[orchestrate(input = Wish, output = Granted, exclusive, limit = 2, timeout = "5s", undo_within = "1s", allow("owner", Owner))]
pub mod grant {
    use partitura::prelude::*;

    use super::{Granted, Owner, Store, Wish};

    /// What was looked up.
    #[derive(Debug)]
    pub struct Account(u32);

    /// Looks it up.
    ///
    /// # Errors
    /// Never.
    #[step(retries = 2, backoff = "10ms", timeout = "1s", compensate = forget, when = wanted)]
    pub async fn find(wish: &Wish, store: &dyn Store, cx: &Context) -> Result<Account> {
        let _ = (cx.depth(), store.count());
        Ok(Account(u32::from(wish.owner.is_empty())))
    }

    async fn forget(account: &Account, store: Arc<dyn Store>) -> Result<()> {
        let _ = (account.0, store.count());
        Ok(())
    }

    fn wanted(wish: &Wish) -> bool {
        !wish.owner.is_empty()
    }

    #[step]
    use super::prepare;

    #[step(after = [prepare], on_failure = halt)]
    fn decide(looked: Looked, account: &Account, wish: &Wish) -> Result<Granted> {
        let _ = wish;
        Ok(Granted { limit: account.0 + looked.0 })
    }

    /// What was seen.
    #[derive(Debug)]
    struct Looked(u32);

    #[step(before = decide, on_failure = continue)]
    async fn look(account: Option<&Account>) -> Result<Looked> {
        let _ = account;
        Ok(Looked(1))
    }
}

/// Gets ready.
#[orchestrate(on = start, sequential, public)]
pub mod prepare {
    /// Does nothing.
    ///
    /// # Errors
    /// Never.
    #[partitura::step]
    pub fn nothing() -> partitura::Result<()> {
        Ok(())
    }
}
