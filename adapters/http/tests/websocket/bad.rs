//! Frames that are none, and callers that are slow, silent or many.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{Frame, FrameHeader};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::app::Server;
use crate::peer::{ask, handshake, raw, within};

fn frame(text: &'static str, code: OpCode, is_final: bool) -> Message {
    let header = FrameHeader { opcode: code, is_final, ..FrameHeader::default() };
    Message::Frame(Frame::from_payload(header, Bytes::from_static(text.as_bytes())))
}

#[tokio::test]
async fn a_message_may_come_in_pieces_with_control_frames_between_them() {
    let server = Server::start(&["http.websocket.max_frame = 4096"]).await;
    let mut peer = server.open().await;
    let more = OpCode::Data(Data::Continue);
    peer.send(frame("{\"type\":\"request\",\"id\":1,", OpCode::Data(Data::Text), false)).await;
    peer.send(frame("between", OpCode::Control(Control::Ping), true)).await;
    peer.send(frame("\"name\":\"websocket.Echo\",", more, false)).await;
    peer.send(frame("unasked", OpCode::Control(Control::Pong), true)).await;
    peer.send(frame("", more, false)).await;
    peer.send(frame("\"body\":{\"text\":\"a\"}}", more, true)).await;
    let pong = within(futures_util::StreamExt::next(&mut peer.0)).await.unwrap().unwrap();
    assert_eq!(pong, Message::Pong(Bytes::from_static(b"between")));
    assert_eq!(peer.hear().await, json!({ "type": "reply", "id": 1, "body": "a" }));
    // Pieces are counted together.
    peer.send(frame("{", OpCode::Data(Data::Text), false)).await;
    for _ in 0..6 {
        // It may be closed already.
        let piece = Message::Frame(Frame::message(vec![b' '; 1_000], more, false));
        let _ = futures_util::SinkExt::send(&mut peer.0, piece).await;
    }
    let (told, code) = peer.rest().await;
    assert_eq!((&told[0]["error"]["code"], code), (&json!("PT0441"), 1009), "{told:?}");
}

#[tokio::test]
async fn a_frame_that_is_too_large_is_told_and_ends_the_connection() {
    let server = Server::start(&["http.websocket.max_frame = 4096"]).await;
    let mut peer = server.open().await;
    peer.say(json!({ "type": "request", "id": 1, "name": "websocket.Hang" })).await;
    server.until_running(1).await;
    // It is read to its end, more than the system keeps: who is cut off while it sends would never hear why.
    peer.send(Message::text("x".repeat(32 << 20))).await;
    let (told, code) = peer.rest().await;
    let error = told.iter().find(|frame| frame.get("id").is_none() && frame["type"] == "error").unwrap();
    assert_eq!((&error["error"]["kind"], &error["error"]["code"], code), (&json!("too_large"), &json!("PT0441"), 1009));
    assert_eq!(told.last().unwrap()["type"], "goodbye");
    server.until_running(0).await;
}

#[tokio::test]
async fn what_rfc_6455_forbids_closes_with_the_code_that_it_says() {
    let server = Server::start(&[]).await;
    for (what, bytes, code) in [
        ("invalid UTF-8", raw(0x81, b"\"\xff\xfe\""), 1007),
        ("half a character at the end", raw(0x81, b"\"\xc3"), 1007),
        ("no mask", vec![0x81, 2, b'{', b'}'], 1002),
        ("a reserved bit", raw(0xc1, b"{}"), 1002),
        ("a reserved opcode", raw(0x83, b"{}"), 1002),
        ("a reserved control opcode", raw(0x8b, b"{}"), 1002),
        ("a ping in pieces", raw(0x09, b"a"), 1002),
        ("a ping that is long", [&[0x89, 0xfe, 0, 126, 0, 0, 0, 0][..], &[b'a'; 126]].concat(), 1002),
        ("a piece of nothing", raw(0x80, b"{}"), 1002),
        ("a new message in another", [raw(0x01, b"{"), raw(0x81, b"{}")].concat(), 1002),
        ("a close of one byte", raw(0x88, b"a"), 1002),
        ("more than fits in memory", [&[0x82, 0xff][..], &u64::MAX.to_be_bytes(), &[0; 4]].concat(), 1009),
    ] {
        let mut peer = server.open().await;
        peer.0.get_mut().write_all(&bytes).await.unwrap();
        let (told, found) = peer.rest().await;
        assert_eq!(found, code, "{what}: {told:?}");
    }
    // Half a message, and gone.
    let mut peer = server.open().await;
    peer.0.get_mut().write_all(&[0x81, 0xfe, 1]).await.unwrap();
    drop(peer);
    assert_eq!(server.open().await.execute("websocket.Echo", json!({ "text": "a" })).await["body"], "a");
}

#[tokio::test]
async fn another_version_of_the_frames_is_refused() {
    let server = Server::start(&[]).await;
    let mut peer = server.open().await;
    peer.say(json!({ "type": "hello", "version": 2 })).await;
    let (told, code) = peer.rest().await;
    assert_eq!((&told[0]["error"]["code"], code), (&json!("PT0442"), 1008));
}

#[tokio::test]
async fn who_answers_no_ping_is_closed_and_who_does_is_not() {
    let server = Server::start(&["http.websocket.keep_alive = \"200ms\""]).await;
    // Answers by itself as long as it reads.
    let mut alive = server.open().await;
    let began = Instant::now();
    let reading = tokio::time::timeout(Duration::from_millis(1_500), async {
        alive.say(json!({ "type": "request", "id": 1, "name": "websocket.Hang" })).await;
        alive.hear().await
    });
    assert!(reading.await.is_err(), "nothing is told to who only waits");
    assert_eq!(alive.execute("websocket.Echo", json!({ "text": "a" })).await["body"], "a");
    drop(alive);
    // By hand, which answers nothing: a ping, then 1008.
    let (mut stream, _) = ask(server.address, &handshake("/ws", "")).await.unwrap();
    let mut all = Vec::new();
    let _ = within(stream.read_to_end(&mut all)).await;
    let close = all.windows(4).position(|bytes| bytes[0] == 0x88 && bytes[2..] == 1008_u16.to_be_bytes());
    let ping = all.windows(2).position(|bytes| bytes == [0x89, 0]);
    assert!(ping.is_some() && close > ping, "{all:?}");
    assert!(began.elapsed() > Duration::from_millis(400));
    // So is a message that never comes to its end, whatever trickles in.
    let (mut stream, _) = ask(server.address, &handshake("/ws", "")).await.unwrap();
    stream.write_all(&[0x81, 0xfe, 4, 0, 0, 0, 0, 0]).await.unwrap();
    let trickle = async {
        while stream.write_all(b"a").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within(trickle).await;
}

#[tokio::test]
async fn who_is_silent_with_nothing_in_flight_is_closed() {
    let server = Server::start(&["http.websocket.idle = \"300ms\""]).await;
    let mut peer = server.open().await;
    peer.say(json!({ "type": "request", "id": 1, "name": "websocket.Wait", "body": { "ms": 900 } })).await;
    // Not while something runs.
    assert_eq!(peer.hear().await["body"], 900);
    assert_eq!(peer.rest().await, (vec![json!({ "type": "goodbye" })], 1000));
}

#[tokio::test]
async fn who_reads_nothing_is_closed_and_holds_up_nobody() {
    let server = Server::start(&["http.write_timeout = \"500ms\"", "http.websocket.max_connections = 2"]).await;
    let mut slow = server.open().await;
    let mut other = server.open().await;
    slow.say(json!({ "type": "request", "id": 1, "name": "websocket.Hang" })).await;
    for id in 2..40 {
        slow.say(json!({ "type": "request", "id": id, "name": "websocket.Big", "body": { "bytes": 1_000_000 } })).await;
    }
    server.until_running(1).await;
    assert_eq!(other.execute("websocket.Echo", json!({ "text": "a" })).await["body"], "a");
    // Its handlers are dropped, and its place is free.
    server.until_running(0).await;
    for _ in 0..500 {
        if server.open_as("").await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the place is held");
}

#[tokio::test]
async fn connections_are_bounded_and_their_places_come_back() {
    let server = Server::start(&["http.websocket.max_connections = 2"]).await;
    let first = server.open().await;
    let _second = server.open().await;
    let refused = server.open_as("").await.err().unwrap();
    assert_eq!(refused.code(), (503, "PT0463"));
    assert!(refused.head.contains("retry-after: "), "{refused:?}");
    drop(first);
    for _ in 0..500 {
        if server.open_as("").await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the place is held");
}

#[tokio::test]
async fn upgrades_count_as_requests() {
    let server = Server::start(&["http.limits.rate = \"2/h\""]).await;
    let (_one, _two) = (server.open().await, server.open().await);
    assert_eq!(server.open_as("").await.err().unwrap().status, 429);
}
