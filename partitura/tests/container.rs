//! The container's rules, each a test named after it.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use std::sync::atomic::{AtomicU32, Ordering};

use partitura::prelude::*;

partitura::app! { Bank { modules: [] } }

pub trait Store: Send + Sync {
    fn name(&self) -> String;
}
pub trait Plugin: Send + Sync {
    fn id(&self) -> u32;
}
pub trait Audit: Send + Sync {}

#[injectable(as dyn Store)]
pub struct Disk {
    clock: Arc<Clock>,
}
impl Store for Disk {
    fn name(&self) -> String {
        format!("disk at {}", self.clock.now)
    }
}

#[injectable(as dyn Store, named = "fast")]
pub struct Memory;
impl Store for Memory {
    fn name(&self) -> String {
        "memory".into()
    }
}

pub struct Clock {
    now: u64,
}
type BankResult<T> = std::result::Result<T, Error>;
#[provider]
async fn clock() -> BankResult<Clock> {
    Ok(Clock { now: 7 })
}

#[injectable(as dyn Plugin, many)]
pub struct One;
impl Plugin for One {
    fn id(&self) -> u32 {
        1
    }
}
#[injectable(as dyn Plugin, many)]
pub struct Two;
impl Plugin for Two {
    fn id(&self) -> u32 {
        2
    }
}

/// One object, provided as two traits.
#[injectable]
pub struct Log;
impl Audit for Log {}
impl Sink for Log {}
pub trait Sink: Send + Sync {}
#[provider(named = "log")]
fn audit_log(it: Arc<Log>) -> Arc<dyn Audit> {
    it
}
#[provider]
fn sink_log(it: Arc<Log>) -> Arc<dyn Sink> {
    it
}

#[injectable(scoped)]
pub struct Unit {
    #[init(MADE.fetch_add(1, Ordering::SeqCst))]
    number: u32,
    #[allow(dead_code)]
    store: Arc<dyn Store>,
}
static MADE: AtomicU32 = AtomicU32::new(0);

#[injectable(transient)]
pub struct Ticket {
    #[init(TICKETS.fetch_add(1, Ordering::SeqCst))]
    number: u32,
}
static TICKETS: AtomicU32 = AtomicU32::new(0);

/// Everything at once.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Everything {
    pub amount: u32,
}

#[derive(Debug, Serialize, PartialEq)]
pub struct Report {
    amount: u32,
    store: String,
    fast: String,
    plugins: Vec<u32>,
    units: (u32, u32),
    tickets: (u32, u32),
    nested: String,
    depth: u32,
}

#[handler]
#[allow(clippy::too_many_arguments)]
pub async fn everything(
    command: Everything,
    store: &dyn Store,
    #[named("fast")] fast: Arc<dyn Store>,
    plugins: All<dyn Plugin>,
    unit: &Unit,
    same: Arc<Unit>,
    first: Ticket,
    second: Ticket,
    audit: Option<&Clock>,
    cx: &Context,
) -> Result<Report> {
    assert!(audit.is_some());
    Ok(Report {
        amount: command.amount,
        store: store.name(),
        fast: fast.name(),
        plugins: plugins.iter().map(|plugin| plugin.id()).collect(),
        units: (unit.number, same.number),
        tickets: (first.number, second.number),
        nested: cx.send(Ask).await?,
        depth: cx.depth(),
    })
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Ask;

#[handler]
pub async fn ask(_query: Ask, store: &dyn Store) -> Result<String> {
    Ok(store.name())
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Happened;

#[handler]
async fn on_happened(_event: &Happened, unit: &Unit) -> Result<()> {
    let _ = unit.number;
    Ok(())
}

#[tokio::test]
async fn every_form_of_parameter_is_filled() {
    let app = Bank::builder().build().await.unwrap();
    let report = app.send(Everything { amount: 3 }).await.unwrap();
    assert_eq!(report.store, "disk at 7");
    assert_eq!(report.fast, "memory");
    assert_eq!(report.plugins, [1, 2]);
    assert_eq!(report.units.0, report.units.1);
    assert_ne!(report.tickets.0, report.tickets.1);
    assert_eq!(report.nested, "disk at 7");
    let json = app.execute("container.Everything", serde_json::json!({ "amount": 4 })).await.unwrap();
    assert_eq!(json["amount"], 4);
    assert!(app.emit(Happened).await.is_ok());
}

#[derive(Debug, Problem)]
pub enum StoreError {
    #[problem(kind = conflict, code = "store.taken", message = "{0} is taken")]
    Taken(String),
    #[problem(kind = internal, message = "disk {disk} is broken")]
    Broken { disk: u32 },
}

#[test]
fn a_problem_keeps_its_kind_code_and_text() {
    let error = Error::from(StoreError::Taken("x".into()));
    assert_eq!((error.kind(), error.code(), error.to_string().as_str()), (Kind::Conflict, "store.taken", "x is taken"));
    assert!(matches!(error.downcast_ref(), Some(StoreError::Taken(_))));
    let error = Error::from(StoreError::Broken { disk: 3 });
    assert_eq!((error.code(), error.to_string().as_str()), ("store.broken", "internal error"));
}

#[tokio::test]
async fn di_replacement_reaches_names_lists_and_transients() {
    struct Fake(&'static str);
    impl Store for Fake {
        fn name(&self) -> String {
            self.0.into()
        }
    }
    struct Nine;
    impl Plugin for Nine {
        fn id(&self) -> u32 {
            9
        }
    }
    let app = Bank::builder()
        .replace::<dyn Store>(Arc::new(Fake("plain")))
        .replace_named::<dyn Store>("fast", Arc::new(Fake("named")))
        .replace::<dyn Plugin>(Arc::new(Nine))
        .replace_transient(|| Box::new(Ticket { number: 77 }))
        .build()
        .await
        .unwrap();
    let report = app.send(Everything { amount: 3 }).await.unwrap();
    assert_eq!((report.store.as_str(), report.fast.as_str()), ("plain", "named"));
    assert_eq!(report.plugins, [1, 2, 9]);
    assert_eq!(report.tickets, (77, 77));
    assert_eq!(report.nested, "plain", "also in a nested message");
}

#[tokio::test]
async fn di_replacement_of_nothing_is_refused() {
    struct Unknown;
    let error = Bank::builder().replace(Arc::new(Unknown)).build().await.unwrap_err().to_string();
    assert!(error.contains("PT0113") && error.contains("Unknown"), "{error}");
    let refused = async |builder: partitura::Builder| builder.build().await.unwrap_err().to_string();
    let error = refused(Bank::builder().replace_transient(|| Box::new(Unknown))).await;
    assert!(
        error.contains("PT0113") && error.contains("Unknown") && error.contains("no listed module provides"),
        "{error}"
    );
    let error = refused(Bank::builder().replace_transient::<Clock>(|| Box::new(Clock { now: 1 }))).await;
    assert!(error.contains("singleton") && error.contains("replace(Arc::new(..))"), "{error}");
    struct Fake;
    impl Store for Fake {
        fn name(&self) -> String {
            "fake".into()
        }
    }
    let error = refused(Bank::builder().replace_named::<dyn Store>("slow", Arc::new(Fake))).await;
    assert!(error.contains("under the name `slow`"), "{error}");
}

/// Wired as far as it is there: what a `#[cfg]` takes away is neither looked for nor given.
#[injectable]
pub struct Platform {
    #[cfg(not(test))]
    absent: Arc<NoSuchType>,
    #[cfg(test)]
    clock: Arc<Clock>,
    #[cfg(not(test))]
    #[init(no_such_fn())]
    absent_value: NoSuchType,
    #[cfg(test)]
    #[init(3)]
    tries: u32,
    #[cfg(not(test))]
    absent_phantom: std::marker::PhantomData<NoSuchType>,
    #[cfg(test)]
    #[cfg(not(miri))]
    plugins: All<dyn Plugin>,
    #[cfg(not(test))]
    absent_plugins: All<dyn NoSuchType>,
}

#[injectable]
pub struct Tuple(
    #[cfg(not(test))] Arc<NoSuchType>,
    #[cfg(test)] Arc<Clock>,
    #[init(5)] u32,
    #[cfg(not(test))] Box<dyn NoSuchType>,
);

pub struct Made(u64);
#[provider]
fn made(
    #[cfg(not(test))] absent: &NoSuchType,
    #[cfg(test)] clock: &Clock,
    #[cfg(not(test))] other: Option<&NoSuchType>,
) -> Made {
    Made(clock.now)
}

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct AskPlatform {}
#[handler]
pub async fn ask_platform(
    _query: AskPlatform,
    #[cfg(not(test))] absent: &NoSuchType,
    platform: &Platform,
    #[cfg(not(test))] fresh: NoSuchType,
    #[cfg(test)]
    #[named("fast")]
    fast: &dyn Store,
    #[cfg(not(test))]
    #[named("slow")]
    slow: &dyn Store,
    tuple: &Tuple,
    #[cfg(test)] made: &Made,
    #[cfg(not(test))] all: All<dyn NoSuchType>,
    #[cfg(not(test))] cx: &Context,
) -> Result<String> {
    let (clock, plugins) = (platform.clock.now, platform.plugins.iter().map(Plugin::id).collect::<Vec<_>>());
    let (tries, tuple) = (platform.tries, (tuple.0.now, tuple.1));
    Ok(format!("{clock} {tries} {plugins:?} {tuple:?} {} {}", made.0, fast.name()))
}

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct AskNothing {}
#[handler]
pub async fn ask_nothing(_query: AskNothing, #[cfg(not(test))] absent: &NoSuchType) -> Result<u32> {
    Ok(7)
}

#[tokio::test]
async fn a_cfg_on_a_field_or_a_parameter_is_honoured() {
    let app = Bank::builder().build().await.unwrap();
    assert_eq!(app.send(AskPlatform {}).await.unwrap(), "7 3 [1, 2] (7, 5) 7 memory");
    assert_eq!(app.send(AskNothing {}).await.unwrap(), 7);
}

/// What is behind a trait and has an end.
pub trait Valve: Send + Sync {
    fn closed(&self) -> &AtomicU32;
}
pub struct Steam(Arc<Gauge>);
pub struct Water(Arc<Gauge>);
impl Valve for Steam {
    fn closed(&self) -> &AtomicU32 {
        &self.0.closed
    }
}
impl Valve for Water {
    fn closed(&self) -> &AtomicU32 {
        &self.0.closed
    }
}
#[injectable]
pub struct Gauge {
    #[init]
    closed: AtomicU32,
}
#[provider(dispose = close_valve)]
fn steam(gauge: Arc<Gauge>) -> Arc<dyn Valve> {
    Arc::new(Steam(gauge))
}
#[provider(scoped, named = "water", dispose = close_valve)]
async fn water(gauge: Arc<Gauge>) -> Result<Box<dyn Valve>> {
    Ok(Box::new(Water(gauge)))
}
async fn close_valve(it: &dyn Valve) -> Result<()> {
    it.closed().fetch_add(1, Ordering::SeqCst);
    Ok(())
}

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct AskValves;
#[handler]
pub async fn ask_valves(_query: AskValves, steam: &dyn Valve, #[named("water")] water: &dyn Valve) -> Result<u32> {
    Ok(steam.closed().load(Ordering::SeqCst) + water.closed().load(Ordering::SeqCst))
}

#[tokio::test]
async fn what_is_provided_as_a_trait_is_disposed_of() {
    let gauge = Arc::new(Gauge { closed: AtomicU32::new(0) });
    let app = Bank::builder().replace::<Gauge>(gauge.clone()).build().await.unwrap();
    assert_eq!(app.send(AskValves).await.unwrap(), 0);
    assert_eq!(gauge.closed.load(Ordering::SeqCst), 1, "the message's own, with the message");
    app.shutdown().await.unwrap();
    assert_eq!(gauge.closed.load(Ordering::SeqCst), 2);
}
