//! Tests of applications: what `track` waits for, what it tells, and what virtual time does.
#![allow(missing_docs)]
#![allow(clippy::disallowed_methods, reason = "a real world of threads, beside the virtual one")]

use std::time::Duration;

use partitura::prelude::*;
use partitura::record::What;
use partitura::{Spawn, TestApp};

partitura::app! { Bank { modules: [] } }

#[path = "support/journal.rs"]
mod journal;
use journal::Journal;

async fn bank() -> (TestApp, Arc<Journal>) {
    let journal = Arc::new(Journal::default());
    (Bank::test().replace(journal.clone()).build().await.unwrap(), journal)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Command)]
pub struct Deposit {
    cents: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
pub struct Deposited {
    cents: u32,
}

#[handler]
async fn deposit(command: Deposit, journal: &Journal, cx: &Context) -> Result<u32> {
    if command.cents == 0 {
        return Err(Error::invalid("nothing to deposit"));
    }
    journal.note(format!("deposit {}", command.cents));
    cx.emit(Deposited { cents: command.cents }).await?;
    Ok(command.cents)
}

/// A subscriber that spawns a job, whose event has a subscriber that spawns the last.
#[handler]
async fn on_deposited(event: &Deposited, cx: &Context) -> Result<()> {
    cx.spawn(Spawn::of(Receipt { cents: event.cents }).after(Duration::from_secs(60)))?;
    Ok(())
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Command)]
pub struct Receipt {
    cents: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Printed;

#[handler]
async fn receipt(command: Receipt, journal: &Journal, cx: &Context) -> Result<()> {
    journal.note(format!("receipt {}", command.cents));
    cx.emit(Printed).await
}

#[handler]
async fn on_printed(_event: &Printed, cx: &Context) -> Result<()> {
    cx.spawn(Post { fails: 1 }).map(drop)?;
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Post {
    fails: u32,
}

#[handler]
async fn post(_command: Post, journal: &Journal, cx: &Context) -> Result<()> {
    cx.env().sleep(Duration::from_secs(10)).await;
    journal.note("post");
    Ok(())
}

#[tokio::test]
async fn track_waits_for_everything_that_follows() {
    let (app, journal) = bank().await;
    let tracked = app.track().send(Deposit { cents: 5 }).await.replied(&5).nothing_failed();
    assert_eq!(journal.lines(), ["deposit 5", "receipt 5", "post"]);
    let tracked = tracked.emitted_one(&Deposited { cents: 5 });
    assert_eq!(tracked.sent::<Receipt>(), [Arc::new(Receipt { cents: 5 })]);
    let counts = [tracked.count::<Deposit>(), tracked.count::<Receipt>(), tracked.count::<Post>()];
    assert_eq!(counts, [1, 1, 1], "one that was spawned counts once");
    assert_eq!(tracked.count::<Printed>(), 1);
}

#[tokio::test]
async fn track_prints_all_that_happened() {
    let (app, _) = bank().await;
    let tracked = app.track().send(Deposit { cents: 5 }).await;
    let expected = "
       0s sent tracking.Deposit
       0s emitted tracking.Deposited (from tracking.Deposit)
       0s told tracking.on_deposited of tracking.Deposited (from tracking.Deposit)
       0s spawned tracking.Receipt (from tracking.Deposited)
    60.0s sent tracking.Receipt (from tracking.Deposited)
    60.0s emitted tracking.Printed (from tracking.Receipt)
    60.0s told tracking.on_printed of tracking.Printed (from tracking.Receipt)
    60.0s spawned tracking.Post (from tracking.Printed)
    60.0s sent tracking.Post (from tracking.Printed)
answered Ok(5)";
    assert_eq!(format!("{tracked:?}"), expected);
    let tracked = app.track().send(Deposit { cents: 0 }).await;
    assert!(tracked.to_string().contains("sent tracking.Deposit: invalid [invalid] nothing to deposit"), "{tracked}");
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Interest {
    days: u64,
}

#[handler]
async fn interest(command: Interest, journal: &Journal, cx: &Context) -> Result<()> {
    journal.note("interest");
    if command.days > 1 {
        let next = Spawn::of(Interest { days: command.days - 1 });
        cx.spawn(next.after(Duration::from_secs(24 * 3600)))?;
    }
    Ok(())
}

#[tokio::test]
async fn track_of_ten_days_takes_milliseconds() {
    let (app, journal) = bank().await;
    let (began, real) = (app.env().now(), partitura::env::Env::real());
    let before = real.now();
    let tracked = app.track().send(Interest { days: 11 }).await.nothing_failed();
    assert_eq!((journal.lines().len(), tracked.count::<Interest>()), (11, 11));
    assert_eq!(app.env().now() - began, Duration::from_secs(10 * 24 * 3600));
    assert!(real.now() - before < Duration::from_secs(2), "it took {:?}", real.now() - before);
}

#[tokio::test]
async fn track_does_not_wait_for_other_flows() {
    let (app, journal) = bank().await;
    app.spawn(Spawn::of(Deposit { cents: 1 }).after(Duration::from_secs(3600))).unwrap();
    let tracked = app.track().send(Deposit { cents: 2 }).await;
    assert_eq!(tracked.count::<Deposit>(), 1);
    assert_eq!(journal.lines(), ["deposit 2", "receipt 2", "post"]);
}

#[tokio::test]
async fn track_tells_two_flows_at_the_same_time_apart() {
    let (app, _) = bank().await;
    let track = |cents| {
        let app = app.clone();
        app.env().clone().spawn(async move { app.track().send(Deposit { cents }).await })
    };
    let (one, two) = (track(1), track(2));
    let (one, two) = (one.await.unwrap(), two.await.unwrap());
    assert_eq!((one.reply.as_ref().unwrap(), two.reply.as_ref().unwrap()), (&1, &2));
    assert_eq!(one.sent::<Receipt>(), [Arc::new(Receipt { cents: 1 })]);
    assert_eq!(two.sent::<Receipt>(), [Arc::new(Receipt { cents: 2 })]);
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Bad {
    panics: bool,
}

#[handler]
async fn bad(command: Bad, journal: &Journal) -> Result<()> {
    journal.note("bad");
    assert!(!command.panics, "as asked");
    Err(Error::unavailable("not now"))
}

#[tokio::test]
async fn track_tells_of_retries_failures_panics_and_expiry() {
    let (app, journal) = bank().await;
    let tracked = app.track().spawn(Spawn::of(Bad { panics: false }).retries(2)).await;
    assert_eq!((tracked.retried().len(), tracked.count::<Bad>(), journal.lines().len()), (2, 1, 3));
    assert_eq!(tracked.failed().len(), 5, "three tries, two of them told to be tried again: {tracked:?}");

    let tracked = app.track().spawn(Bad { panics: true }).await;
    assert_eq!(tracked.failed().len(), 1, "{tracked:?}");
    assert_eq!(tracked.failed()[0].failure.as_ref().unwrap().code, "PT0305");

    let late = Spawn::of(Bad { panics: false }).after(Duration::from_secs(9)).expires_in(Duration::from_secs(1));
    let tracked = app.track().spawn(late).await;
    assert_eq!(tracked.failed().len(), 1, "{tracked:?}");
    assert_eq!(tracked.failed()[0].what, What::Expired);
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Nap {
    seconds: u64,
}

#[handler]
async fn nap(command: Nap, cx: &Context) -> Result<()> {
    cx.env().sleep(Duration::from_secs(command.seconds)).await;
    Ok(())
}

#[tokio::test]
async fn deadline_in_virtual_time_fires() {
    let (app, _) = bank().await;
    let began = app.env().now();
    let tracked = app.track().send(Nap { seconds: 3_600 }).await.failed_with(Kind::Timeout);
    assert_eq!(tracked.failed().len(), 1);
    assert_eq!(app.env().now() - began, Duration::from_secs(30));
    app.track().send(Nap { seconds: 29 }).await.nothing_failed();
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Ask {
    times: u32,
}

/// Asks a server of its own over a socket, and a thread, again and again.
#[handler]
async fn ask(command: Ask) -> Result<u32> {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut answers = 0;
    for _ in 0..command.times {
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = server.local_addr()?;
        let thread = std::thread::spawn(move || {
            use std::io::{Read, Write};
            std::thread::sleep(Duration::from_millis(20));
            let mut stream = std::net::TcpStream::connect(address).unwrap();
            stream.write_all(b"?").unwrap();
            let mut answer = [0];
            stream.read_exact(&mut answer).unwrap();
        });
        let (mut stream, _) = server.accept().await?;
        let mut question = [0];
        stream.read_exact(&mut question).await?;
        stream.write_all(b"!").await?;
        tokio::task::spawn_blocking(move || thread.join().unwrap()).await.map_err(|_| Error::internal("no thread"))?;
        tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(20))).await.unwrap();
        answers += 1;
    }
    Ok(answers)
}

#[tokio::test]
async fn work_in_the_real_world_is_not_late_in_virtual_time() {
    let (app, _) = bank().await;
    let began = app.env().now();
    // All together longer than the real world has at a time: each answer gives it patience for the next.
    app.track().send(Ask { times: 10 }).await.replied(&10);
    assert_eq!(app.env().now(), began);
    // Beside a sleeper the clock goes on, and not past the deadline.
    app.spawn(Nap { seconds: 20 }).unwrap();
    app.track().send(Ask { times: 2 }).await.replied(&2);
}

#[tokio::test]
async fn patience_with_the_real_world_can_be_chosen() {
    let app = Bank::test().patience(Duration::from_millis(1)).build().await.unwrap();
    app.track().send(Ask { times: 1 }).await.failed_with(Kind::Timeout);
}

#[tokio::test]
async fn given_when_then() {
    let (app, journal) = bank().await;
    app.given()
        .by(Identity::user("ada"))
        .sent(Deposit { cents: 1 })
        .emitted(Deposited { cents: 2 })
        .when(Deposit { cents: 3 })
        .await
        .replied(&3)
        .emitted_one(&Deposited { cents: 3 })
        .emitted_none::<Unheard>()
        .nothing_failed();
    let before = ["deposit 1", "receipt 1", "post", "receipt 2", "post", "deposit 3", "receipt 3", "post"];
    assert_eq!(journal.lines(), before);
    app.given().when(Deposit { cents: 0 }).await.failed_with(Kind::Invalid).emitted_none::<Deposited>();
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Unheard;

#[tokio::test]
#[should_panic(expected = "given `tracking.Deposit`: invalid")]
async fn given_that_fails_fails_the_test() {
    let (app, _) = bank().await;
    let _ = app.given().sent(Deposit { cents: 0 }).when(Deposit { cents: 1 }).await;
}

#[tokio::test]
#[should_panic(expected = "told tracking.on_deposited")]
async fn assertion_that_fails_prints_what_happened() {
    let (app, _) = bank().await;
    let _ = app.track().send(Deposit { cents: 1 }).await.emitted_none::<Deposited>();
}

#[tokio::test]
async fn tests_in_parallel_share_nothing() {
    let runs: Vec<_> = (1..=16)
        .map(|cents| {
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let (app, journal) = bank().await;
                    let began = app.env().now();
                    let tracked = app.track().send(Deposit { cents }).await.replied(&cents);
                    assert_eq!(journal.lines().len(), 3);
                    (app.env().now() - began, tracked.to_string().replace(&cents.to_string(), "n").len())
                })
            })
        })
        .collect();
    for run in runs {
        let (took, _) = run.join().unwrap();
        assert_eq!(took, Duration::from_secs(70));
    }
}

#[tokio::test]
async fn randomness_of_a_test_is_the_same_each_time() {
    let one = Bank::test().build().await.unwrap();
    let two = Bank::test().build().await.unwrap();
    let other = Bank::test().seed(1).build().await.unwrap();
    let draw = |app: &TestApp| app.env().random_u64();
    assert_eq!(draw(&one), draw(&two));
    assert_ne!(draw(&one), draw(&other));
}

#[tokio::test]
async fn configuration_of_a_test_is_its_own() {
    let Err(error) = Bank::test().set("queue.capacit=1").build().await else { panic!("it is refused") };
    assert!(error.to_string().contains("capacit"), "{error}");
}

#[tokio::test]
async fn track_waits_in_real_time_too() {
    let journal = Arc::new(Journal::default());
    let config = Bank::BLUEPRINT.loader().hermetic().load().unwrap();
    let app = Bank::builder().config(config).replace(journal.clone()).build().await.unwrap();
    let tracked = app.track().send(Interest { days: 1 }).await.nothing_failed();
    assert_eq!((tracked.count::<Interest>(), journal.lines().len()), (1, 1));
}
