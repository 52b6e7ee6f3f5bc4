//! The caller's side: with an application, and with another side that does what it must not.
#![allow(missing_docs)]
#![allow(clippy::disallowed_methods, reason = "a caller in a process of its own has a clock of its own")]

mod app;

use std::sync::atomic::Ordering;
use std::time::Duration;

use app::{Watched, session};
use bytes::Bytes;
use partitura::prelude::*;
use partitura_wire::{
    Allow, Client, ClientOptions, FramedReader, FramedWriter, Receive, Remote, Request, Transmit, framed,
};
use serde_json::{Value, json};
use tokio::io::{DuplexStream, ReadHalf, WriteHalf};

partitura::app! { pub Wired { modules: [] } }

async fn built() -> (partitura::App, Arc<Watched>) {
    let watched = Arc::new(Watched::default());
    let config = Wired::BLUEPRINT.loader().hermetic().load().unwrap();
    (Wired::builder().config(config).replace(watched.clone()).build().await.unwrap(), watched)
}

async fn over(stream: DuplexStream, options: ClientOptions) -> Result<Client> {
    let (read, write) = tokio::io::split(stream);
    let env = partitura::env::Env::real();
    let (read, write) = framed(read, write, 4 * 1024 * 1024, Duration::ZERO, &env);
    Client::connect(read, write, &env, options).await
}

#[tokio::test]
async fn it_executes_streams_subscribes_and_is_used_from_many_tasks() {
    let (app, watched) = built().await;
    let allow: Allow = Arc::new(|_, _| Ok(()));
    let (near, _phase, _ended) = app::open(&app, session(&app).subscriptions(allow));
    let client = over(near, ClientOptions::default()).await.unwrap();
    let many = (0..500).map(|number| {
        let client = client.clone();
        tokio::spawn(async move { client.execute("client.Echo", json!({ "text": number.to_string() })).await })
    });
    for (number, answer) in futures_util::future::join_all(many).await.into_iter().enumerate() {
        assert_eq!(answer.unwrap().unwrap(), json!(number.to_string()));
    }
    let mut items = client.stream("client.Count", json!({ "to": 1000 })).await.unwrap();
    for number in 1..=1000 {
        assert_eq!(items.next().await.unwrap().unwrap(), json!(number));
    }
    assert!(items.next().await.is_none() && items.next().await.is_none());
    let mut one = client.stream("client.Echo", json!({ "text": "x" })).await.unwrap();
    assert_eq!(one.next().await.unwrap().unwrap(), json!("x"));
    assert!(one.next().await.is_none());
    let mut events = client.subscribe("test.#").await.unwrap();
    client.execute("client.Echo", json!({ "text": "after the subscription" })).await.unwrap();
    client.execute("client.Fire", json!({ "count": 2 })).await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap()["event"], json!({ "number": 1 }));
    drop(events);
    let error = client.execute("client.Boom", Value::Null).await.unwrap_err();
    assert!(error.kind() == Kind::Internal && error.downcast_ref::<Remote>().unwrap().trace_id.is_some());
    watched.until_running(0).await;
}

#[tokio::test]
async fn who_takes_nothing_holds_the_handler_up_and_who_drops_cancels() {
    let (app, watched) = built().await;
    let (near, _phase, ended) = app::open(&app, session(&app));
    let mut options = ClientOptions::default();
    options.credit = 4;
    let client = over(near, options).await.unwrap();
    let mut items = client.stream("client.Count", json!({ "to": 1_000_000 })).await.unwrap();
    assert_eq!(items.next().await.unwrap().unwrap(), json!(1));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(watched.asked.load(Ordering::SeqCst) <= 5, "{}", watched.asked.load(Ordering::SeqCst));
    assert_eq!(watched.running(), 1);
    drop(items);
    watched.until_running(0).await;
    let hangs = tokio::time::timeout(Duration::from_millis(50), client.execute("client.Hang", Value::Null)).await;
    assert!(hangs.is_err());
    watched.until_running(0).await;
    // The last clone closes the connection, and with it all that is left.
    drop(client);
    ended.await.unwrap();
}

/// The other side, by hand.
struct Other {
    read: FramedReader<ReadHalf<DuplexStream>>,
    write: FramedWriter<WriteHalf<DuplexStream>>,
}

impl Other {
    fn new() -> (DuplexStream, Self) {
        let (near, far) = tokio::io::duplex(4096);
        let (read, write) = tokio::io::split(far);
        let (read, write) = framed(read, write, 4096, Duration::ZERO, &partitura::env::Env::real());
        (near, Other { read, write })
    }

    async fn say(&mut self, frame: Value) {
        self.write.transmit(Bytes::from(frame.to_string())).await.unwrap();
        self.write.flush().await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        serde_json::from_slice(&self.read.receive().await.unwrap().unwrap()).unwrap()
    }
}

#[tokio::test]
async fn another_side_that_refuses_or_says_nothing_or_another_version_is_told() {
    let quick = || {
        let mut options = ClientOptions::default();
        options.hello = Duration::from_millis(50);
        options
    };
    let (near, _silent) = Other::new();
    assert_eq!(over(near, quick()).await.err().unwrap().code(), "PT0444");
    let (near, mut other) = Other::new();
    other.say(json!({ "type": "hello", "version": 9 })).await;
    assert_eq!(over(near, quick()).await.err().unwrap().code(), "PT0442");
    let (near, mut other) = Other::new();
    other.say(json!({ "type": "error", "error": { "kind": "unauthenticated", "code": "who", "message": "no" } })).await;
    assert_eq!(over(near, quick()).await.err().unwrap().kind(), Kind::Unauthenticated);
    let (near, other) = Other::new();
    drop(other);
    assert_eq!(over(near, quick()).await.err().unwrap().code(), "PT0444");
}

#[tokio::test]
async fn what_the_other_side_must_not_do_ends_what_it_is_about_and_nothing_else() {
    let (near, mut other) = Other::new();
    other.say(json!({ "type": "hello", "version": 1, "max_in_flight": 3 })).await;
    let mut options = ClientOptions::default();
    options.credit = 2;
    let client = over(near, options).await.unwrap();
    assert_eq!(other.hear().await["type"], "hello");
    let mut items = client.stream("a.B", Value::Null).await.unwrap();
    let id = other.hear().await["id"].clone();
    // More than there is credit for, answers that nobody asked for, frames of a later version.
    for number in 0..9 {
        other.say(json!({ "type": "item", "id": id, "body": number })).await;
    }
    for frame in [
        json!({ "type": "reply", "id": 999, "body": 1 }),
        json!({ "type": "news", "id": 1 }),
        json!({ "type": "ping", "id": 4 }),
        json!([1]),
    ] {
        other.say(frame).await;
    }
    let mut seen = 0;
    let error = loop {
        match items.next().await.unwrap() {
            Ok(_) => seen += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((seen, error.code()), (3, "PT0444"));
    // The connection goes on.
    let waits = tokio::spawn({
        let client = client.clone();
        async move { client.send(Request::new("a.C", Value::Null).timeout(Duration::from_secs(5))).await }
    });
    loop {
        let frame = other.hear().await;
        if frame["type"] == "request" {
            assert_eq!(frame["timeout_ms"], 5000);
            other.say(json!({ "type": "reply", "id": frame["id"], "body": "there" })).await;
            break;
        }
        assert!(frame["type"] == "pong" || frame["type"] == "credit", "{frame}");
    }
    assert_eq!(waits.await.unwrap().unwrap(), json!("there"));
    // The places that the other side has: a fourth waits, and is not refused.
    let four: Vec<_> = (0..4)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.execute("a.D", Value::Null).await })
        })
        .collect();
    for _ in 0..3 {
        assert_eq!(other.hear().await["type"], "request");
    }
    assert!(tokio::time::timeout(Duration::from_millis(50), other.read.receive()).await.is_err());
    drop(other);
    for one in four {
        assert_eq!(one.await.unwrap().unwrap_err().code(), "PT0444");
    }
    assert!(!client.is_connected());
    assert_eq!(client.execute("a.E", Value::Null).await.unwrap_err().code(), "PT0444");
}
