//! What happens where one message meets another: messages that share a context, what ends after its caller, and code of
//! the user's that panics where no handler runs.
#![allow(missing_docs)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use partitura::prelude::*;
use partitura::queue::{Spawn, State};
use partitura::{Call, TestApp};

partitura::app! { Seams { modules: [] } }

#[path = "support/journal.rs"]
mod journal;
use journal::Journal;

const SECOND: Duration = Duration::from_secs(1);

async fn seams(settings: &[&str]) -> (TestApp, Arc<Journal>) {
    let journal = Arc::new(Journal::default());
    let test = Seams::test().replace(journal.clone());
    (settings.iter().fold(test, |test, setting| test.set(*setting)).build().await.unwrap(), journal)
}

// ---- messages that share a context

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Said {
    what: String,
}

#[handler]
async fn hears(event: &Said, journal: &Journal) -> Result<()> {
    journal.note(&event.what);
    Ok(())
}

/// Emits, waits, and then fails or not.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Say {
    what: String,
    seconds: u64,
    fail: bool,
}

fn say(what: &str, seconds: u64, fail: bool) -> Say {
    Say { what: what.into(), seconds, fail }
}

#[handler]
async fn says(command: Say, cx: &Context) -> Result<()> {
    cx.emit(Said { what: command.what }).await?;
    cx.env().sleep(Duration::from_secs(command.seconds)).await;
    if command.fail { Err(Error::conflict("as asked")) } else { Ok(()) }
}

#[tokio::test]
async fn event_leaves_with_its_own_message_and_no_other_of_the_same_context() {
    let (app, journal) = seams(&[]).await;
    let cx = app.context(Identity::anonymous());
    let both =
        [say("fails later", 2, true), say("succeeds", 1, false), say("succeeds last", 3, false), say("fails", 0, true)];
    let replies = app.world().drive(cx.join(both)).await;
    assert_eq!(replies.map(|reply| reply.is_ok()), [false, true, true, false]);
    app.world().drive(app.jobs().idle()).await;
    assert_eq!(journal.lines(), ["succeeds", "succeeds last"]);
}

#[tokio::test]
async fn event_of_a_message_that_was_cancelled_does_not_leave_with_the_next_one() {
    let (app, journal) = seams(&[]).await;
    let cx = app.context(Identity::anonymous());
    assert!(app.world().drive(app.env().timeout(SECOND, cx.send(say("cancelled", 9, false)))).await.is_err());
    app.world().drive(cx.send(say("succeeds", 0, false))).await.unwrap();
    app.world().drive(app.jobs().idle()).await;
    assert_eq!(journal.lines(), ["succeeds"]);
}

/// Emits a lot, and is tried again where it fails.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Chatter;

#[handler(idempotent, retries = 1)]
async fn chatters(_command: Chatter, cx: &Context) -> Result<()> {
    for _ in 0..60_000 {
        cx.emit(Said { what: String::new() }).await?;
    }
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Crowd;

#[handler]
async fn crowds(_command: Crowd, cx: &Context) -> Result<()> {
    cx.send(Chatter).await?;
    cx.send(Chatter).await
}

#[tokio::test]
async fn events_of_one_message_are_bounded_also_where_nested_ones_are_tried_again() {
    let (app, _) = seams(&[]).await;
    assert_eq!(app.send(Crowd).await.unwrap_err().code(), "PT0303");
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Followed;

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Lead;

#[handler]
async fn leads(_command: Lead, journal: &Journal, cx: &Context) -> Result<()> {
    journal.note(cx.id().to_string());
    cx.emit(Followed).await
}

#[handler]
async fn one_follows(_event: &Followed, journal: &Journal, cx: &Context) -> Result<()> {
    journal.note(format!("{} {}", cx.parent_id(), cx.id()));
    Ok(())
}

#[handler]
async fn two_follows(_event: &Followed, journal: &Journal, cx: &Context) -> Result<()> {
    journal.note(format!("{} {}", cx.parent_id(), cx.id()));
    Ok(())
}

#[tokio::test]
async fn no_two_messages_of_a_trace_share_an_id() {
    let (app, journal) = seams(&[]).await;
    app.track().send(Lead).await.nothing_failed();
    let trace = app.context(Identity::anonymous()).trace_parent();
    for _ in 0..2 {
        app.track().call(Call::default().within(trace)).send(Lead).await.nothing_failed();
    }
    let lines = journal.lines();
    let mut ids: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').next_back()).collect();
    for three in lines.chunks(3) {
        assert!(three[1..].iter().all(|line| line.starts_with(three[0].as_str())), "they follow from it: {lines:?}");
    }
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 9, "{lines:?}");
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Named {
    #[validate(required)]
    name: String,
}

#[handler]
async fn greets(event: &Named, journal: &Journal) -> Result<()> {
    journal.note(&event.name);
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Name {
    name: String,
}

#[handler]
async fn names(command: Name, cx: &Context) -> Result<()> {
    cx.emit(Named { name: command.name }).await
}

#[tokio::test]
async fn event_that_breaks_its_rules_is_refused_where_it_is_emitted() {
    let (app, journal) = seams(&[]).await;
    let refused = app.track().send(Name { name: " ".into() }).await.failed_with(Kind::Invalid);
    assert_eq!(refused.reply.unwrap_err().failures()[0].pointer, "/name");
    assert_eq!(app.emit(Named { name: String::new() }).await.failed[0].1.kind(), Kind::Invalid);
    app.track().send(Name { name: "ada".into() }).await.nothing_failed();
    assert_eq!(journal.lines(), ["ada"]);
}

// ---- callers with sessions

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Choose {
    what: String,
}

#[handler]
async fn chooses(command: Choose, cx: &Context) -> Result<()> {
    cx.session()?.set("choice", &command.what).await
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Choice;

#[handler(behaviors(Cache))]
async fn choice(_query: Choice, cx: &Context) -> Result<Option<String>> {
    cx.session()?.get("choice").await
}

#[tokio::test]
async fn cache_keeps_the_replies_of_two_sessions_apart() {
    let (app, _) = seams(&[]).await;
    for who in ["ada", "bob"] {
        let door = app.door(Call::default().in_session(who));
        door.send(Choose { what: format!("{who}'s") }).await.unwrap();
        assert_eq!(door.send(Choice).await.unwrap(), Some(format!("{who}'s")));
    }
    assert!(app.send(Choice).await.is_err(), "who has no session has no reply of another's");
}

// ---- what ends after its caller

pub struct Unit {
    journal: Arc<Journal>,
    env: partitura::env::Env,
}

#[provider(scoped, dispose = close)]
async fn unit(journal: Arc<Journal>, cx: &Context) -> Result<Unit> {
    Ok(Unit { journal, env: cx.env().clone() })
}

async fn close(unit: &Unit) -> Result<()> {
    unit.env.sleep(SECOND).await;
    unit.journal.note("closed");
    Ok(())
}

pub struct Second {
    journal: Arc<Journal>,
}

#[provider(scoped, dispose = close_second)]
async fn second(journal: Arc<Journal>, _unit: &Unit) -> Result<Second> {
    Ok(Second { journal })
}

async fn close_second(second: &Second) -> Result<()> {
    second.journal.note("closed second");
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Use {
    seconds: u64,
}

#[handler]
async fn uses(command: Use, _unit: &Unit, _second: &Second, cx: &Context) -> Result<()> {
    cx.env().sleep(Duration::from_secs(command.seconds)).await;
    Ok(())
}

#[tokio::test]
async fn di_disposal_that_waits_comes_to_its_end_also_past_the_deadline() {
    let (app, journal) = seams(&["runtime.timeout=5s"]).await;
    let answer = app.world().drive(app.send(Use { seconds: 9 })).await;
    assert_eq!(answer.unwrap_err().kind(), Kind::Timeout);
    app.advance(2 * SECOND).await;
    assert_eq!(journal.lines(), ["closed second", "closed"]);
}

#[tokio::test]
async fn di_disposal_comes_to_its_end_when_the_caller_goes_meanwhile() {
    let (app, journal) = seams(&[]).await;
    let limit = Duration::from_millis(3_500);
    assert!(app.world().drive(app.env().timeout(limit, app.send(Use { seconds: 3 }))).await.is_err());
    app.advance(2 * SECOND).await;
    assert_eq!(journal.lines(), ["closed second", "closed"]);
}

pub struct Limpet;

#[provider(scoped, dispose = cling)]
async fn limpet(_unit: &Unit) -> Result<Limpet> {
    Ok(Limpet)
}

async fn cling(_limpet: &Limpet) -> Result<()> {
    std::future::pending().await
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Cling;

#[handler]
async fn clings(_command: Cling, _limpet: &Limpet) -> Result<()> {
    Ok(())
}

/// Of a message without a deadline, too, and what is behind it is disposed of.
#[tokio::test]
async fn di_disposal_that_does_not_end_keeps_no_message() {
    let (app, journal) = seams(&["runtime.timeout=5s"]).await;
    app.world().drive(app.context(Identity::anonymous()).send(Cling)).await.unwrap();
    assert_eq!(journal.lines(), ["closed"]);
    // One that has succeeded by its deadline is answered by then.
    app.world().drive(app.send(Cling)).await.unwrap();
    assert_eq!(journal.lines(), ["closed"]);
    app.advance(32 * SECOND).await;
    assert_eq!(journal.lines(), ["closed", "closed"]);
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Told;

#[handler]
async fn is_slow(_event: &Told, journal: &Journal, cx: &Context) -> Result<()> {
    cx.env().sleep(2 * SECOND).await;
    journal.note("told");
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Tell;

#[handler]
async fn tells(_command: Tell, cx: &Context) -> Result<()> {
    cx.emit(Told).await?;
    cx.emit(Told).await
}

#[tokio::test]
async fn shutdown_waits_for_events_that_the_sender_of_a_full_queue_delivers() {
    let (app, journal) = seams(&["queue.capacity=1", "runtime.timeout=3s"]).await;
    app.spawn(Tell).unwrap();
    app.world().drive(app.shutdown()).await.unwrap();
    assert_eq!(journal.lines(), ["told", "told"]);
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Hang;

#[handler]
async fn hangs(_command: Hang) -> Result<()> {
    std::future::pending().await
}

/// As an application does that the tests of one program share.
#[test]
fn queue_outlives_the_runtime_in_which_a_job_ran() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (app, journal, hanging) = runtime().block_on(async {
        let journal = Arc::new(Journal::default());
        let config = Seams::BLUEPRINT.loader().hermetic().set("queue.workers=1").load().unwrap();
        let app = Seams::builder().config(config).replace(journal.clone()).build().await.unwrap();
        let hanging = app.spawn(Hang).unwrap();
        app.spawn(Note).unwrap();
        tokio::task::yield_now().await;
        assert_eq!(app.jobs().get(hanging).unwrap().state, State::InFlight);
        (app, journal, hanging)
    });
    assert_eq!(app.jobs().get(hanging).unwrap().state, State::Failed);
    runtime().block_on(async {
        app.spawn(Note).unwrap();
        app.env().timeout(10 * SECOND, app.jobs().idle()).await.unwrap();
    });
    assert_eq!(journal.lines(), ["noted", "noted"]);
}

// ---- what panics where no handler runs

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
#[validate(with = panics)]
pub struct Judged {
    n: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct JudgedToo {
    #[validate(custom = positive)]
    n: u32,
}

fn positive(n: &u32) -> Result<(), &'static str> {
    assert!(*n > 0, "secret");
    Ok(())
}

fn panics(judged: &Judged) -> Result<(), &'static str> {
    assert!(judged.n > 0, "secret");
    Ok(())
}

#[handler]
async fn judged(_command: Judged) -> Result<()> {
    Ok(())
}

#[tokio::test]
async fn rule_that_panics_fails_its_own_message_at_every_door() {
    let (app, _) = seams(&[]).await;
    assert_eq!(app.send(Judged { n: 0 }).await.unwrap_err().code(), "PT0305");
    assert_eq!(app.execute("seams.Judged", serde_json::json!({ "n": 0 })).await.unwrap_err().code(), "PT0305");
    assert_eq!(app.emit(JudgedToo { n: 0 }).await.failed[0].1.code(), "PT0305");
    app.shutdown().await.unwrap();
    assert_eq!(app.send(Judged { n: 0 }).await.unwrap_err().code(), "PT0308", "nothing is judged any more");
}

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(std::thread::panicking(), "no end");
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Stuck;

#[handler]
async fn stuck(_command: Stuck) -> Result<()> {
    let _bomb = Bomb;
    std::future::pending().await
}

#[tokio::test]
async fn message_that_panics_when_its_deadline_ends_it_fails_alone() {
    let (app, _) = seams(&[]).await;
    assert!(app.world().drive(app.send(Stuck)).await.is_err());
    let door = app.door(Call::default());
    assert!(app.world().drive(door.execute("seams.Stuck", serde_json::json!({}))).await.is_err());
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Note;

#[handler]
async fn notes(_command: Note, journal: &Journal) -> Result<()> {
    journal.note("noted");
    Ok(())
}

#[tokio::test]
async fn job_that_panics_when_its_deadline_ends_it_stops_no_worker() {
    let (app, journal) = seams(&["queue.workers=1"]).await;
    let id = app.spawn(Stuck).unwrap();
    app.spawn(Spawn::of(Note).after(SECOND)).unwrap();
    app.advance(40 * SECOND).await;
    assert_eq!(journal.lines(), ["noted"]);
    assert_eq!(app.jobs().get(id).unwrap().state, State::Failed);
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Fragile {
    broken: bool,
}

impl Drop for Fragile {
    fn drop(&mut self) {
        assert!(!self.broken || std::thread::panicking(), "no end");
    }
}

#[handler]
async fn holds(event: &Fragile, journal: &Journal) -> Result<()> {
    journal.note(if event.broken { "broken" } else { "whole" });
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Break;

#[handler]
async fn breaks(_command: Break, cx: &Context) -> Result<()> {
    cx.emit(Fragile { broken: true }).await?;
    cx.emit(Fragile { broken: false }).await
}

#[tokio::test]
async fn event_that_panics_when_it_is_dropped_loses_no_other() {
    let (app, journal) = seams(&["queue.workers=1"]).await;
    app.send(Break).await.unwrap();
    app.spawn(Note).unwrap();
    app.advance(SECOND).await;
    assert_eq!(journal.lines(), ["broken", "whole", "noted"]);
}

#[tokio::test]
async fn subscriber_added_by_hand_that_panics_when_its_deadline_ends_it_fails_alone() {
    let (app, _) = seams(&[]).await;
    let stuck = app.subscribe("seams.Said", |_, _| async {
        let _bomb = Bomb;
        std::future::pending().await
    });
    let report = app.world().drive(app.emit(Said { what: "x".into() })).await;
    assert_eq!((report.handled.len(), report.failed.len()), (1, 1));
    drop(stuck);
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks;

#[handler]
fn ticks(_query: Ticks) -> impl Stream<Item = Result<u32>> + Send {
    futures_util::stream::unfold((Bomb, 0), |(bomb, n)| async move {
        if n > 0 {
            std::future::pending::<()>().await;
        }
        Some((Ok(n), (bomb, n + 1)))
    })
}

#[tokio::test]
async fn stream_that_panics_when_the_application_leaves_it_behind_ends_with_an_error() {
    let (app, _) = seams(&[]).await;
    let mut ticks = app.send(Ticks).await.unwrap();
    assert_eq!(ticks.next().await.unwrap().unwrap(), 0);
    let next = app.env().spawn(async move { ticks.next().await });
    tokio::task::yield_now().await;
    assert!(app.shutdown_within(Duration::ZERO).await.is_err());
    assert!(next.await.unwrap().unwrap().is_err());
}

// ---- what fails a thousand times, and what nobody will tell any more

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Refused;

#[handler]
async fn refuses(_event: &Refused) -> Result<()> {
    Err(Error::conflict("as asked"))
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Insist;

#[handler]
async fn insists(_command: Insist, cx: &Context) -> Result<()> {
    for _ in 0..1_000 {
        cx.emit(Refused).await?;
    }
    Ok(())
}

#[tokio::test]
async fn queue_history_tells_the_first_failures_of_many_and_how_many_more() {
    let (app, _) = seams(&[]).await;
    app.track().send(Insist).await.replied(&());
    let error = app.jobs().history()[0].error.clone().unwrap();
    assert!(error.starts_with("seams.refuses: as asked; ") && error.len() < 500, "{error}");
    assert!(error.ends_with("and 990 more"), "{error}");
}

#[tokio::test]
async fn event_that_is_waited_for_when_the_application_stops_is_unavailable() {
    let (app, _) = seams(&[]).await;
    let said = app.context(Identity::anonymous()).wait_for::<Said>(|_| true, SECOND);
    app.shutdown().await.unwrap();
    assert_eq!(said.await.unwrap_err().code(), "PT0308");
}

// ---- times that no clock reaches

#[tokio::test]
async fn deadline_that_no_clock_reaches_is_none() {
    let (app, _) = seams(&["runtime.timeout=213503982334601d"]).await;
    app.send(Note).await.unwrap();
    app.emit(Said { what: "x".into() }).await;
    app.shutdown_within(Duration::MAX).await.unwrap();
}

#[tokio::test]
async fn subscriptions_are_bounded() {
    let app = Seams::test().build().await.unwrap();
    let heard = |_: partitura::AnyEvent, _: Context| std::future::ready(Ok(()));
    let one = app.subscribe("a.b", heard).unwrap();
    one.remove();
    let mut kept = Vec::new();
    let error = loop {
        match app.subscribe("a.b", heard) {
            Ok(subscription) => kept.push(subscription),
            Err(error) => break error,
        }
    };
    assert_eq!((kept.len(), error.kind(), error.code()), (10_000, Kind::TooMany, "PT0314"));
    kept.pop();
    assert!(app.subscribe("a.b", heard).is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn subscriptions_come_and_go_while_events_do() {
    let app = Seams::builder().build().await.unwrap();
    let each = (0..8).map(|n: u32| {
        let app = app.clone();
        let said = move || Said { what: n.to_string() };
        app.env().clone().spawn(async move {
            for _ in 0..200 {
                let heard = Arc::new(AtomicUsize::new(0));
                let (mine, what) = (heard.clone(), n.to_string());
                let listener = move |event: partitura::AnyEvent, _: Context| {
                    let own = event.downcast_ref::<Said>().is_some_and(|said| said.what == what);
                    mine.fetch_add(usize::from(own), Ordering::SeqCst);
                    std::future::ready(Ok(()))
                };
                let subscription = app.subscribe("seams.*", listener).unwrap();
                assert!(app.emit(said()).await.is_ok());
                assert_eq!(heard.load(Ordering::SeqCst), 1);
                subscription.remove();
                assert!(app.emit(said()).await.is_ok());
                assert_eq!(heard.load(Ordering::SeqCst), 1, "told after it was removed");
            }
        })
    });
    for one in each.collect::<Vec<_>>() {
        one.await.unwrap();
    }
    app.shutdown().await.unwrap();
}
