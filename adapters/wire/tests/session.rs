//! The application's side of a connection, as a caller in any language sees it.
#![allow(missing_docs)]
#![allow(clippy::disallowed_methods, reason = "a caller in a process of its own has a clock of its own")]

mod app;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use app::{Peer, Watched, session, timeless};
use partitura::prelude::*;
use partitura_wire::{DESCRIBE, Ended, Frame, Lost, Phase};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

partitura::app! { pub Wired { modules: [] } }

async fn built() -> (partitura::App, Arc<Watched>) {
    let watched = Arc::new(Watched::default());
    let config = Wired::BLUEPRINT.loader().hermetic().load().unwrap();
    (Wired::builder().config(config).replace(watched.clone()).build().await.unwrap(), watched)
}

async fn peer() -> (Peer, Arc<Watched>) {
    let (app, watched) = built().await;
    let mut peer = Peer::of(&app, session(&app));
    assert!(matches!(peer.hear().await, Frame::Hello { version: 1, max_in_flight: Some(128), .. }));
    (peer, watched)
}

fn fault(frame: Frame) -> (Option<u64>, Kind, String) {
    match frame {
        Frame::Error { id, error } => (id, error.kind, error.code),
        other => panic!("{other:?} is no error"),
    }
}

#[tokio::test]
async fn many_requests_are_in_flight_and_answers_come_as_they_are_ready() {
    let (mut peer, _) = peer().await;
    peer.say(json!({ "type": "request", "id": 1, "name": "session.Hang" })).await;
    peer.say(json!({ "type": "request", "id": 2, "name": "session.Echo", "body": { "text": "hi" } })).await;
    assert_eq!(peer.hear().await, Frame::Reply { id: 2, body: json!("hi") });
    peer.say(json!({ "type": "cancel", "id": 1 })).await;
    assert_eq!(fault(peer.hear().await), (Some(1), Kind::Cancelled, "cancelled".to_owned()));
    // A number is free again.
    peer.say(json!({ "type": "request", "id": 1, "name": "session.Echo", "body": { "text": "again" } })).await;
    assert_eq!(peer.hear().await, Frame::Reply { id: 1, body: json!("again") });
}

#[tokio::test]
async fn errors_have_kind_code_failures_and_trace() {
    let (mut peer, _) = peer().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    peer.say(json!({ "type": "request", "id": 1, "name": "session.Echo", "body": { "txt": 1 }, "trace": trace })).await;
    let Frame::Error { id: Some(1), error } = peer.hear().await else { panic!() };
    assert!(error.malformed && error.kind == Kind::Invalid);
    assert_eq!(error.failures.iter().map(|failure| &*failure.pointer).collect::<Vec<_>>(), ["/text", "/txt"]);
    assert_eq!(error.trace_id.as_deref(), Some("4bf92f3577b34da6a3ce929d0e0e4736"));
    peer.say(json!({ "type": "request", "id": 2, "name": "session.Eco" })).await;
    assert_eq!(fault(peer.hear().await), (Some(2), Kind::NotFound, "PT0307".to_owned()));
    peer.say(json!({ "type": "request", "id": 3, "name": "session.Boom" })).await;
    let Frame::Error { error, .. } = peer.hear().await else { panic!() };
    assert_eq!((error.kind, &*error.code, &*error.message), (Kind::Internal, "PT0305", "internal error"));
}

#[tokio::test]
async fn who_calls_within_which_trace_and_session_reaches_the_handler() {
    let (mut peer, _) = peer().await;
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    peer.say(json!({ "type": "request", "id": 1, "name": "session.Who", "trace": trace, "session": "s17" })).await;
    let Frame::Reply { body, .. } = peer.hear().await else { panic!() };
    assert_eq!(body, json!({ "subject": "ada", "trace": "4bf92f3577b34da6a3ce929d0e0e4736", "session": "s17" }));
}

#[tokio::test]
async fn a_deadline_is_kept_by_the_application() {
    let (mut peer, watched) = peer().await;
    peer.say(json!({ "type": "request", "id": 1, "name": "session.Hang", "timeout_ms": 30 })).await;
    assert_eq!(fault(peer.hear().await), (Some(1), Kind::Timeout, "PT0304".to_owned()));
    assert_eq!(watched.running(), 0);
    // Also while a stream waits for its caller.
    peer.say(json!({ "type": "request", "id": 2, "name": "session.Count", "body": { "to": 9 }, "stream": true, "credit": 1, "timeout_ms": 50 })).await;
    assert_eq!(peer.hear().await, Frame::Item { id: 2, body: json!(1) });
    assert_eq!(fault(peer.hear().await), (Some(2), Kind::Timeout, "PT0304".to_owned()));
    assert_eq!(watched.running(), 0);
}

#[tokio::test]
async fn an_item_is_asked_for_only_when_the_caller_has_room() {
    let (mut peer, watched) = peer().await;
    let count = json!({ "type": "request", "id": 1, "name": "session.Count", "body": { "to": 3 }, "stream": true, "credit": 0 });
    peer.say(count).await;
    watched.until_running(0).await;
    tokio::time::sleep(Duration::from_millis(30)).await;
    assert_eq!(watched.asked.load(Ordering::SeqCst), 0);
    for number in 1..=3 {
        peer.say(json!({ "type": "credit", "id": 1, "items": 1 })).await;
        assert_eq!(peer.hear().await, Frame::Item { id: 1, body: json!(number) });
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(watched.asked.load(Ordering::SeqCst), number);
    }
    peer.say(json!({ "type": "credit", "id": 1, "items": 1 })).await;
    assert_eq!(peer.hear().await, Frame::End { id: 1 });
}

#[tokio::test]
async fn an_error_is_the_last_frame_of_a_stream() {
    let (mut peer, _) = peer().await;
    let body = json!({ "to": 9, "fail_at": 2 });
    peer.say(json!({ "type": "request", "id": 1, "name": "session.Count", "body": body, "stream": true })).await;
    assert_eq!(peer.hear().await, Frame::Item { id: 1, body: json!(1) });
    assert_eq!(fault(peer.hear().await), (Some(1), Kind::Conflict, "conflict".to_owned()));
    // A stream that is collected, and one item of what does not stream.
    peer.say(json!({ "type": "request", "id": 2, "name": "session.Count", "body": { "to": 2 } })).await;
    assert_eq!(peer.hear().await, Frame::Reply { id: 2, body: json!([1, 2]) });
    peer.say(json!({ "type": "request", "id": 3, "name": "session.Echo", "body": { "text": "a" }, "stream": true }))
        .await;
    assert_eq!(peer.hear().await, Frame::Item { id: 3, body: json!("a") });
    assert_eq!(peer.hear().await, Frame::End { id: 3 });
}

#[tokio::test]
async fn a_stream_that_nobody_takes_from_is_given_up() {
    let (app, watched) = built().await;
    let mut limits = timeless();
    limits.stall = Duration::from_millis(50);
    let mut peer = Peer::of(&app, session(&app).limits(limits));
    peer.hear().await;
    peer.say(json!({ "type": "request", "id": 1, "name": "session.Count", "body": { "to": 9 }, "stream": true, "credit": 1 })).await;
    assert_eq!(peer.hear().await, Frame::Item { id: 1, body: json!(1) });
    assert_eq!(fault(peer.hear().await), (Some(1), Kind::Timeout, "PT0445".to_owned()));
    assert_eq!(watched.running(), 0);
}

#[tokio::test]
async fn beyond_the_places_requests_are_refused_and_those_in_flight_go_on() {
    let (app, watched) = built().await;
    let mut limits = timeless();
    limits.max_in_flight = 2;
    let mut peer = Peer::of(&app, session(&app).limits(limits));
    peer.hear().await;
    for id in 1..=3 {
        peer.say(json!({ "type": "request", "id": id, "name": "session.Hang" })).await;
    }
    assert_eq!(fault(peer.hear().await), (Some(3), Kind::TooMany, "PT0443".to_owned()));
    watched.until_running(2).await;
    peer.say(json!({ "type": "cancel", "id": 1 })).await;
    assert_eq!(fault(peer.hear().await).0, Some(1));
    // The place is free as soon as the answer is on its way, give or take a turn.
    tokio::time::sleep(Duration::from_millis(20)).await;
    peer.say(json!({ "type": "request", "id": 4, "name": "session.Echo", "body": { "text": "x" } })).await;
    assert_eq!(peer.hear().await, Frame::Reply { id: 4, body: json!("x") });
}

#[tokio::test]
async fn a_caller_who_goes_cancels_all_its_requests() {
    let (mut peer, watched) = peer().await;
    for id in 1..=20 {
        peer.say(json!({ "type": "request", "id": id, "name": "session.Hang" })).await;
    }
    watched.until_running(20).await;
    let Peer { read, write, phase: _phase, ended } = peer;
    drop((read, write));
    // Long before their deadlines, which would end them, too.
    let ended = tokio::time::timeout(Duration::from_secs(5), ended).await.expect("at once");
    assert!(matches!(ended.unwrap(), Ended::Closed | Ended::Lost(_)));
    assert_eq!(watched.running(), 0, "gone before the session has ended");
}

#[tokio::test]
async fn what_is_no_frame_is_told_and_the_connection_goes_on() {
    let (mut peer, _) = peer().await;
    let wrong = [
        (json!("no object"), None, "not a frame"),
        (json!({ "type": "shout" }), None, "no frame is of type `shout`"),
        (json!({ "type": "request", "id": 7 }), Some(7), "a `request` needs the field `name`"),
        (json!({ "type": "request", "name": "x" }), None, "a `request` needs the field `id`"),
        (json!({ "type": "request", "id": 8, "name": "x", "boddy": 1 }), Some(8), "unknown field `boddy`"),
        (json!({ "type": "cancel", "id": 9, "name": "x" }), None, "the field `name` is none of a `cancel`"),
        (json!({ "type": "request", "id": -1, "name": "x" }), None, "not a frame"),
        (json!({ "type": "reply", "id": 1, "body": 1 }), None, "this frame is the application's to send"),
    ];
    for (frame, id, what) in wrong {
        peer.say(frame.clone()).await;
        let Frame::Error { id: told, error } = peer.hear().await else { panic!("{frame}") };
        assert_eq!((told, &*error.code, error.malformed), (id, "PT0440", true), "{frame}");
        assert!(error.message.contains(what), "{frame}: {}", error.message);
    }
    // A number that is in flight is told without it: it would be taken for the end of the one that runs.
    peer.say(json!({ "type": "request", "id": 1, "name": "session.Hang" })).await;
    peer.say(json!({ "type": "request", "id": 1, "name": "session.Hang" })).await;
    assert_eq!(fault(peer.hear().await), (None, Kind::Invalid, "PT0440".to_owned()));
    peer.say(json!({ "type": "request", "id": 1 })).await;
    assert_eq!(fault(peer.hear().await), (None, Kind::Invalid, "PT0440".to_owned()));
    peer.say(json!({ "type": "ping", "id": 5 })).await;
    assert_eq!(peer.hear().await, Frame::Pong { id: Some(5) });
}

#[tokio::test]
async fn a_key_that_is_twice_in_a_body_is_told() {
    let (app, _) = built().await;
    let (mut near, _phase, _ended) = app::open(&app, session(&app));
    let text = br#"{"type":"request","id":1,"name":"session.Echo","body":{"text":"a","text":"b"}}"#;
    near.write_all(&(text.len() as u32).to_be_bytes()).await.unwrap();
    near.write_all(text).await.unwrap();
    near.write_all(&[0, 0, 0, 0]).await.unwrap();
    let mut heard = String::new();
    let mut chunk = [0; 4096];
    while !heard.contains("PT0440") {
        let count = near.read(&mut chunk).await.unwrap();
        heard += &String::from_utf8_lossy(&chunk[..count]);
    }
    assert!(heard.contains(r#""pointer":"/text""#), "{heard}");
}

#[tokio::test]
async fn a_frame_that_is_too_large_is_told_and_ends_the_connection() {
    let (app, watched) = built().await;
    let (mut near, _phase, ended) = app::open(&app, session(&app));
    near.write_all(&u32::MAX.to_be_bytes()).await.unwrap();
    let mut heard = Vec::new();
    near.read_to_end(&mut heard).await.unwrap();
    let heard = String::from_utf8_lossy(&heard);
    assert!(heard.contains("PT0441") && heard.ends_with(r#"{"type":"goodbye"}"#), "{heard}");
    assert!(matches!(ended.await.unwrap(), Ended::Lost(Lost::TooLarge { .. })));
    assert_eq!(watched.running(), 0);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_an_error_and_so_is_an_item() {
    let (app, _) = built().await;
    let mut peer = Peer::of(&app, session(&app));
    peer.hear().await;
    peer.say(json!({ "type": "hello", "version": 1, "max_frame": 2000 })).await;
    peer.say(json!({ "type": "request", "id": 1, "name": "session.Big", "body": { "bytes": 3000 } })).await;
    assert_eq!(fault(peer.hear().await), (Some(1), Kind::TooLarge, "PT0441".to_owned()));
    peer.say(json!({ "type": "request", "id": 2, "name": "session.Big", "body": { "bytes": 3000 }, "stream": true }))
        .await;
    assert_eq!(fault(peer.hear().await), (Some(2), Kind::TooLarge, "PT0441".to_owned()));
    peer.say(json!({ "type": "request", "id": 3, "name": "session.Big", "body": { "bytes": 1000 } })).await;
    assert!(matches!(peer.hear().await, Frame::Reply { id: 3, .. }));
}

#[tokio::test]
async fn another_version_is_refused() {
    let (mut peer, _) = peer().await;
    peer.say(json!({ "type": "hello", "version": 2 })).await;
    assert_eq!(fault(peer.hear().await), (None, Kind::Invalid, "PT0442".to_owned()));
    assert_eq!(peer.rest().await, [Frame::Goodbye]);
    assert!(matches!(peer.ended.await.unwrap(), Ended::Version(2)));
}

#[tokio::test]
async fn draining_takes_nothing_new_lets_what_runs_finish_and_says_goodbye() {
    let (mut peer, watched) = peer().await;
    peer.say(json!({ "type": "request", "id": 1, "name": "session.Count", "body": { "to": 3 }, "stream": true, "credit": 1 })).await;
    assert_eq!(peer.hear().await, Frame::Item { id: 1, body: json!(1) });
    peer.phase.send_replace(Phase::Drain);
    tokio::time::sleep(Duration::from_millis(20)).await;
    peer.say(json!({ "type": "request", "id": 2, "name": "session.Echo", "body": { "text": "late" } })).await;
    assert_eq!(fault(peer.hear().await), (Some(2), Kind::Unavailable, "PT0308".to_owned()));
    assert_eq!(watched.running(), 1, "what runs goes on");
    peer.say(json!({ "type": "credit", "id": 1, "items": 9 })).await;
    let last = [
        Frame::Item { id: 1, body: json!(2) },
        Frame::Item { id: 1, body: json!(3) },
        Frame::End { id: 1 },
        Frame::Goodbye,
    ];
    assert_eq!(peer.rest().await, last);
    assert!(matches!(peer.ended.await.unwrap(), Ended::Drained));
}

#[tokio::test]
async fn stopping_ends_what_runs_and_tells_it() {
    let (mut peer, watched) = peer().await;
    peer.say(json!({ "type": "request", "id": 1, "name": "session.Hang" })).await;
    watched.until_running(1).await;
    peer.phase.send_replace(Phase::Drain);
    peer.phase.send_replace(Phase::Stop);
    assert_eq!(fault(peer.hear().await), (Some(1), Kind::Unavailable, "PT0308".to_owned()));
    assert_eq!(peer.rest().await, [Frame::Goodbye]);
    assert!(matches!(peer.ended.await.unwrap(), Ended::Stopped));
    assert_eq!(watched.running(), 0);
}

#[tokio::test]
async fn a_caller_who_says_goodbye_gets_the_answers_that_are_left() {
    let (mut peer, _) = peer().await;
    let count = json!({ "type": "request", "id": 1, "name": "session.Count", "body": { "to": 2 }, "stream": true });
    peer.say(count).await;
    peer.say(json!({ "type": "goodbye" })).await;
    let last = [
        Frame::Item { id: 1, body: json!(1) },
        Frame::Item { id: 1, body: json!(2) },
        Frame::End { id: 1 },
        Frame::Goodbye,
    ];
    assert_eq!(peer.rest().await, last);
}

#[tokio::test]
async fn a_silent_caller_is_pinged_and_left_when_it_does_not_answer() {
    let (app, _) = built().await;
    let mut limits = timeless();
    limits.keep_alive = Duration::from_millis(60);
    let mut peer = Peer::of(&app, session(&app).limits(limits));
    peer.hear().await;
    for _ in 0..3 {
        assert_eq!(peer.hear().await, Frame::Ping { id: None });
        peer.say(json!({ "type": "pong" })).await;
    }
    let began = Instant::now();
    assert_eq!(peer.rest().await, [Frame::Ping { id: None }, Frame::Goodbye]);
    assert!(began.elapsed() >= Duration::from_millis(110));
    assert!(matches!(peer.ended.await.unwrap(), Ended::Silent));
}

#[tokio::test]
async fn an_idle_connection_is_closed_and_one_with_a_request_is_not() {
    let (app, watched) = built().await;
    let mut limits = timeless();
    limits.idle = Duration::from_millis(40);
    let mut idle = Peer::of(&app, session(&app).limits(limits.clone()));
    let mut busy = Peer::of(&app, session(&app).limits(limits));
    busy.hear().await;
    busy.say(json!({ "type": "request", "id": 1, "name": "session.Hang" })).await;
    assert_eq!(idle.rest().await.last(), Some(&Frame::Goodbye));
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(watched.running(), 1);
}

#[tokio::test]
async fn a_caller_that_never_reads_holds_a_bounded_number_of_requests_and_is_left() {
    let (app, watched) = built().await;
    let mut limits = timeless();
    (limits.max_in_flight, limits.write) = (8, Duration::from_secs(1));
    let (near, _phase, ended) = app::open(&app, session(&app).limits(limits));
    let (_read, mut write) = tokio::io::split(near);
    let text = json!({ "type": "request", "id": 1, "name": "session.Big", "body": { "bytes": 5_000 } }).to_string();
    let mut sent = 0_u64;
    loop {
        let text = text.replacen("\"id\":1", &format!("\"id\":{sent}"), 1);
        let frame = [&(text.len() as u32).to_be_bytes(), text.as_bytes()].concat();
        match tokio::time::timeout(Duration::from_secs(2), write.write_all(&frame)).await {
            Ok(Ok(())) => sent += 1,
            _ => break,
        }
        // Its handler has run by then: what is left of it is an answer that waits.
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(sent < 10_000, "nobody holds the caller up");
    }
    assert!(matches!(ended.await.unwrap(), Ended::Lost(Lost::Slow)));
    // Places, what waits to be written, and refusals, which wait with it.
    let handled = watched.asked.load(Ordering::SeqCst);
    assert!(handled <= 8 + 32 + 2, "{handled} were handled for a caller who reads nothing");
}

#[tokio::test]
async fn events_come_to_a_subscriber_that_the_transport_allows() {
    let (app, _) = built().await;
    let mut refused = Peer::of(&app, session(&app));
    refused.hear().await;
    refused.say(json!({ "type": "subscribe", "id": 1, "pattern": "#" })).await;
    assert_eq!(fault(refused.hear().await), (Some(1), Kind::Forbidden, "PT0447".to_owned()));

    let allow: partitura_wire::Allow = Arc::new(|_, pattern| match pattern {
        "test.*" => Ok(()),
        _ => Err(Error::forbidden("not these")),
    });
    let mut limits = timeless();
    limits.max_waiting_events = 4;
    let mut peer = Peer::of(&app, session(&app).limits(limits).subscriptions(allow));
    peer.hear().await;
    peer.say(json!({ "type": "subscribe", "id": 1, "pattern": "secret.#" })).await;
    assert_eq!(fault(peer.hear().await).1, Kind::Forbidden);
    peer.say(json!({ "type": "subscribe", "id": 2, "pattern": "test.*", "credit": 2 })).await;
    peer.say(json!({ "type": "ping" })).await;
    assert_eq!(peer.hear().await, Frame::Pong { id: None });
    app.execute("session.Fire", json!({ "count": 1 })).await.unwrap();
    let body = json!({ "name": "session.Fired", "topic": "test.fired", "event": { "number": 1 } });
    assert_eq!(peer.hear().await, Frame::Item { id: 2, body });
    // One more may be taken, four may wait, and the sixth is one too many: told, not lost in silence.
    app.execute("session.Fire", json!({ "count": 9 })).await.unwrap();
    let last = loop {
        match peer.hear().await {
            Frame::Item { .. } => {}
            other => break fault(other),
        }
    };
    assert_eq!(last, (Some(2), Kind::TooMany, "PT0446".to_owned()));
    // A stop ends what would never end by itself.
    peer.say(json!({ "type": "subscribe", "id": 3, "pattern": "test.*" })).await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    peer.phase.send_replace(Phase::Drain);
    assert_eq!(fault(peer.hear().await), (Some(3), Kind::Unavailable, "PT0308".to_owned()));
    assert_eq!(peer.rest().await, [Frame::Goodbye]);
}

#[tokio::test]
async fn the_application_describes_itself_where_the_transport_allows() {
    let (mut peer, _) = peer().await;
    peer.say(json!({ "type": "request", "id": 1, "name": DESCRIBE, "body": { "name": "session.Echo" } })).await;
    let Frame::Reply { body, .. } = peer.hear().await else { panic!() };
    assert_eq!((&body["name"], &body["schema"]["required"]), (&json!("session.Echo"), &json!(["text"])));
    peer.say(json!({ "type": "request", "id": 2, "name": DESCRIBE, "body": { "name": "session.Eco" } })).await;
    assert_eq!(fault(peer.hear().await), (Some(2), Kind::NotFound, "PT0307".to_owned()));
    let (app, _) = built().await;
    let mut peer = Peer::of(&app, session(&app).describing(false));
    peer.hear().await;
    peer.say(json!({ "type": "request", "id": 1, "name": DESCRIBE })).await;
    assert_eq!(fault(peer.hear().await).1, Kind::NotFound);
}
