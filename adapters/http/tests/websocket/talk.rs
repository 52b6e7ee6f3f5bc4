//! What is said over a connection that is open.

use std::time::{Duration, Instant};

use partitura::entrypoint::Entrypoint;
use partitura::prelude::*;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::app::Server;
use crate::peer::{Peer, within};

#[tokio::test]
async fn requests_are_in_flight_together_and_answered_as_they_are_ready() {
    let server = Server::start(&[]).await;
    let mut peer = server.open().await;
    peer.say(json!({ "type": "request", "id": 1, "name": "websocket.Wait", "body": { "ms": 400 } })).await;
    peer.say(json!({ "type": "request", "id": 2, "name": "websocket.Echo", "body": { "text": "a" } })).await;
    assert_eq!(peer.hear().await, json!({ "type": "reply", "id": 2, "body": "a" }));
    assert_eq!(peer.hear().await, json!({ "type": "reply", "id": 1, "body": 400 }));
    peer.say(json!({ "type": "ping", "id": 7 })).await;
    assert_eq!(peer.hear().await, json!({ "type": "pong", "id": 7 }));
    peer.say(json!({ "type": "goodbye" })).await;
    assert_eq!(peer.rest().await, (vec![json!({ "type": "goodbye" })], 1000));
}

#[tokio::test]
async fn a_stream_goes_as_far_as_its_credit() {
    let server = Server::start(&[]).await;
    let mut peer = server.open().await;
    peer.say(json!({ "type": "request", "id": 1, "name": "websocket.Count", "body": { "to": 4 }, "stream": true, "credit": 2 }))
        .await;
    for number in [1, 2] {
        assert_eq!(peer.hear().await, json!({ "type": "item", "id": 1, "body": number }));
    }
    // Others go on meanwhile, and nothing of the stream comes.
    assert_eq!(peer.execute("websocket.Wait", json!({ "ms": 100 })).await["body"], 100);
    peer.say(json!({ "type": "credit", "id": 1, "items": 9 })).await;
    for number in [3, 4] {
        assert_eq!(peer.hear().await, json!({ "type": "item", "id": 1, "body": number }));
    }
    assert_eq!(peer.hear().await, json!({ "type": "end", "id": 1 }));
}

#[tokio::test]
async fn what_is_cancelled_is_dropped_and_so_is_all_of_who_goes() {
    let server = Server::start(&[]).await;
    let mut peer = server.open().await;
    peer.say(json!({ "type": "request", "id": 1, "name": "websocket.Hang" })).await;
    peer.say(json!({ "type": "request", "id": 2, "name": "websocket.Hang" })).await;
    server.until_running(2).await;
    peer.say(json!({ "type": "cancel", "id": 1 })).await;
    let told = peer.hear().await;
    assert_eq!((&told["id"], &told["error"]["kind"]), (&json!(1), &json!("cancelled")));
    assert_eq!(server.running().await, 1);
    // A close is answered with the same code.
    let code = tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode::Library(4001);
    peer.send(Message::Close(Some(tokio_tungstenite::tungstenite::protocol::CloseFrame {
        code,
        reason: "bye".into(),
    })))
    .await;
    assert_eq!(peer.closed().await, 4001);
    server.until_running(0).await;
    // One that is only gone, too.
    let mut peer = server.open().await;
    peer.say(json!({ "type": "request", "id": 1, "name": "websocket.Hang" })).await;
    server.until_running(1).await;
    drop(peer);
    server.until_running(0).await;
}

#[tokio::test]
async fn a_deadline_cancels() {
    let server = Server::start(&[]).await;
    let mut peer = server.open().await;
    peer.say(json!({ "type": "request", "id": 1, "name": "websocket.Hang", "timeout_ms": 100 })).await;
    let told = peer.hear().await;
    assert_eq!((&told["error"]["kind"], &told["error"]["code"]), (&json!("timeout"), &json!("PT0304")));
    server.until_running(0).await;
}

/// What differs each time.
fn without_trace(mut frame: Value) -> Value {
    if let Some(error) = frame.get_mut("error").and_then(Value::as_object_mut) {
        error.remove("trace_id");
    }
    frame
}

#[cfg(unix)]
#[tokio::test]
async fn every_error_is_that_of_the_unix_socket() {
    let path = std::env::temp_dir().join(format!("websocket-parity-{}.sock", std::process::id()));
    let at = format!("socket.path = {:?}", path.display().to_string());
    let server = Server::start(&[&at, "socket.describe = false"]).await;
    let socket = partitura::socket::Socket::new();
    socket.start(&server.app).await.unwrap();
    let mut unix = tokio::net::UnixStream::connect(&path).await.unwrap();
    let mut peer = server.open().await;
    let requests = [
        r#"{"type":"request","id":1,"name":"websocket.Echo","body":{"txet":"a"}}"#.to_owned(),
        r#"{"type":"request","id":1,"name":"websocket.Echo","body":{"text":4}}"#.to_owned(),
        r#"{"type":"request","id":1,"name":"websocket.Echo","body":{"text":"a","text":"b"}}"#.to_owned(),
        format!(r#"{{"type":"request","id":1,"name":"websocket.Echo","body":{{"text":"{}"}}}}"#, "a".repeat(1001)),
        r#"{"type":"request","id":1,"name":"websocket.Ekho"}"#.to_owned(),
        r#"{"type":"request","id":1,"name":"websocket.Count","body":{"to":3,"fail_at":2}}"#.to_owned(),
        r#"{"type":"request","id":1,"name":"websocket.Boom"}"#.to_owned(),
        r#"{"type":"request","id":1,"name":"websocket.Hang","timeout_ms":20}"#.to_owned(),
        r#"{"type":"request","id":1,"name":"partitura.describe"}"#.to_owned(),
        r#"{"type":"subscribe","id":1,"pattern":"orders.#"}"#.to_owned(),
        r#"{"type":"request","id":1,"nmae":"websocket.Echo"}"#.to_owned(),
        r#"{"type":"reply","id":1,"body":1}"#.to_owned(),
        r#"{"type":"nothing"}"#.to_owned(),
        "[".to_owned(),
        String::new(),
    ];
    let read_unix = async |unix: &mut tokio::net::UnixStream| -> Value {
        let length = within(unix.read_u32()).await.unwrap();
        let mut text = vec![0; length as usize];
        within(unix.read_exact(&mut text)).await.unwrap();
        serde_json::from_slice(&text).unwrap()
    };
    assert_eq!(read_unix(&mut unix).await["type"], "hello");
    let mut codes = std::collections::BTreeSet::new();
    for request in requests {
        unix.write_u32(request.len() as u32).await.unwrap();
        unix.write_all(request.as_bytes()).await.unwrap();
        let by_socket = without_trace(read_unix(&mut unix).await);
        // Text and binary are one.
        for message in [Message::text(request.clone()), Message::binary(request.clone())] {
            peer.send(message).await;
            let told = without_trace(peer.hear().await);
            assert_eq!(told["type"], "error", "{request}");
            assert_eq!(told, by_socket, "{request}");
        }
        codes.insert(by_socket["error"]["code"].as_str().unwrap().to_owned());
    }
    assert!(codes.len() >= 8, "{codes:?}");
    drop((unix, peer));
    socket.drain().await;
    socket.stop().await.unwrap();
}

#[tokio::test]
async fn events_come_to_whom_the_rules_let_have_them() {
    let server = Server::start(&[
        "http.websocket.topics.\"orders.north.#\" = [\"clerk\"]",
        "http.websocket.topics.\"orders.south.*\" = [\"*\"]",
        "http.websocket.topics.\"prices.#\" = \"public\"",
    ])
    .await;
    let mut clerk = server.open_as("authorization: Bearer clerk\r\n").await.unwrap();
    clerk.say(json!({ "type": "subscribe", "id": 1, "pattern": "orders.north.placed", "credit": 10 })).await;
    let mut guest = server.open_as("authorization: Bearer guest\r\n").await.unwrap();
    guest.say(json!({ "type": "subscribe", "id": 1, "pattern": "orders.south.*" })).await;
    let mut nobody = server.open().await;
    nobody.say(json!({ "type": "subscribe", "id": 1, "pattern": "prices.gold" })).await;
    for peer in [&mut clerk, &mut guest, &mut nobody] {
        // Behind the subscription.
        assert_eq!(peer.execute("websocket.Echo", json!({ "text": "a" })).await["body"], "a");
    }
    for region in ["south", "north"] {
        nobody.execute("websocket.Place", json!({ "region": region, "count": 1 })).await;
    }
    let event = |region| {
        json!({ "type": "item", "id": 1, "body": {
            "name": "websocket.Placed", "topic": format!("orders.{region}.placed"), "event": { "region": region, "number": 1 }
        } })
    };
    assert_eq!(clerk.hear().await, event("north"));
    assert_eq!(guest.hear().await, event("south"));
    let mut peers = [&mut clerk, &mut guest, &mut nobody];
    for (at, id, pattern, kind) in [
        (0, 2, "orders.#", "forbidden"),
        (0, 3, "orders.*.placed", "forbidden"),
        (0, 4, "#", "forbidden"),
        (1, 5, "orders.north.placed", "forbidden"),
        (1, 6, "orders.south.#", "forbidden"),
        (2, 7, "orders.south.placed", "unauthenticated"),
    ] {
        let peer = &mut peers[at];
        peer.say(json!({ "type": "subscribe", "id": id, "pattern": pattern })).await;
        let told = peer.hear().await;
        assert_eq!(
            (&told["id"], &told["error"]["kind"], &told["error"]["code"]),
            (&json!(id), &json!(kind), &json!("PT0462")),
            "{told}"
        );
    }
    clerk.say(json!({ "type": "subscribe", "id": 8, "pattern": "orders..x" })).await;
    assert_eq!(clerk.hear().await["error"]["kind"], "invalid");
    // Cancelled, it hears nothing more.
    clerk.say(json!({ "type": "cancel", "id": 1 })).await;
    assert_eq!(clerk.hear().await["error"]["kind"], "cancelled");
    nobody.execute("websocket.Place", json!({ "region": "north", "count": 1 })).await;
    assert_eq!(clerk.execute("websocket.Echo", json!({ "text": "b" })).await["body"], "b");
}

#[tokio::test]
async fn it_speaks_over_http_2_and_outlives_the_idle_time_of_its_connection() {
    use hyper::ext::Protocol;
    use hyper_util::rt::{TokioExecutor, TokioIo};

    let server = Server::start(&["http.idle_timeout = \"200ms\""]).await;
    let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    drop(tokio::spawn(connection));
    sender.ready().await.unwrap();
    // Only who has read the settings may ask so.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let request = |protocol: &'static str| {
        let mut request = hyper::Request::builder()
            .method("CONNECT")
            .version(hyper::Version::HTTP_2)
            .uri(format!("http://{}/ws", server.address))
            .header("sec-websocket-version", "13")
            .header("authorization", "Bearer clerk")
            .body(http_body_util::Empty::<bytes::Bytes>::new())
            .unwrap();
        request.extensions_mut().insert(Protocol::from_static(protocol));
        request
    };
    let refused = sender.send_request(request("other")).await.unwrap();
    assert_eq!(refused.status(), 426);
    let answer = sender.send_request(request("websocket")).await.unwrap();
    assert_eq!(answer.status(), 200);
    let upgraded = TokioIo::new(hyper::upgrade::on(answer).await.unwrap());
    let mut peer = Peer(WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await);
    assert_eq!(peer.hear().await["type"], "hello");
    assert_eq!(peer.execute("websocket.WhoAmI", json!({})).await["body"], "ada");
    // The connection would be closed by now if nothing ran on it: nothing is written, and what is read counts for nothing.
    for _ in 0..50 {
        peer.say(json!({ "type": "credit", "id": 7, "items": 1 })).await;
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    assert_eq!(peer.execute("websocket.Echo", json!({ "text": "still" })).await["body"], "still");
    let drained = server.http.drain();
    let ((), (frames, code)) = tokio::join!(drained, peer.rest());
    assert_eq!((frames, code), (vec![json!({ "type": "goodbye" })], 1001));
}

#[tokio::test]
async fn it_speaks_in_somebody_elses_server_and_leaves_when_the_application_does() {
    let app = crate::app::app(&["http.websocket.path = \"/live\"", "http.prefix = \"/api\""]).await;
    let router = app.router().unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(tokio::spawn(async move { axum::serve(listener, router).await }));
    let (stream, _) = crate::peer::ask(address, &crate::peer::handshake("/api/live", "")).await.unwrap();
    let mut peer = Peer(WebSocketStream::from_raw_socket(stream, Role::Client, None).await);
    assert_eq!(peer.hear().await["type"], "hello");
    assert_eq!(peer.execute("websocket.Echo", json!({ "text": "a" })).await["body"], "a");
    let began = Instant::now();
    app.shutdown().await.unwrap();
    assert_eq!(peer.closed().await, 1001);
    assert!(began.elapsed() < Duration::from_secs(5));
    let refused = crate::peer::ask(address, &crate::peer::handshake("/api/live", "")).await.unwrap_err();
    assert_eq!(refused.code(), (503, "PT0308"));
}

#[tokio::test]
async fn what_is_large_on_the_way_out_is_refused_and_the_connection_goes_on() {
    let server = Server::start(&["http.websocket.max_frame = 4096"]).await;
    let mut peer = server.open().await;
    let told = peer.execute("websocket.Big", json!({ "bytes": 5_000 })).await;
    assert_eq!((&told["error"]["kind"], &told["error"]["code"]), (&json!("too_large"), &json!("PT0441")));
    assert_eq!(peer.execute("websocket.Big", json!({ "bytes": 3_000 })).await["body"].as_str().unwrap().len(), 3_000);
}

#[tokio::test]
async fn it_describes_itself_where_that_is_allowed() {
    let server = Server::start(&["http.websocket.describe = true"]).await;
    let mut peer = server.open().await;
    let told = peer.execute("partitura.describe", json!({ "name": "websocket.Echo" })).await;
    assert_eq!(told["body"]["name"], "websocket.Echo", "{told}");
}

#[tokio::test]
async fn in_flight_is_bounded() {
    let server = Server::start(&["http.websocket.max_in_flight = 2"]).await;
    let mut peer = server.open().await;
    for id in [1, 2, 3] {
        peer.say(json!({ "type": "request", "id": id, "name": "websocket.Hang" })).await;
    }
    let told = peer.hear().await;
    assert_eq!((&told["id"], &told["error"]["code"]), (&json!(3), &json!("PT0443")));
    server.until_running(2).await;
}
