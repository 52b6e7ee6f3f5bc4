//! Drain and stop.

use std::time::{Duration, Instant};

use partitura::entrypoint::Entrypoint;
use serde_json::json;

use crate::app::Server;
use crate::peer::within;

#[tokio::test]
async fn a_drain_lets_streams_end_and_takes_nothing_new() {
    let server = Server::start(&["http.websocket.topics.\"orders.#\" = \"public\""]).await;
    let mut peer = server.open().await;
    let mut idle = server.open().await;
    let count = json!({ "type": "request", "id": 1, "name": "websocket.Count", "body": { "to": 6, "ms": 100 }, "stream": true });
    peer.say(count).await;
    peer.say(json!({ "type": "subscribe", "id": 2, "pattern": "orders.#" })).await;
    assert_eq!(peer.hear().await["body"], 1);
    let talk = async {
        assert_eq!(idle.rest().await, (vec![json!({ "type": "goodbye" })], 1001));
        peer.say(json!({ "type": "request", "id": 3, "name": "websocket.Echo", "body": { "text": "a" } })).await;
        peer.rest().await
    };
    let ((), (told, code)) = tokio::join!(within(server.http.drain()), talk);
    let of = |id: u64| told.iter().filter(move |frame| frame["id"] == id).collect::<Vec<_>>();
    let items: Vec<u64> = of(1).iter().filter_map(|frame| frame["body"].as_u64()).collect();
    assert_eq!(items, [2, 3, 4, 5, 6], "{told:?}");
    assert_eq!(of(1).last().unwrap()["type"], "end");
    assert_eq!(of(2)[0]["error"]["code"], "PT0308");
    assert_eq!(of(3)[0]["error"]["code"], "PT0308");
    assert_eq!((told.last().unwrap(), code), (&json!({ "type": "goodbye" }), 1001));
    server.http.stop().await.unwrap();
}

#[tokio::test]
async fn a_stop_ends_what_a_drain_could_not_and_tells_it() {
    let server = Server::start(&[]).await;
    let mut peer = server.open().await;
    // One that reads nothing must not keep it.
    let _deaf = server.open().await;
    peer.say(json!({ "type": "request", "id": 1, "name": "websocket.Hang" })).await;
    server.until_running(1).await;
    let drained = tokio::time::timeout(Duration::from_millis(300), server.http.drain()).await;
    assert!(drained.is_err(), "the handler runs");
    let began = Instant::now();
    let (stopped, (told, code)) = tokio::join!(server.http.stop(), peer.rest());
    stopped.unwrap();
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!((&told[0]["error"]["kind"], &told[0]["error"]["code"]), (&json!("unavailable"), &json!("PT0308")));
    assert_eq!(code, 1001);
    server.until_running(0).await;
}

#[tokio::test]
async fn a_server_that_has_stopped_may_start_again() {
    let server = Server::start(&[]).await;
    within(server.http.drain()).await;
    server.http.stop().await.unwrap();
    let address = server.http.start(&server.app).await.unwrap();
    let server = Server { address: address.strip_prefix("http://").unwrap().parse().unwrap(), ..server };
    assert_eq!(server.open().await.execute("websocket.Echo", json!({ "text": "a" })).await["body"], "a");
}
