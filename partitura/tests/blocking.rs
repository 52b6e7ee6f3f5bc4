//! Calls from threads that are nobody's runtime.
#![allow(missing_docs)]
#![allow(clippy::disallowed_methods, reason = "plain threads are what this is about")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use partitura::prelude::*;
use partitura::{App, Blocking, Call};
use serde_json::{Value, json};

partitura::app! { Threads { modules: [] } }

#[injectable]
#[derive(Default)]
pub struct Running {
    #[init]
    hanging: AtomicU32,
    #[init]
    heard: AtomicU32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Double {
    pub number: u32,
}

#[handler]
async fn double(query: Double) -> Result<u32> {
    tokio::task::yield_now().await;
    Ok(query.number * 2)
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Hang {}

struct Hangs<'r>(&'r Running);

impl Drop for Hangs<'_> {
    fn drop(&mut self) {
        self.0.hanging.fetch_sub(1, Ordering::SeqCst);
    }
}

#[handler]
async fn hang(_: Hang, running: &Running) -> Result<()> {
    running.hanging.fetch_add(1, Ordering::SeqCst);
    let _hangs = Hangs(running);
    std::future::pending().await
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Boom {}

#[handler]
async fn boom(_: Boom) -> Result<()> {
    panic!("boom")
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Who {}

#[handler]
async fn who(_: Who, cx: &Context) -> Result<Option<String>> {
    Ok(cx.identity().subject.clone())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Happened {}

#[handler]
async fn hears(_: &Happened, running: &Running) -> Result<()> {
    running.heard.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

async fn built() -> (App, Arc<Running>) {
    let running = Arc::new(Running::default());
    let config = Threads::BLUEPRINT.loader().hermetic().load().unwrap();
    (Threads::builder().config(config).replace(running.clone()).build().await.unwrap(), running)
}

/// On a plain thread, while this task waits without holding the runtime up.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || drop(sender.send(work())));
    receiver.await.unwrap()
}

fn code<T: std::fmt::Debug>(answer: Result<T>) -> String {
    answer.unwrap_err().code().to_owned()
}

#[tokio::test]
async fn a_plain_thread_sends_executes_and_emits() {
    let (app, running) = built().await;
    let blocking = app.blocking().with(Call::by(Identity::user("ada")));
    let answers = aside(move || {
        let unknown = blocking.execute("blocking.Duble", Value::Null).unwrap_err();
        (
            blocking.execute("blocking.Double", json!({ "number": 4 })).unwrap(),
            blocking.send(Double { number: 5 }).unwrap(),
            blocking.send(Who {}).unwrap(),
            blocking.emit(Happened {}).unwrap().is_ok(),
            unknown.kind(),
            code(blocking.send(Boom {})),
        )
    });
    let answers = answers.await;
    assert_eq!(answers, (json!(8), 10, Some("ada".to_owned()), true, Kind::NotFound, "PT0305".to_owned()));
    assert_eq!(running.heard.load(Ordering::SeqCst), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_threads_talk_at_once() {
    let (app, _) = built().await;
    let blocking = app.blocking();
    let all: Vec<_> = (0..32)
        .map(|thread| {
            let blocking = blocking.clone();
            aside(move || (0..50).map(|_| blocking.send(Double { number: thread }).unwrap()).sum::<u32>())
        })
        .collect();
    for (thread, sum) in futures_util::future::join_all(all).await.into_iter().enumerate() {
        assert_eq!(sum, 100 * thread as u32);
    }
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_cancelled() {
    let (app, running) = built().await;
    let blocking = app.blocking().timeout(Duration::from_millis(30));
    let error = aside(move || blocking.send(Hang {}).unwrap_err()).await;
    assert_eq!((error.kind(), error.code()), (Kind::Timeout, "PT0304"));
    assert_eq!(running.hanging.load(Ordering::SeqCst), 0);
}

fn refused(blocking: &Blocking) {
    let error = blocking.send(Double { number: 1 }).unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Internal, "PT0456"));
    assert!(error.message().contains("spawn_blocking"), "{}", error.message());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_a_thread_of_a_runtime_it_is_refused_and_beside_it_it_is_not() {
    let (app, _) = built().await;
    let blocking = app.blocking();
    let works = |blocking: Blocking| move || blocking.send(Double { number: 2 }).unwrap();
    // The future that `block_on` runs, and a task on a worker.
    refused(&blocking);
    let own = blocking.clone();
    tokio::spawn(async move { refused(&own) }).await.unwrap();
    assert_eq!(tokio::task::spawn_blocking(works(blocking.clone())).await.unwrap(), 4);
    let own = blocking.clone();
    assert_eq!(tokio::spawn(async move { tokio::task::block_in_place(works(own)) }).await.unwrap(), 4);
    // What was refused leaves the task as it was, but for a turn.
    refused(&blocking);
    assert_eq!(app.send(Double { number: 3 }).await.unwrap(), 6);
}

#[tokio::test]
async fn on_a_runtime_of_one_thread_it_is_refused_instead_of_waiting_for_itself() {
    let (app, _) = built().await;
    let blocking = app.blocking();
    refused(&blocking);
    let own = blocking.clone();
    let local = tokio::task::LocalSet::new();
    local.run_until(async move { tokio::task::spawn_local(async move { refused(&own) }).await.unwrap() }).await;
    assert_eq!(tokio::task::spawn_blocking(move || blocking.send(Double { number: 2 }).unwrap()).await.unwrap(), 4);
}

#[tokio::test]
async fn another_runtime_calls_from_its_blocking_threads() {
    let (app, _) = built().await;
    let blocking = app.blocking();
    let answer = aside(move || {
        let other = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        other.block_on(async move {
            refused(&blocking);
            tokio::task::spawn_blocking(move || blocking.send(Double { number: 2 }).unwrap()).await.unwrap()
        })
    });
    assert_eq!(answer.await, 4);
}

#[test]
fn a_runtime_that_is_gone_or_that_nobody_drives_is_told() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (app, _) = runtime.block_on(built());
    let blocking = app.blocking().timeout(Duration::from_millis(20));
    let began = Instant::now();
    assert_eq!(code(blocking.send(Double { number: 1 })), "PT0304");
    assert!(began.elapsed() < Duration::from_secs(5));
    drop(runtime);
    assert_eq!(code(blocking.send(Double { number: 1 })), "PT0457");
}

#[tokio::test]
async fn an_application_that_stops_says_so() {
    let (app, _) = built().await;
    let blocking = app.blocking();
    app.shutdown().await.unwrap();
    assert_eq!(aside(move || code(blocking.send(Double { number: 1 }))).await, "PT0308");
}
