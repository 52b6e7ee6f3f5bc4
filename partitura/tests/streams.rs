//! How streaming handlers behave, each rule a test named after it.
#![allow(missing_docs)]
#![expect(clippy::disallowed_methods, reason = "who takes a stream is outside of the application")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use partitura::prelude::*;
use partitura::{Call, TestApp};
use serde_json::json;

partitura::module! { name: "streams", handles: [Beats] }
partitura::app! { Clockwork { modules: [crate] } }

/// What happened, in order. One per application, so that tests do not see each other.
#[injectable]
#[derive(Default)]
pub struct Journal {
    #[init]
    lines: Mutex<Vec<String>>,
    #[init]
    polls: AtomicUsize,
}

impl Journal {
    fn note(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
    }
    /// Without what subscribers heard, who are told on their own.
    fn own(&self) -> Vec<String> {
        self.lines().into_iter().filter(|line| !line.starts_with("heard")).collect()
    }
    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

/// One per message.
pub struct Unit {
    journal: Arc<Journal>,
    closed: AtomicBool,
}

#[provider(scoped, dispose = close)]
async fn unit(journal: Arc<Journal>) -> Result<Unit> {
    journal.note("unit opened");
    Ok(Unit { journal, closed: AtomicBool::new(false) })
}

async fn close(unit: &Unit) -> Result<()> {
    tokio::task::yield_now().await;
    unit.closed.store(true, Ordering::SeqCst);
    unit.journal.note("unit closed");
    Ok(())
}

/// Notes when it is dropped.
struct Guard<'a>(&'a Journal);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        self.0.note("stream dropped");
    }
}

/// A fresh one for each stream.
#[injectable(transient)]
pub struct Step {
    #[init(2)]
    by: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tick {
    number: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
pub struct Ticked {
    number: u64,
}

/// Counts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks {
    until: u64,
    /// What happens after the last one.
    #[serde(default)]
    then: Then,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    #[default]
    End,
    Fail,
    Panic,
    Hang,
}

fn ticks_until(until: u64) -> Ticks {
    Ticks { until, then: Then::End }
}

#[handler]
pub fn ticks(query: Ticks, journal: &Journal, unit: &Unit, cx: &Context) -> impl Stream<Item = Result<Tick>> + Send {
    stream::unfold((0, Guard(journal)), move |(number, guard)| {
        let query = query.clone();
        async move {
            journal.polls.fetch_add(1, Ordering::SeqCst);
            assert!(!unit.closed.load(Ordering::SeqCst), "the scope outlives the stream");
            if number < query.until {
                if number < 10 {
                    cx.emit(Ticked { number }).await.ok()?;
                }
                return Some((Ok(Tick { number }), (number + 1, guard)));
            }
            match query.then {
                Then::End => None,
                Then::Fail => Some((Err(Error::conflict("the spring broke")), (number + 1, guard))),
                Then::Panic => panic!("the spring broke"),
                Then::Hang => std::future::pending().await,
            }
        }
    })
}

#[handler]
async fn heard(event: &Ticked, journal: &Journal) -> Result<()> {
    journal.note(format!("heard {}", event.number));
    Ok(())
}

/// Nothing scoped, nothing around it: the short way.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Count {
    until: u64,
}

#[derive(Debug, Problem)]
pub enum Broken {
    #[problem(kind = gone, code = "clock.worn_out")]
    WornOut,
}

#[handler]
fn count(command: Count, step: Step) -> impl Stream<Item = Result<u64, Broken>> + Send + use<> {
    let Step { by } = step;
    stream::iter((0..).step_by(by as usize)).map(move |number| match number < command.until {
        true => Ok(number),
        false => Err(Broken::WornOut),
    })
}

/// One item a minute, for ever.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Minutes;

#[handler(timeout = "150s")]
fn minutes(_query: Minutes, cx: &Context, unit: &Unit) -> impl Stream<Item = Result<u64>> + Send {
    minutes_of(cx, unit)
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Unbound;

#[handler]
fn unbound(_query: Unbound, cx: &Context, unit: &Unit) -> impl Stream<Item = Result<u64>> + Send {
    minutes_of(cx, unit)
}

fn minutes_of(cx: &Context, unit: &Unit) -> impl Stream<Item = Result<u64>> + Send {
    stream::unfold(0, move |minute| async move {
        if minute > 0 {
            cx.env().sleep(Duration::from_secs(60)).await;
        }
        unit.journal.polls.fetch_add(1, Ordering::SeqCst);
        Some((cx.send(Echo { number: minute }).await, minute + 1))
    })
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Echo {
    number: u64,
}

/// Its timeout is counted from when it is sent, within whatever deadline its sender has.
#[handler(timeout = "1s")]
async fn echo(query: Echo) -> Result<u64> {
    Ok(query.number)
}

/// Never has to wait.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Quick;

#[handler(timeout = "10s")]
fn quick(_query: Quick) -> impl Stream<Item = Result<u32>> + Send {
    stream::iter(0..).map(Ok)
}

/// Takes items of another handler's stream.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Sum {
    until: u64,
}

#[handler]
async fn sum(query: Sum, cx: &Context) -> Result<u64> {
    let mut sum = 0;
    let mut ticks = cx.send(ticks_until(query.until)).await?;
    while let Some(tick) = ticks.next().await {
        sum += tick?.number;
    }
    Ok(sum)
}

/// Passes on what another handler streams.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Doubled {
    until: u64,
}

#[handler]
fn doubled(query: Doubled, cx: &Context) -> impl Stream<Item = Result<u64>> + Send {
    stream::once(cx.send(ticks_until(query.until))).try_flatten().map_ok(|tick| tick.number * 2)
}

/// Its handler might live in another crate.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
#[query(contract, reply = Streaming<Tick>)]
pub struct Beats {
    until: u64,
}

#[handler]
fn beats(query: Beats, unit: &Unit) -> impl Stream<Item = Result<Tick>> + Send {
    stream::iter((0..query.until).map(|number| Ok(Tick { number }))).inspect(|_| unit.journal.note("beat"))
}

/// Never leaves the process, so its items need not serialise.
#[derive(Query)]
#[query(local)]
pub struct Parts;

pub struct Part(u32);

#[handler]
fn parts(_query: Parts) -> impl Stream<Item = Result<Part>> + Send {
    stream::iter([1, 2, 3].map(|number| Ok(Part(number))))
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Secrets;

#[handler(allow("keeper"))]
fn secrets(_query: Secrets) -> impl Stream<Item = Result<String>> + Send {
    stream::iter([Ok("tick".to_owned())])
}

/// Sees the stream as it is made, and may put another in its place.
#[behavior]
async fn tenfold(_message: &Tenfold, next: Next<'_, Tenfold>, journal: &Journal) -> Result<Streaming<u64>> {
    let items = next.run().await?;
    journal.note("made");
    Ok(Streaming::new(items.map_ok(|item| item * 10)))
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Tenfold;

#[handler(behaviors(tenfold))]
fn tenfold_of(_query: Tenfold, unit: &Unit) -> impl Stream<Item = Result<u64>> + Send {
    stream::iter([1, 2]).map(|item| {
        unit.journal.note(format!("item {item}"));
        Ok(item)
    })
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Texts {
    count: usize,
    length: usize,
}

#[handler]
fn texts(query: Texts, journal: &Journal, cx: &Context) -> impl Stream<Item = Result<String>> + Send {
    let name = cx.message().map(|message| message.full_name());
    assert_eq!((name.as_deref(), cx.depth()), (Some("streams.Texts"), 1), "the message's own");
    stream::iter(0..query.count).map(move |_| {
        journal.polls.fetch_add(1, Ordering::SeqCst);
        Ok("x".repeat(query.length))
    })
}

async fn app() -> (TestApp, Arc<Journal>) {
    let journal = Arc::new(Journal::default());
    (Clockwork::test().replace::<Journal>(journal.clone()).build().await.unwrap(), journal)
}

/// Lets every other task run until it waits.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

fn numbers(ticks: &[Result<Tick>]) -> Vec<u64> {
    ticks.iter().filter_map(|tick| tick.as_ref().ok()).map(|tick| tick.number).collect()
}

#[tokio::test]
async fn items_come_in_order_and_then_the_end() {
    let (app, _) = app().await;
    let mut ticks = app.send(ticks_until(5)).await.unwrap();
    let mut seen = Vec::new();
    while let Some(tick) = ticks.next().await {
        seen.push(tick.unwrap().number);
    }
    assert_eq!(seen, [0, 1, 2, 3, 4]);
    assert!(ticks.next().await.is_none(), "and the end stays the end");
    let counted: Vec<_> = app.send(Count { until: 6 }).await.unwrap().collect().await;
    let counted: Vec<_> = counted.into_iter().map(|item| item.map_err(|error| error.code().to_owned())).collect();
    assert_eq!(counted, [Ok(0), Ok(2), Ok(4), Err("clock.worn_out".to_owned())]);
}

#[tokio::test]
async fn nothing_runs_while_nobody_asks() {
    let (app, journal) = app().await;
    let polls = || journal.polls.load(Ordering::SeqCst);
    let mut ticks = app.send(ticks_until(100)).await.unwrap();
    tokio::task::yield_now().await;
    assert_eq!(polls(), 0);
    for asked in 1..=10 {
        ticks.next().await.unwrap().unwrap();
        tokio::task::yield_now().await;
        assert_eq!(polls(), asked, "one item for each that is asked for");
    }
    drop(ticks);
    tokio::task::yield_now().await;
    assert_eq!(polls(), 10);
}

#[tokio::test]
async fn an_error_is_the_last_item() {
    let (app, journal) = app().await;
    let mut ticks = app.send(Ticks { until: 2, then: Then::Fail }).await.unwrap();
    let items: Vec<_> = ticks.by_ref().collect().await;
    assert_eq!(numbers(&items), [0, 1]);
    assert_eq!(items[2].as_ref().unwrap_err().kind(), Kind::Conflict);
    assert_eq!(items.len(), 3);
    assert!(ticks.next().await.is_none());
    assert_eq!(journal.polls.load(Ordering::SeqCst), 3, "it is not asked after its error");
    assert_eq!(journal.lines(), ["unit opened", "stream dropped", "unit closed"], "before the error was told");
}

#[tokio::test]
async fn a_panic_is_the_last_item() {
    let (app, journal) = app().await;
    let items: Vec<_> = app.send(Ticks { until: 2, then: Then::Panic }).await.unwrap().collect().await;
    assert_eq!(numbers(&items), [0, 1]);
    let error = items[2].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Internal, "PT0305"));
    assert!(format!("{error:?}").contains("the spring broke"), "{error:?}");
    assert_eq!(items.len(), 3);
    assert_eq!(journal.lines(), ["unit opened", "stream dropped", "unit closed"]);
}

#[tokio::test]
async fn dropping_it_drops_the_handlers_stream_and_then_the_scope() {
    let (app, journal) = app().await;
    let mut ticks = app.send(ticks_until(100)).await.unwrap();
    ticks.next().await.unwrap().unwrap();
    assert_eq!(journal.lines(), ["unit opened"]);
    drop(ticks);
    assert_eq!(journal.lines(), ["unit opened", "stream dropped"], "at once");
    settle().await;
    assert_eq!(journal.lines(), ["unit opened", "stream dropped", "unit closed"], "no event left");
}

#[tokio::test]
async fn what_is_scoped_lives_as_long_as_the_stream() {
    let (app, journal) = app().await;
    let mut ticks = app.send(ticks_until(2)).await.unwrap();
    for _ in 0..2 {
        ticks.next().await.unwrap().unwrap();
        tokio::task::yield_now().await;
        assert_eq!(journal.lines(), ["unit opened"]);
    }
    // The handler's own assertion has seen it open in the last poll, too.
    assert!(ticks.next().await.is_none());
    assert_eq!(journal.own(), ["unit opened", "stream dropped", "unit closed"], "before the end is told");
    // One that is never asked for anything.
    drop(app.send(ticks_until(2)).await.unwrap());
    settle().await;
    assert_eq!(journal.lines().iter().filter(|line| *line == "unit closed").count(), 2);
}

#[tokio::test]
async fn a_timeout_that_is_declared_bounds_the_whole_stream() {
    let (app, journal) = app().await;
    let mut minutes = app.send(Minutes).await.unwrap();
    let began = app.env().now();
    let items: Vec<_> = app.world().drive(minutes.by_ref().take(9).collect()).await;
    assert_eq!(items.iter().flatten().collect::<Vec<_>>(), [&0, &1, &2]);
    let error = items[3].as_ref().unwrap_err();
    assert_eq!((error.kind(), error.code(), items.len()), (Kind::Timeout, "PT0304", 4));
    assert_eq!(app.env().now() - began, Duration::from_secs(150));
    assert_eq!(journal.lines(), ["unit opened", "unit closed"]);
    // Also where it passes while nobody asks; what is ready by then is still given.
    let mut minutes = app.send(Minutes).await.unwrap();
    assert_eq!(minutes.next().await.unwrap().unwrap(), 0);
    app.advance(Duration::from_secs(200)).await;
    let rest: Vec<_> = app.world().drive(minutes.take(9).collect()).await;
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].as_ref().unwrap_err().kind(), Kind::Timeout);
    let mut quick = app.send(Quick).await.unwrap();
    assert_eq!(quick.next().await.unwrap().unwrap(), 0);
    app.advance(Duration::from_secs(20)).await;
    assert_eq!(quick.next().await.unwrap().unwrap(), 1);
    assert_eq!(quick.next().await.unwrap().unwrap_err().kind(), Kind::Timeout);
    assert!(quick.next().await.is_none());
}

#[tokio::test]
async fn the_doors_default_deadline_is_for_the_way_to_the_stream() {
    let (app, _) = app().await;
    let unbound = app.send(Unbound).await.unwrap();
    let items: Vec<_> = app.world().drive(unbound.take(10).collect()).await;
    assert!(items.iter().all(Result::is_ok), "30 s have passed: {items:?}");
    // A deadline that the caller sets is for all of it.
    let until = app.env().now() + Duration::from_secs(90);
    let unbound = app.door(Call::default().until(until)).send(Unbound).await.unwrap();
    let items: Vec<_> = app.world().drive(unbound.take(9).collect()).await;
    assert_eq!((items.len(), items[2].as_ref().unwrap_err().kind()), (3, Kind::Timeout));
    // Where the door collects, the answer is all of it, and the default is for the answer.
    let error = app.world().drive(app.execute("streams.Unbound", json!(null))).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Timeout);
}

#[tokio::test]
async fn events_leave_when_the_stream_has_ended_well() {
    let heard = |journal: &Journal| journal.lines().iter().filter(|line| line.starts_with("heard")).count();
    let (app, journal) = app().await;
    let mut ticks = app.send(ticks_until(3)).await.unwrap();
    for _ in 0..3 {
        ticks.next().await.unwrap().unwrap();
    }
    settle().await;
    assert_eq!(heard(&journal), 0, "not before the end");
    assert!(ticks.next().await.is_none());
    settle().await;
    assert_eq!(heard(&journal), 3);
    let failing = app.send(Ticks { until: 3, then: Then::Fail }).await.unwrap();
    drop(failing.collect::<Vec<_>>().await);
    let mut dropped = app.send(ticks_until(3)).await.unwrap();
    dropped.next().await.unwrap().unwrap();
    drop(dropped);
    settle().await;
    assert_eq!(heard(&journal), 3, "not of one that failed, nor of one that was dropped");
    // Within another message, with that.
    assert_eq!(app.send(Sum { until: 3 }).await.unwrap(), 3);
    settle().await;
    assert_eq!(heard(&journal), 6);
    let doubled: Vec<u64> = app.send(Doubled { until: 3 }).await.unwrap().try_collect().await.unwrap();
    assert_eq!(doubled, [0, 2, 4]);
    settle().await;
    assert_eq!(heard(&journal), 9);
}

#[tokio::test]
async fn a_named_door_collects() {
    let (app, journal) = app().await;
    let reply = app.execute("streams.Ticks", json!({ "until": 2 })).await.unwrap();
    assert_eq!(reply, json!([{ "number": 0 }, { "number": 1 }]));
    assert_eq!(journal.own(), ["unit opened", "stream dropped", "unit closed"]);
    let error = app.execute("streams.Ticks", json!({ "until": 2, "then": "fail" })).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Conflict, "an error among the items is the answer");
    let error = app.execute("streams.Ticks", json!({ "until": "2" })).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid);
    let cx = app.context(Identity::anonymous());
    assert_eq!(cx.execute("streams.Ticks", json!({ "until": 0 })).await.unwrap(), json!([]));
}

#[tokio::test]
async fn what_is_collected_is_bounded() {
    let (app, journal) = app().await;
    let texts = |count: usize, length: usize| {
        let (app, input) = (app.clone(), json!({ "count": count, "length": length }));
        async move { app.execute("streams.Texts", input).await }
    };
    let reply = texts(10_000, 1).await.unwrap();
    assert_eq!(reply.as_array().unwrap().len(), partitura::COLLECT_ITEMS);
    let before = journal.polls.load(Ordering::SeqCst);
    let error = texts(20_000, 1).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::TooLarge, "PT0325"));
    assert_eq!(journal.polls.load(Ordering::SeqCst) - before, 10_001, "the rest is not asked for");
    // `["..","..",..]`: two quotes and a comma for each of sixteen, and the brackets.
    let most = (partitura::COLLECT_BYTES - 2 - 16 * 3) / 16;
    let reply = texts(16, most).await.unwrap();
    let text = serde_json::to_string(&reply).unwrap().len();
    assert!(text <= partitura::COLLECT_BYTES && text + 16 > partitura::COLLECT_BYTES, "{text}");
    let error = texts(16, most + 2).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::TooLarge, "PT0325"));
}

#[tokio::test]
async fn a_named_door_streams() {
    let (app, journal) = app().await;
    let door = app.door(Call::default());
    let mut ticks = door.stream("streams.Ticks", json!({ "until": 5 })).await.unwrap();
    assert_eq!(ticks.next().await.unwrap().unwrap(), json!({ "number": 0 }));
    assert_eq!(journal.polls.load(Ordering::SeqCst), 1);
    let rest: Vec<_> = ticks.try_collect().await.unwrap();
    assert_eq!(rest.len(), 4);
    let once: Vec<_> = door.stream("streams.Echo", json!({ "number": 7 })).await.unwrap().collect().await;
    assert_eq!(
        once.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
        [json!(7)],
        "what does not stream is one item"
    );
    assert_eq!(door.stream("streams.Tics", json!({})).await.unwrap_err().kind(), Kind::NotFound);
    let error = door.stream("streams.Ticks", json!({ "until": "5" })).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Invalid, "told before the first item");
}

#[tokio::test]
async fn a_stopping_application_waits_for_an_open_stream() {
    let (app, journal) = app().await;
    let mut ticks = app.send(ticks_until(2)).await.unwrap();
    ticks.next().await.unwrap().unwrap();
    let stopping = tokio::spawn({
        let app = app.clone();
        async move { app.shutdown().await }
    });
    settle().await;
    assert!(!app.is_ready() && !stopping.is_finished());
    assert_eq!(app.send(ticks_until(2)).await.unwrap_err().code(), "PT0308", "no new one");
    assert_eq!(ticks.next().await.unwrap().unwrap().number, 1);
    assert!(ticks.next().await.is_none());
    stopping.await.unwrap().unwrap();
    assert!(journal.lines().contains(&"heard 1".to_owned()));
}

#[tokio::test]
async fn one_that_is_dropped_lets_the_application_stop() {
    let (app, _) = app().await;
    let ticks = app.send(ticks_until(2)).await.unwrap();
    drop(ticks);
    app.shutdown().await.unwrap();
}

#[tokio::test]
async fn what_is_open_after_the_budget_is_cancelled() {
    let (app, journal) = app().await;
    // One that waits for its next item, and one that nobody asks.
    let waiting = app.send(Ticks { until: 1, then: Then::Hang }).await.unwrap();
    let mut idle = app.send(ticks_until(9)).await.unwrap();
    idle.next().await.unwrap().unwrap();
    let waiting = tokio::spawn(waiting.collect::<Vec<_>>());
    settle().await;
    let errors = app.world().drive(app.shutdown_within(Duration::from_secs(5))).await.unwrap_err();
    assert_eq!(errors[0].code(), "PT0309");
    assert!(format!("{:?}", errors[0]).contains("2 messages"), "{errors:?}");
    let items = tokio::time::timeout(Duration::from_secs(5), waiting).await.expect("it is woken").unwrap();
    assert_eq!((items.len(), items[1].as_ref().unwrap_err().code()), (2, "PT0308"));
    let error = idle.next().await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Unavailable, "PT0308"));
    assert!(idle.next().await.is_none());
    assert_eq!(journal.lines().iter().filter(|line| *line == "stream dropped").count(), 2);
}

#[tokio::test]
async fn a_contract_message_streams() {
    let (app, journal) = app().await;
    let beats: Vec<Tick> = app.send(Beats { until: 2 }).await.unwrap().try_collect().await.unwrap();
    assert_eq!(beats, [Tick { number: 0 }, Tick { number: 1 }]);
    assert_eq!(journal.lines(), ["unit opened", "beat", "beat", "unit closed"]);
    let tracked = app.track().send(Beats { until: 1 }).await;
    assert_eq!((tracked.count::<Beats>(), tracked.all()[0].depth), (1, 1), "one message, the outermost");
    drop(tracked);
    let beats = app.execute("streams.Beats", json!({ "until": 1 })).await.unwrap();
    assert_eq!(beats, json!([{ "number": 0 }]));
}

#[tokio::test]
async fn a_local_message_streams_what_does_not_serialise() {
    let (app, _) = app().await;
    let parts: Vec<Part> = app.send(Parts).await.unwrap().try_collect().await.unwrap();
    assert_eq!(parts.iter().map(|part| part.0).collect::<Vec<_>>(), [1, 2, 3]);
}

#[tokio::test]
async fn what_stands_around_it_stands_around_its_making() {
    let (app, journal) = app().await;
    assert_eq!(app.send(Secrets).await.unwrap_err().kind(), Kind::Unauthenticated);
    let items: Vec<u64> = app.send(Tenfold).await.unwrap().try_collect().await.unwrap();
    assert_eq!(items, [10, 20]);
    assert_eq!(journal.lines(), ["unit opened", "made", "item 1", "item 2", "unit closed"]);
}

#[tokio::test]
async fn one_way_it_runs_to_its_end() {
    let (app, journal) = app().await;
    app.spawn(ticks_until(3)).unwrap();
    app.spawn(Ticks { until: 1, then: Then::Fail }).unwrap();
    app.shutdown().await.unwrap();
    let lines = journal.lines();
    assert_eq!(lines.iter().filter(|line| *line == "unit closed").count(), 2);
    assert_eq!(lines.iter().filter(|line| line.starts_with("heard")).count(), 3, "{lines:?}");
}

#[tokio::test]
async fn a_tracked_call_hands_the_stream_to_the_test() {
    let (app, journal) = app().await;
    let tracked = app.track().send(ticks_until(2)).await;
    assert_eq!((tracked.count::<Ticks>(), tracked.count::<Ticked>()), (1, 0), "it does not wait for the items");
    assert_eq!(journal.lines(), ["unit opened"]);
    let items: Vec<Tick> = tracked.reply.unwrap().try_collect().await.unwrap();
    assert_eq!(items.len(), 2);
    // What collects is followed to its end.
    let tracked = app.track().execute("streams.Ticks", json!({ "until": 2 })).await;
    assert_eq!(tracked.count::<Ticked>(), 2);
    assert_eq!(app.track().send(Sum { until: 3 }).await.replied(&3).count::<Ticked>(), 3);
}

#[tokio::test]
async fn one_of_a_test_ends_with_its_error_too() {
    let stream = Streaming::new(stream::iter([Ok(1), Err(Error::conflict("no")), Ok(2)]));
    assert_eq!(format!("{stream:?}"), "Streaming(open)");
    assert_eq!(stream.map(|item| item.is_ok()).collect::<Vec<_>>().await, [true, false]);
}

#[tokio::test]
async fn describe_says_what_streams() {
    let described = Clockwork::BLUEPRINT.describe();
    let message = |name: &str| described.messages.iter().find(|message| message.name == name).unwrap();
    let ticks = message("streams.Ticks");
    assert!(ticks.handlers[0].streams);
    assert_eq!(ticks.reply.as_deref(), Some("Tick"));
    assert_eq!(ticks.reply_schema.as_ref().unwrap()["properties"]["number"]["type"], "integer", "that of an item");
    assert!(!message("streams.Sum").handlers[0].streams);
    let json = serde_json::to_value(&ticks.handlers[0]).unwrap();
    assert_eq!(json["streams"], true);
}

#[tokio::test]
async fn several_streams_are_open_at_once() {
    let (app, _) = app().await;
    let mut a = app.send(ticks_until(3)).await.unwrap();
    let mut b = app.send(ticks_until(3)).await.unwrap();
    for number in 0..3 {
        assert_eq!(a.next().await.unwrap().unwrap().number, number);
        assert_eq!(b.next().await.unwrap().unwrap().number, number);
    }
}
