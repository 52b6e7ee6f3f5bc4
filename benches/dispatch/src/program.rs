//! The program that is measured: one handler for each thing that can make a send dearer.

use std::hint::black_box;

use partitura::Result;
use partitura::prelude::*;

/// What a handler finds as `&dyn Store`.
pub trait Store: Send + Sync {
    /// Some number.
    fn next(&self) -> u64;
}

/// The one that it finds.
#[injectable(as dyn Store)]
pub struct Memory {
    #[init(black_box(1))]
    first: u64,
}

impl Store for Memory {
    fn next(&self) -> u64 {
        self.first
    }
}

/// What a handler finds as `&Ledger`.
#[injectable]
pub struct Ledger {
    #[init(black_box(1))]
    pub(crate) open: u64,
}

/// Made for each message that asks for it.
#[injectable(scoped)]
pub struct Unit {
    #[init(black_box(1))]
    number: u64,
}

/// As it, and replaced by one object for all messages.
#[derive(Default)]
#[injectable(scoped)]
pub struct OneForAll {
    #[init(black_box(1))]
    number: u64,
}

/// Made for each message, and disposed of before the reply leaves.
pub struct Session {
    number: u64,
}

#[provider(scoped, dispose = close)]
fn session() -> Session {
    Session { number: black_box(1) }
}

async fn close(session: &Session) -> Result<()> {
    black_box(session.number);
    Ok(())
}

/// Made for each use.
#[injectable(transient)]
pub struct Ticket {
    #[init(black_box(1))]
    number: u64,
}

/// A command with one number in it; the handlers differ, the messages do not.
macro_rules! commands {
    ($($name:ident)*) => {
        $(
            /// One number.
            #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
            pub struct $name {
                /// The number.
                pub n: u64,
            }
        )*
    };
}

commands! { Zero Two Scoped Replaced Disposed Transient Nested NestedTwo Emits Allowed BehindOne BehindThree BehindFive }

/// A message whose handler could live in another crate: a send goes through the slot of the contract.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
#[command(contract, reply = u64)]
pub struct Quote {
    /// The number.
    pub n: u64,
}

/// A number within its rules.
#[derive(Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Ruled {
    /// The number.
    #[validate(range(max = 1_000_000_000))]
    pub n: u64,
    /// Its name.
    #[validate(required, length(max = 80))]
    pub name: String,
}

/// No dependency.
#[handler]
pub async fn zero(command: Zero) -> Result<u64> {
    Ok(black_box(command.n))
}

/// Two dependencies, one of them a trait object.
#[handler]
pub async fn two(command: Two, ledger: &Ledger, store: &dyn Store) -> Result<u64> {
    Ok(work(command.n, ledger, store))
}

/// Two dependencies, behind a contract.
#[handler]
pub async fn quote(command: Quote, ledger: &Ledger, store: &dyn Store) -> Result<u64> {
    Ok(work(command.n, ledger, store))
}

/// Something made for the message.
#[handler]
pub async fn scoped(command: Scoped, unit: &Unit) -> Result<u64> {
    Ok(command.n + unit.number)
}

/// Something scoped that is there already.
#[handler]
pub async fn replaced(command: Replaced, unit: &OneForAll) -> Result<u64> {
    Ok(command.n + unit.number)
}

/// Something made for the message, with an end.
#[handler]
pub async fn disposed(command: Disposed, session: &Session) -> Result<u64> {
    Ok(command.n + session.number)
}

/// Something made for the use.
#[handler]
pub async fn transient(command: Transient, ticket: Ticket) -> Result<u64> {
    Ok(command.n + ticket.number)
}

/// Its own context, through which it sends a message without dependencies.
#[handler]
pub async fn nested(command: Nested, cx: &Context) -> Result<u64> {
    cx.send(Zero { n: command.n }).await
}

/// Its own context, through which it sends a message with two dependencies.
#[handler]
pub async fn nested_two(command: NestedTwo, cx: &Context) -> Result<u64> {
    cx.send(Two { n: command.n }).await
}

/// Says something to one subscriber.
#[handler]
pub async fn emits(command: Emits, cx: &Context) -> Result<u64> {
    cx.emit(ToOne { n: command.n }).await?;
    Ok(command.n)
}

macro_rules! events {
    ($($name:ident)*) => {
        $(
            /// One number.
            #[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
            pub struct $name {
                /// The number.
                pub n: u64,
            }
        )*
    };
}

events! { Unheard ToOne ToTen }

/// The only one.
#[handler]
pub async fn one(event: &ToOne) -> Result<()> {
    black_box(event.n);
    Ok(())
}

macro_rules! subscribers {
    ($($name:ident)*) => {
        $(
            /// One of ten.
            #[handler]
            pub async fn $name(event: &ToTen) -> Result<()> {
                black_box(event.n);
                Ok(())
            }
        )*
    };
}

subscribers! { ten_a ten_b ten_c ten_d ten_e ten_f ten_g ten_h ten_i ten_j }

macro_rules! behaviors {
    ($($name:ident)*) => {
        $(
            /// Does nothing but stand around the handler.
            #[behavior]
            pub async fn $name<M: Message>(_message: &M, next: Next<'_, M>) -> Result<M::Reply> {
                next.run().await
            }
        )*
    };
}

behaviors! { trivial_a trivial_b trivial_c trivial_d trivial_e }

/// Behind one behavior.
#[handler(behaviors(trivial_a))]
pub async fn behind_one(command: BehindOne) -> Result<u64> {
    Ok(black_box(command.n))
}

/// Behind three.
#[handler(behaviors(trivial_a, trivial_b, trivial_c))]
pub async fn behind_three(command: BehindThree) -> Result<u64> {
    Ok(black_box(command.n))
}

/// Behind five.
#[handler(behaviors(trivial_a, trivial_b, trivial_c, trivial_d, trivial_e))]
pub async fn behind_five(command: BehindFive) -> Result<u64> {
    Ok(black_box(command.n))
}

/// One number, always the same.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Known {
    /// The number.
    pub n: u64,
}

/// Asked once.
#[handler(behaviors(Cache))]
pub async fn known(query: Known) -> Result<u64> {
    Ok(black_box(query.n))
}

/// The loop of the measure, run in a handler's own context instead of one that the application made.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Inside {
    /// The case.
    pub case: String,
    /// How often.
    pub n: u64,
}

/// Measures from inside a handler. Answers with the allocations.
#[handler]
pub async fn inside(command: Inside, cx: &Context) -> Result<u64> {
    Ok(crate::cases::from_context(&command.case, command.n, cx).await)
}

/// Never inlined, so that the compiler sees neither the dependencies through it nor the same work twice.
#[inline(never)]
fn work(n: u64, ledger: &Ledger, store: &dyn Store) -> u64 {
    n + black_box(ledger).open + store.next()
}

/// With rules.
#[handler]
pub async fn ruled(command: Ruled) -> Result<u64> {
    Ok(black_box(command.n) + command.name.len() as u64)
}

/// For those who have the role.
#[handler(allow("teller"))]
pub async fn allowed(command: Allowed) -> Result<u64> {
    Ok(black_box(command.n))
}
