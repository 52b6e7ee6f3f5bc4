//! How events behave, each rule a test named after it.
#![allow(missing_docs)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use partitura::prelude::*;
use partitura::queue::State;
use partitura::record::What;
use partitura::{Subscription, TestApp};

partitura::app! { Shop { modules: [] } }

/// What happened, in order, and what tests put in. One per application.
#[injectable]
#[derive(Default)]
pub struct Journal {
    #[init]
    lines: Mutex<Vec<String>>,
    #[init]
    units: AtomicU32,
    #[init]
    tries: AtomicU32,
    #[init]
    subscription: Mutex<Option<Subscription>>,
}

impl Journal {
    fn note(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
    }
    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

/// One per message.
#[derive(Debug)]
pub struct Unit(u32);

#[provider(scoped)]
async fn unit(journal: &Journal) -> Result<Unit> {
    Ok(Unit(journal.units.fetch_add(1, Ordering::SeqCst)))
}

async fn shop() -> (TestApp, Arc<Journal>) {
    let journal = Arc::new(Journal::default());
    (Shop::test().replace(journal.clone()).build().await.unwrap(), journal)
}

// ---- one event, three subscribers

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
pub struct Sold {
    what: String,
}

impl Sold {
    fn of(what: &str) -> Self {
        Sold { what: what.into() }
    }
}

#[handler]
async fn first(event: &Sold, journal: &Journal, unit: &Unit, cx: &Context) -> Result<()> {
    journal.note(format!("first {} in {}", event.what, unit.0));
    match event.what.as_str() {
        "panic" => panic!("as asked"),
        "fail" => Err(Error::internal("as asked")),
        "slow" => {
            cx.env().sleep(Duration::from_secs(5)).await;
            Ok(())
        }
        "stuck" => std::future::pending().await,
        _ => Ok(()),
    }
}

#[handler]
async fn second(event: &Sold, journal: &Journal, unit: &Unit) -> Result<()> {
    journal.note(format!("second {} in {}", event.what, unit.0));
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Sell {
    what: Vec<String>,
    fail: bool,
}

fn sell(what: &[&str], fail: bool) -> Sell {
    Sell { what: what.iter().map(|what| (*what).to_owned()).collect(), fail }
}

#[handler]
async fn sells(command: Sell, journal: &Journal, cx: &Context) -> Result<()> {
    for what in command.what {
        cx.emit(Sold { what }).await?;
        cx.send(Nested).await?;
    }
    journal.note("sold");
    if command.fail { Err(Error::conflict("out of stock")) } else { Ok(()) }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Nested;

#[handler]
async fn nested(_command: Nested, cx: &Context) -> Result<()> {
    cx.emit(Sold::of("nested")).await
}

#[tokio::test]
async fn event_subscribers_are_told_in_declared_order() {
    let (app, journal) = shop().await;
    let report = app.emit(Sold::of("tea")).await;
    assert!(report.is_ok());
    assert_eq!(report.event, "events.Sold");
    assert_eq!(report.handled, ["events.first", "events.second"]);
    assert_eq!(journal.lines(), ["first tea in 0", "second tea in 1"]);
}

#[tokio::test]
async fn event_subscribers_have_scopes_of_their_own() {
    let (app, journal) = shop().await;
    app.emit(Sold::of("tea")).await;
    app.emit(Sold::of("pot")).await;
    let lines = journal.lines();
    assert_eq!(lines, ["first tea in 0", "second tea in 1", "first pot in 2", "second pot in 3"]);
}

#[tokio::test]
async fn event_subscribers_are_isolated_from_failure_and_panic() {
    let (app, journal) = shop().await;
    for (what, code) in [("panic", "PT0305"), ("fail", "internal")] {
        let report = app.emit(Sold::of(what)).await;
        assert_eq!(report.handled, ["events.second"]);
        assert_eq!(report.failed[0].0, "events.first");
        assert_eq!(report.failed[0].1.code(), code);
        // A subscriber that fails does not fail the message that emitted.
        let tracked = app.track().send(sell(&[what], false)).await.replied(&());
        assert_eq!(tracked.failed().len(), 1, "{tracked:?}");
        assert!(journal.lines().iter().any(|line| line.starts_with(&format!("second {what}"))));
    }
    let failed: Vec<_> = app.jobs().history().into_iter().filter(|job| job.state == State::Failed).collect();
    assert_eq!(failed.len(), 2, "the history of the queue tells who failed");
    assert!(failed[1].error.as_deref().is_some_and(|error| error.contains("events.first: as asked")), "{failed:?}");
}

#[tokio::test]
async fn event_subscriber_that_is_slow_holds_up_nobody_for_ever() {
    let (app, journal) = shop().await;
    let tracked = app.track().emit(Sold::of("slow")).await;
    assert!(tracked.reply.is_ok());
    // One that never ends ends at `runtime.timeout`, as every message.
    let tracked = app.track().emit(Sold::of("stuck")).await;
    assert_eq!(tracked.reply.handled, ["events.second"]);
    assert_eq!(tracked.reply.failed[0].1.kind(), Kind::Timeout);
    assert_eq!(journal.lines().last().unwrap(), "second stuck in 3");
}

#[tokio::test]
async fn event_leaves_after_the_outermost_success_in_order() {
    let (app, journal) = shop().await;
    app.track().send(sell(&["tea", "pot"], false)).await.nothing_failed();
    let lines: Vec<String> =
        journal.lines().into_iter().map(|line| line.split(" in ").next().unwrap().to_owned()).collect();
    let told = ["first tea", "second tea", "first nested", "second nested", "first pot", "second pot"];
    assert_eq!(lines[0], "sold");
    assert_eq!(lines[1..7], told);
    assert_eq!(lines[7..], ["first nested", "second nested"]);
}

#[tokio::test]
async fn event_does_not_leave_when_the_outermost_fails() {
    let (app, journal) = shop().await;
    let tracked = app.track().send(sell(&["tea"], true)).await.failed_with(Kind::Conflict).emitted_none::<Sold>();
    assert_eq!(tracked.count::<Nested>(), 1, "the nested one went well");
    assert_eq!(journal.lines(), ["sold"]);
}

// ---- tries

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Flaky {
    fails: u32,
}

#[handler(idempotent, retries = 2)]
async fn flaky(command: Flaky, journal: &Journal, cx: &Context) -> Result<u32> {
    let tried = journal.tries.fetch_add(1, Ordering::SeqCst) + 1;
    cx.emit(Sold::of(&format!("try {tried}"))).await?;
    cx.send(Nested).await?;
    if tried <= command.fails { Err(Error::unavailable("not yet")) } else { Ok(tried) }
}

#[tokio::test]
async fn event_of_a_try_that_failed_does_not_leave() {
    let (app, _) = shop().await;
    let tracked = app.track().send(Flaky { fails: 2 }).await.replied(&3);
    let what: Vec<String> = tracked.emitted::<Sold>().iter().map(|event| event.what.clone()).collect();
    assert_eq!(what, ["try 3", "nested"], "{tracked:?}");
    assert_eq!(tracked.retried().len(), 2);
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Forgive;

#[handler]
async fn forgive(_command: Forgive, cx: &Context) -> Result<Kind> {
    cx.emit(Sold::of("own")).await?;
    Ok(cx.send(Flaky { fails: 9 }).await.unwrap_err().kind())
}

#[tokio::test]
async fn event_of_the_last_try_that_failed_does_not_leave_either() {
    let (app, _) = shop().await;
    app.track().send(Forgive).await.replied(&Kind::Unavailable).emitted_one(&Sold::of("own"));
}

// ---- topics

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = "orders.{region}.placed")]
pub struct Placed {
    region: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = "orders.{region}.paid.{cents}")]
pub struct Paid {
    region: String,
    cents: u32,
}

#[handler(topic = "orders.*.#")]
async fn orders(event: &AnyEvent, journal: &Journal) -> Result<()> {
    journal.note(format!("orders: {} {}", event.topic().as_str(), event.name()));
    Ok(())
}

#[handler(topic = "orders.eu.*")]
async fn placed_in_europe(event: &Placed, journal: &Journal) -> Result<()> {
    journal.note(format!("europe: {}", event.region));
    Ok(())
}

/// One that is taken as it is, one shared.
#[derive(Debug, EventSet)]
pub enum Order {
    Placed(Placed),
    Paid(Arc<Paid>),
}

#[handler]
async fn order(event: &Order, journal: &Journal) -> Result<()> {
    journal.note(match event {
        Order::Placed(placed) => format!("order placed {}", placed.region),
        Order::Paid(paid) => format!("order paid {}", paid.cents),
    });
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Place {
    region: String,
}

#[handler]
async fn place(command: Place, cx: &Context) -> Result<()> {
    cx.emit(Placed { region: command.region }).await
}

#[tokio::test]
async fn event_topic_finds_subscribers_by_pattern() {
    let (app, journal) = shop().await;
    app.track().send(Place { region: "eu".into() }).await.nothing_failed();
    assert_eq!(journal.lines(), ["orders: orders.eu.placed events.Placed", "europe: eu", "order placed eu"]);
}

#[tokio::test]
async fn event_topic_narrows_a_subscriber_of_one_type() {
    let (app, journal) = shop().await;
    app.emit(Placed { region: "us".into() }).await;
    assert_eq!(journal.lines(), ["orders: orders.us.placed events.Placed", "order placed us"]);
}

#[tokio::test]
async fn event_set_takes_owned_and_shared_events() {
    let (app, journal) = shop().await;
    app.emit(Paid { region: "eu".into(), cents: 7 }).await;
    assert_eq!(journal.lines(), ["orders: orders.eu.paid.7 events.Paid", "order paid 7"]);
}

#[tokio::test]
async fn event_topic_with_a_value_that_is_no_word_is_refused_when_it_is_emitted() {
    let (app, journal) = shop().await;
    for region in ["", "e.u", "*"] {
        let tracked = app.track().send(Place { region: region.into() }).await;
        let tracked = tracked.failed_with(Kind::Invalid);
        assert!(tracked.emitted::<Placed>().is_empty());
        let report = app.emit(Placed { region: region.into() }).await;
        assert_eq!(report.failed[0].1.kind(), Kind::Invalid);
    }
    assert!(journal.lines().is_empty());
}

// ---- at run time

#[tokio::test]
async fn event_subscriber_can_be_added_and_removed_while_the_application_runs() {
    let (app, journal) = shop().await;
    let noting = |who: &'static str| {
        let journal = journal.clone();
        move |event: AnyEvent, _: Context| {
            journal.note(format!("{who} {}", event.topic().as_str()));
            std::future::ready(Ok(()))
        }
    };
    let all = app.subscribe("#", noting("all")).unwrap();
    let paid = app.subscribe("orders.*.paid.*", noting("paid")).unwrap();
    app.subscribe("orders.us.#", noting("kept")).unwrap().forget();
    app.emit(Paid { region: "us".into(), cents: 1 }).await;
    let told = ["all orders.us.paid.1", "paid orders.us.paid.1", "kept orders.us.paid.1"];
    assert_eq!(journal.lines()[2..], told, "after those that are declared, in the order in which they were added");
    all.remove();
    drop(paid);
    let before = journal.lines().len();
    app.emit(Paid { region: "us".into(), cents: 2 }).await;
    assert_eq!(journal.lines()[before + 2..], ["kept orders.us.paid.2"]);
    assert_eq!(app.subscribe("orders..paid", noting("none")).unwrap_err().kind(), Kind::Invalid);
}

#[tokio::test]
async fn event_subscriber_that_another_removes_is_not_told() {
    let (app, journal) = shop().await;
    let remover = {
        let journal = journal.clone();
        app.subscribe("events.Sold", move |_, _| {
            journal.note("removes");
            drop(journal.subscription.lock().unwrap().take());
            std::future::ready(Ok(()))
        })
    };
    let victim = {
        let journal = journal.clone();
        app.subscribe("events.Sold", move |_, _| {
            journal.note("told");
            std::future::ready(Ok(()))
        })
    };
    *journal.subscription.lock().unwrap() = Some(victim.unwrap());
    app.emit(Sold::of("tea")).await;
    assert_eq!(journal.lines()[2..], ["removes"]);
    remover.unwrap().remove();
}

#[tokio::test]
async fn event_subscriber_that_is_added_by_another_is_told_of_the_next_event() {
    let (app, journal) = shop().await;
    let adder = {
        let (journal, shop) = (journal.clone(), app.clone());
        app.subscribe("events.Sold", move |_, _| {
            let inner = journal.clone();
            shop.subscribe("events.Sold", move |_, _| {
                inner.note("added");
                std::future::ready(Ok(()))
            })
            .unwrap()
            .forget();
            std::future::ready(Ok(()))
        })
        .unwrap()
    };
    app.emit(Sold::of("tea")).await;
    adder.remove();
    assert_eq!(journal.lines().len(), 2);
    app.emit(Sold::of("pot")).await;
    assert_eq!(journal.lines().last().unwrap(), "added");
}

#[tokio::test]
async fn event_subscriber_added_by_hand_is_isolated_and_may_send() {
    let (app, journal) = shop().await;
    let panics = app.subscribe("events.Sold", |_, _| async { panic!("as asked") }).unwrap();
    let never = app.subscribe("events.Sold", |_, _| std::future::pending()).unwrap();
    let sends =
        app.subscribe("events.Sold", |_, cx| async move { cx.send(Place { region: "eu".into() }).await }).unwrap();
    let tracked = app.track().emit(Sold::of("tea")).await;
    assert_eq!(tracked.reply.failed.len(), 2);
    assert_eq!((tracked.reply.failed[0].1.code(), tracked.reply.failed[1].1.code()), ("PT0305", "PT0304"));
    assert!(journal.lines().contains(&"europe: eu".to_owned()), "what it sent emits, too: {tracked:?}");
    drop((panics, never, sends));
}

#[tokio::test]
async fn event_emitted_by_a_subscriber_added_by_hand_is_recorded() {
    let (app, _) = shop().await;
    let emits = app.subscribe("events.Sold", |_, cx| async move { cx.emit(Placed { region: "eu".into() }).await });
    let tracked = app.track().emit(Sold::of("tea")).await;
    assert_eq!(tracked.emitted::<Placed>().len(), 1, "{tracked:?}");
    drop(emits);
}

#[tokio::test]
async fn event_of_an_application_that_has_stopped_is_told_to_nobody() {
    let (app, journal) = shop().await;
    app.shutdown().await.unwrap();
    assert_eq!(app.emit(Sold::of("tea")).await.failed[0].1.code(), "PT0308");
    assert!(journal.lines().is_empty());
}

// ---- waiting

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Await {
    what: String,
    seconds: u64,
}

#[handler]
async fn awaits(command: Await, cx: &Context) -> Result<String> {
    let what = command.what;
    let sold = cx.wait_for::<Sold>(move |event| event.what == what, Duration::from_secs(command.seconds));
    // By a flow of its own: an event of this message could not leave before it has succeeded.
    cx.spawn(sell(&["pot", "tea"], false))?;
    Ok(sold.await?.what.clone())
}

#[tokio::test]
async fn event_is_waited_for_from_the_call_on_and_filtered() {
    let (app, _) = shop().await;
    app.track().send(Await { what: "tea".into(), seconds: 5 }).await.replied(&"tea".into());
}

#[tokio::test]
async fn event_that_does_not_come_is_a_timeout_at_the_deadline() {
    let (app, _) = shop().await;
    let before = app.env().now();
    let tracked = app.track().send(Await { what: "cup".into(), seconds: 5 }).await.failed_with(Kind::Timeout);
    assert_eq!(tracked.reply.unwrap_err().code(), "PT0304");
    assert_eq!(app.env().now() - before, Duration::from_secs(5));
}

#[tokio::test]
async fn event_is_not_waited_for_longer_than_the_message_may_take() {
    let (app, _) = shop().await;
    let before = app.env().now();
    app.track().send(Await { what: "cup".into(), seconds: 500 }).await.failed_with(Kind::Timeout);
    assert_eq!(app.env().now() - before, Duration::from_secs(30));
}

#[tokio::test]
async fn event_waiter_that_was_dropped_is_forgotten() {
    let (app, _) = shop().await;
    let cx = app.context(Identity::anonymous());
    let asked = Arc::new(AtomicU32::new(0));
    let counting = || {
        let asked = asked.clone();
        move |_: &Sold| {
            asked.fetch_add(1, Ordering::SeqCst);
            false
        }
    };
    let kept = cx.wait_for::<Sold>(counting(), Duration::from_secs(5));
    drop(cx.wait_for::<Sold>(counting(), Duration::from_secs(5)));
    app.emit(Sold::of("tea")).await;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    drop(kept);
    assert_eq!(Arc::strong_count(&asked), 1, "what a waiter holds goes with it");
}

#[tokio::test]
async fn event_filter_that_panics_fails_nobody() {
    let (app, _) = shop().await;
    let cx = app.context(Identity::anonymous());
    let bad = cx.wait_for::<Sold>(|_| panic!("as asked"), Duration::from_secs(5));
    let good = cx.wait_for::<Sold>(|_| true, Duration::from_secs(5));
    assert!(app.emit(Sold::of("tea")).await.is_ok());
    assert_eq!(good.await.unwrap().what, "tea");
    let late = app.world().drive(bad).await.unwrap_err();
    assert_eq!(late.kind(), Kind::Timeout);
}

#[tokio::test]
async fn event_filter_may_ask_the_application() {
    let (app, _) = shop().await;
    let cx = Arc::new(app.context(Identity::anonymous()));
    let inner = cx.clone();
    // It registers another one while it is asked, and drops it.
    let waiting = cx.wait_for::<Sold>(
        move |_| {
            drop(inner.wait_for::<Sold>(|_| true, Duration::from_secs(1)));
            true
        },
        Duration::from_secs(5),
    );
    app.emit(Sold::of("tea")).await;
    assert!(waiting.await.is_ok());
}

// ---- loops

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Ping {
    n: u32,
}

#[handler]
async fn pong(event: &Ping, cx: &Context) -> Result<()> {
    cx.emit(Ping { n: event.n + 1 }).await
}

#[tokio::test]
async fn event_loop_ends() {
    let (app, _) = shop().await;
    let tracked = app.track().emit(Ping { n: 1 }).await;
    let failed = tracked.failed();
    assert_eq!(failed.len(), 1, "{tracked:?}");
    assert_eq!(failed[0].failure.as_ref().unwrap().code, "PT0302");
    assert_eq!(tracked.emitted::<Ping>().len(), 65, "as many as messages may be nested, and the first");
    let told = |step: &&partitura::record::Step| matches!(step.what, What::Told { .. });
    assert_eq!(tracked.all().iter().filter(told).count(), 65);
}

// ---- the queue is full

#[tokio::test]
async fn event_is_delivered_by_its_sender_when_the_queue_is_full() {
    let journal = Arc::new(Journal::default());
    let app = Shop::test().replace(journal.clone()).set("queue.capacity=0").build().await.unwrap();
    app.track().send(sell(&["tea"], false)).await.nothing_failed();
    assert_eq!(journal.lines().len(), 5, "the sender has told everybody: {:?}", journal.lines());
    assert!(app.jobs().history().is_empty());
}

#[tokio::test]
async fn event_that_its_sender_delivers_is_not_lost_when_the_caller_goes() {
    let journal = Arc::new(Journal::default());
    let app = Shop::test().replace(journal.clone()).set("queue.capacity=0").build().await.unwrap();
    let sent = app.env().spawn({
        let app = app.clone();
        async move { app.send(sell(&["slow", "pot"], false)).await }
    });
    app.advance(Duration::from_secs(1)).await;
    assert!(!sent.is_finished(), "it waits for the subscribers: that is the back-pressure that is left");
    sent.abort();
    app.advance(Duration::from_secs(10)).await;
    assert!(journal.lines().iter().any(|line| line.starts_with("second pot")), "{:?}", journal.lines());
}

#[tokio::test]
async fn event_that_its_sender_delivers_does_not_fail_a_message_that_has_succeeded() {
    let journal = Arc::new(Journal::default());
    let app = Shop::test().replace(journal.clone()).set("queue.capacity=0").build().await.unwrap();
    let all: Vec<&str> = vec!["slow"; 10];
    app.track().send(sell(&all, false)).await.replied(&());
    let told = journal.lines().iter().filter(|line| line.starts_with("second slow")).count();
    assert_eq!(told, 10, "also those after the caller's deadline");
}
