//! How messages behave, each rule a test named after it.
#![allow(missing_docs)]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use partitura::env::Virtual;
use partitura::prelude::*;
use partitura::{App, Call};
use serde_json::json;

partitura::app! { Shop { modules: [] } }

#[path = "support/journal.rs"]
mod journal;
use journal::Journal;

/// One per message.
pub struct Unit {
    number: u32,
    journal: Arc<Journal>,
}

static UNITS: AtomicU32 = AtomicU32::new(0);

#[provider(scoped, dispose = close)]
async fn unit(journal: Arc<Journal>, cx: &Context) -> Result<Unit> {
    if cx.identity().has_role("banned") {
        return Err(Error::forbidden("no unit for you"));
    }
    tokio::task::yield_now().await;
    Ok(Unit { number: UNITS.fetch_add(1, Ordering::SeqCst), journal })
}

async fn close(unit: &Unit) -> Result<()> {
    unit.journal.note("unit closed");
    Ok(())
}

#[injectable(scoped)]
pub struct Ledger {
    unit: Arc<Unit>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Work {
    nested: bool,
}

#[handler]
async fn work(command: Work, ledger: &Ledger, unit: &Unit, journal: &Journal, cx: &Context) -> Result<Vec<u32>> {
    assert_eq!(ledger.unit.number, unit.number, "one per message, for all that it resolves");
    journal.note("work");
    let mut numbers = vec![unit.number];
    if command.nested {
        numbers.extend(Box::pin(cx.send(Work { nested: false })).await?);
        assert_eq!(ledger.unit.number, numbers[0], "a nested message does not touch it");
    }
    Ok(numbers)
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Sold {
    what: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Sell {
    what: Vec<String>,
    fail: bool,
}

#[handler]
async fn sell(command: Sell, journal: &Journal, cx: &Context) -> Result<()> {
    for what in command.what {
        cx.emit(Sold { what }).await?;
    }
    cx.send(Note { line: "nested".into() }).await?;
    journal.note("sold");
    if command.fail { Err(Error::conflict("out of stock")) } else { Ok(()) }
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Note {
    line: String,
}

#[handler]
async fn note(command: Note, cx: &Context) -> Result<()> {
    // Leaves with the outermost message, not with this one.
    cx.emit(Sold { what: command.line }).await
}

#[handler]
async fn first_subscriber(event: &Sold, journal: &Journal) -> Result<()> {
    journal.note(format!("first {}", event.what));
    match event.what.as_str() {
        "panic" => panic!("as asked"),
        "fail" => Err(Error::internal("as asked")),
        _ => Ok(()),
    }
}

#[handler]
async fn second_subscriber(event: &Sold, journal: &Journal, unit: &Unit) -> Result<()> {
    let _ = unit.number;
    journal.note(format!("second {}", event.what));
    Ok(())
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Who;

#[handler]
async fn who(_query: Who, cx: &Context) -> Result<(Option<String>, String, String, u32)> {
    let cause = cx.cause().map(|cause| cause.full_name()).unwrap_or_default();
    Ok((cx.identity().subject.clone(), cx.trace_id().to_string(), cause, cx.depth()))
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct AskWho;

#[handler]
async fn ask_who(_query: AskWho, cx: &Context) -> Result<(Option<String>, String, String, u32)> {
    cx.send(Who).await
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Sleep {
    seconds: u64,
}

#[handler]
async fn sleep(command: Sleep, cx: &Context, journal: &Journal) -> Result<()> {
    cx.env().sleep(Duration::from_secs(command.seconds)).await;
    journal.note("slept");
    Ok(())
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Nap;

#[handler(timeout = "2s")]
async fn nap(_command: Nap, cx: &Context) -> Result<()> {
    cx.env().sleep(Duration::from_secs(3600)).await;
    Ok(())
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Panic;

#[handler]
async fn panics(_command: Panic) -> Result<()> {
    panic!("as asked")
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Forever;

#[handler]
async fn forever(_command: Forever, cx: &Context) -> Result<u32> {
    cx.send_boxed(Forever).await
}

pub struct Handle(std::rc::Rc<()>);

/// Never leaves the process: its reply could not.
#[derive(Command)]
#[command(local)]
pub struct Inside(pub u32);

#[handler]
async fn inside(command: Inside) -> Result<std::sync::mpsc::SyncSender<u32>> {
    Ok(std::sync::mpsc::sync_channel(command.0 as usize).0)
}

mod versions {
    use super::*;

    #[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
    #[query(name = "Rate")]
    pub struct RateOld {}
    #[handler]
    async fn rate_old(_query: RateOld) -> Result<u32> {
        Ok(1)
    }

    #[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
    #[query(version = 2)]
    pub struct Rate {}
    #[handler]
    async fn rate(_query: Rate) -> Result<u32> {
        Ok(2)
    }
}

async fn shop() -> App {
    Shop::builder().build().await.unwrap()
}

/// An application, and its journal put in from outside.
async fn observed() -> (App, Arc<Journal>) {
    let journal = Arc::new(Journal::default());
    (Shop::builder().replace(journal.clone()).build().await.unwrap(), journal)
}

#[tokio::test]
async fn message_scope_is_its_own_and_shared_within() {
    let numbers = shop().await.send(Work { nested: true }).await.unwrap();
    assert_ne!(numbers[0], numbers[1], "a nested send runs in its own scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn message_scopes_are_never_shared_under_load() {
    let app = shop().await;
    let env = app.env().clone();
    let tasks: Vec<_> = (0..200)
        .map(|_| {
            let app = app.clone();
            env.spawn(async move { app.send(Work { nested: true }).await.unwrap() })
        })
        .collect();
    let mut seen = std::collections::HashSet::new();
    for task in tasks {
        for number in task.await.unwrap() {
            assert!(seen.insert(number), "unit {number} was given to two messages");
        }
    }
    assert_eq!(seen.len(), 400);
}

#[tokio::test]
async fn message_scope_is_disposed_before_the_reply_leaves() {
    let (app, journal) = observed().await;
    app.send(Work { nested: true }).await.unwrap();
    assert_eq!(journal.lines(), ["work", "work", "unit closed", "unit closed"]);
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Hold;

#[handler]
async fn hold(_command: Hold, _unit: &Unit, cx: &Context) -> Result<()> {
    cx.env().sleep(Duration::from_secs(3600)).await;
    Ok(())
}

#[tokio::test]
async fn message_scope_is_disposed_before_a_timeout_is_answered() {
    let world = Virtual::new(7);
    let journal = Arc::new(Journal::default());
    let app = Shop::builder().env(world.env()).replace(journal.clone()).build().await.unwrap();
    let sent = app.env().spawn({
        let (app, journal) = (app.clone(), journal.clone());
        async move {
            let error = app.send(Hold).await.unwrap_err();
            (error.kind(), journal.lines())
        }
    });
    world.advance(Duration::from_secs(31)).await;
    assert_eq!(sent.await.unwrap(), (Kind::Timeout, vec!["unit closed".to_owned()]));
}

#[tokio::test]
async fn message_scope_is_disposed_when_its_message_is_cancelled() {
    let world = Virtual::new(7);
    let journal = Arc::new(Journal::default());
    let app = Shop::builder().env(world.env()).replace(journal.clone()).build().await.unwrap();
    let sent = app.env().spawn({
        let app = app.clone();
        async move { app.send(Hold).await }
    });
    world.advance(Duration::from_secs(1)).await;
    sent.abort();
    world.advance(Duration::from_secs(1)).await;
    assert_eq!(journal.lines(), ["unit closed"]);
}

#[tokio::test]
async fn message_fails_with_the_error_of_its_scoped_provider() {
    let (app, journal) = observed().await;
    let call = Call::by(Identity::user("eve").with_role("banned"));
    let error = app.door(call).send(Work { nested: false }).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (Kind::Forbidden, "no unit for you"));
    assert!(journal.lines().is_empty(), "the handler did not run");
}

#[tokio::test]
async fn event_leaves_with_the_outermost_success_in_order() {
    let (app, journal) = observed().await;
    app.send(Sell { what: vec!["tea".into(), "pot".into()], fail: false }).await.unwrap();
    app.jobs().idle().await;
    let lines: Vec<String> = journal.lines().into_iter().filter(|line| line != "unit closed").collect();
    assert_eq!(lines, ["sold", "first tea", "second tea", "first pot", "second pot", "first nested", "second nested"]);
}

#[tokio::test]
async fn event_does_not_leave_when_the_outermost_fails() {
    let (app, journal) = observed().await;
    app.send(Sell { what: vec!["tea".into()], fail: true }).await.unwrap_err();
    assert_eq!(journal.lines(), ["sold"]);
}

#[tokio::test]
async fn event_subscribers_are_isolated() {
    let (app, journal) = observed().await;
    for what in ["panic", "fail"] {
        let report = app.emit(Sold { what: what.into() }).await;
        assert_eq!(report.handled, ["messages.second_subscriber"]);
        assert_eq!(report.failed.len(), 1);
        assert_eq!(report.failed[0].0, "messages.first_subscriber");
    }
    assert!(journal.lines().contains(&"second panic".to_owned()));
    // A failing subscriber does not fail the message that emitted.
    app.send(Sell { what: vec!["panic".into()], fail: false }).await.unwrap();
}

#[tokio::test]
async fn message_nested_inherits_identity_and_trace() {
    let app = shop().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
    let door = app.door(Call::by(Identity::user("ada")).within(trace));
    let (subject, trace, cause, depth) = door.send(AskWho).await.unwrap();
    assert_eq!(subject.as_deref(), Some("ada"));
    assert_eq!(trace, "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!((cause.as_str(), depth), ("messages.AskWho", 2));
}

#[tokio::test]
async fn message_deadline_cancels_and_answers_timeout() {
    let world = Virtual::new(7);
    let journal = Arc::new(Journal::default());
    let app = Shop::builder().env(world.env()).replace(journal.clone()).build().await.unwrap();
    let sent = app.env().spawn({
        let app = app.clone();
        // Longer than `runtime.timeout`, 30 s.
        async move { app.send(Sleep { seconds: 31 }).await }
    });
    world.advance(Duration::from_secs(40)).await;
    let error = sent.await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Timeout, "PT0304"));
    assert!(journal.lines().is_empty(), "it was cancelled at its await");
}

#[tokio::test]
async fn handler_timeout_is_its_own() {
    let world = Virtual::new(7);
    let app = Shop::builder().env(world.env()).build().await.unwrap();
    let sent = app.env().spawn({
        let app = app.clone();
        async move { app.send(Nap).await }
    });
    world.advance(Duration::from_secs(3)).await;
    assert!(sent.is_finished(), "after its own 2 s, not after the default 30 s");
    assert_eq!(sent.await.unwrap().unwrap_err().kind(), Kind::Timeout);
}

#[tokio::test]
async fn message_panic_fails_that_message_alone() {
    let app = shop().await;
    let error = app.send(Panic).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Internal, "PT0305"));
    assert_eq!(error.to_string(), "internal error", "the text is for the log");
    assert_eq!(app.execute("messages.Panic", json!(null)).await.unwrap_err().code(), "PT0305");
    assert!(app.send(Work { nested: false }).await.is_ok());
}

#[tokio::test]
async fn message_depth_is_bounded() {
    let error = shop().await.send(Forever).await.unwrap_err();
    assert_eq!(error.code(), "PT0302");
}

#[tokio::test]
async fn name_unknown_lists_near_ones() {
    let error = shop().await.execute("messages.Wrok", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    assert_eq!(error.message(), "no message is named `messages.Wrok`; did you mean `messages.Work`?");
}

#[tokio::test]
async fn name_without_version_means_the_newest() {
    let app = shop().await;
    assert_eq!(app.execute("messages.Rate", json!({})).await.unwrap(), 2);
    assert_eq!(app.execute("messages.Rate@1", json!({})).await.unwrap(), 1);
    assert_eq!(app.execute("messages.Rate@2", json!({})).await.unwrap(), 2);
    assert_eq!(app.execute("messages.Rate@3", json!({})).await.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn name_of_a_local_message_is_refused() {
    let app = shop().await;
    assert!(app.send(Inside(1)).await.is_ok());
    assert_eq!(app.execute("messages.Inside", json!({})).await.unwrap_err().kind(), Kind::NotFound);
}

#[tokio::test]
async fn input_mistakes_are_told_all_at_once() {
    let error = shop().await.execute("messages.Sell", json!({ "wha": [], "fail": "no" })).await.unwrap_err();
    let pointers: Vec<&str> = error.failures().iter().map(|failure| failure.pointer.as_str()).collect();
    assert_eq!(pointers, ["/what", "/fail", "/wha"]);
    assert_eq!((error.kind(), error.http_status(), error.exit_code()), (Kind::Invalid, 400, 2));
}

#[tokio::test]
async fn two_applications_share_nothing() {
    let ((one, first), (two, second)) = (observed().await, observed().await);
    one.send(Sell { what: vec![], fail: true }).await.unwrap_err();
    assert_eq!((first.lines().len(), second.lines().len()), (1, 0));
    one.shutdown().await.unwrap();
    assert_eq!(one.send(Who).await.unwrap_err().code(), "PT0308");
    assert!(two.send(Who).await.is_ok());
}

#[tokio::test]
async fn app_stops_after_what_runs() {
    let world = Virtual::new(7);
    let journal = Arc::new(Journal::default());
    let app = Shop::builder().env(world.env()).replace(journal.clone()).build().await.unwrap();
    let sent = app.env().spawn({
        let app = app.clone();
        async move { app.send(Sleep { seconds: 3 }).await }
    });
    world.advance(Duration::from_secs(1)).await;
    let stopped = app.env().spawn({
        let app = app.clone();
        async move { app.shutdown().await }
    });
    world.advance(Duration::from_secs(1)).await;
    assert!(!stopped.is_finished(), "a message runs");
    world.advance(Duration::from_secs(2)).await;
    assert!(sent.await.unwrap().is_ok() && stopped.await.unwrap().is_ok());
    assert_eq!(journal.lines(), ["slept"]);
}

#[tokio::test]
async fn handler_is_the_plain_fn_that_it_was() {
    assert!(versions::Rate {}.eq_name());
    let error = panics_not(&Journal::default()).await;
    assert!(error.is_ok());
}

impl versions::Rate {
    fn eq_name(&self) -> bool {
        <Self as partitura::message::Message>::INFO.full_name() == "messages.Rate@2"
    }
}

async fn panics_not(journal: &Journal) -> Result<()> {
    first_subscriber(&Sold { what: "tea".into() }, journal).await?;
    assert_eq!(journal.lines(), ["first tea"]);
    let _ = Handle(std::rc::Rc::new(())).0;
    Ok(())
}
