//! Random callers against a model of what they may be told.
#![allow(missing_docs)]
#![allow(clippy::disallowed_methods, reason = "a caller in a process of its own has a clock of its own")]

mod app;

use std::collections::BTreeMap;
use std::time::Duration;

use app::{Peer, Watched, session, timeless};
use bytes::Bytes;
use partitura::prelude::*;
use partitura_wire::{Ended, Frame, Phase, Receive, Transmit};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

partitura::app! { pub Wired { modules: [] } }

const PLACES: usize = 5;
const MOST_CREDIT: u32 = 6;

#[derive(Debug, Clone)]
enum What {
    Echo,
    Hang,
    Count { to: u32, fail_at: Option<u32> },
}

#[derive(Debug, Clone)]
enum Step {
    Request {
        what: What,
        stream: bool,
        credit: Option<u32>,
    },
    Credit {
        which: usize,
        items: u32,
    },
    Cancel {
        which: usize,
    },
    Twice {
        which: usize,
    },
    Ping,
    Malformed(&'static str),
    /// Takes what there is, so many frames: callers are slow.
    Read(usize),
}

fn what() -> impl Strategy<Value = What> {
    prop_oneof![
        2 => Just(What::Echo),
        2 => Just(What::Hang),
        5 => (0..9_u32, proptest::option::weighted(0.3, 1..9_u32)).prop_map(|(to, fail_at)| What::Count { to, fail_at }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let malformed =
        ["{", "[]", "{\"type\":\"shout\"}", "{\"type\":\"cancel\"}", "nul", "{\"type\":\"credit\",\"id\":1}"];
    prop_oneof![
        6 => (what(), any::<bool>(), proptest::option::of(0..5_u32))
            .prop_map(|(what, stream, credit)| Step::Request { what, stream, credit }),
        5 => (0..20_usize, prop_oneof![Just(u32::MAX), 1..5_u32]).prop_map(|(which, items)| Step::Credit { which, items }),
        3 => (0..20_usize).prop_map(|which| Step::Cancel { which }),
        1 => (0..20_usize).prop_map(|which| Step::Twice { which }),
        1 => Just(Step::Ping),
        1 => proptest::sample::select(malformed.to_vec()).prop_map(Step::Malformed),
        6 => (1..12_usize).prop_map(Step::Read),
    ]
}

/// What is known of one request.
#[derive(Debug)]
struct Known {
    what: What,
    stream: bool,
    granted: u64,
    items: u32,
    cancelled: bool,
    ended: bool,
}

struct Model {
    peer: Peer,
    known: BTreeMap<u64, Known>,
    /// How many errors are owed that belong to no request, and how many pongs.
    owed: (usize, usize),
}

impl Model {
    async fn say(&mut self, text: String) {
        self.peer.write.transmit(Bytes::from(text)).await.unwrap();
        loop {
            // Who writes and never reads is held up, and then both sides are.
            let heard = tokio::select! {
                biased;
                written = self.peer.write.flush() => return written.unwrap(),
                heard = self.peer.read.receive() => heard,
            };
            self.hear(&Frame::parse(&heard.unwrap().unwrap()).unwrap());
        }
    }

    async fn read(&mut self) {
        let frame = self.peer.hear().await;
        self.hear(&frame);
    }

    fn hear(&mut self, frame: &Frame) {
        match frame {
            Frame::Pong { .. } => {
                assert!(self.owed.1 > 0, "nobody asked");
                self.owed.1 -= 1;
                return;
            }
            Frame::Error { id: None, error } => {
                assert!(self.owed.0 > 0 && error.code == "PT0440", "{error:?}");
                self.owed.0 -= 1;
                return;
            }
            _ => {}
        }
        let known = self.known.get_mut(&frame.id().expect("of a request")).expect("of one that was sent");
        assert!(!known.ended, "{frame:?} after the last frame: {known:?}");
        known.ended = !matches!(frame, Frame::Item { .. });
        match (frame, &known.what) {
            (Frame::Item { body, .. }, what) => {
                known.items += 1;
                assert!(known.stream && u64::from(known.items) <= known.granted, "an item without room: {known:?}");
                match what {
                    What::Echo => assert_eq!(*body, json!("hi")),
                    _ => assert_eq!(*body, json!(known.items), "in order"),
                }
            }
            (Frame::Reply { body, .. }, What::Echo) => assert!(!known.stream && *body == json!("hi")),
            (Frame::Reply { body, .. }, What::Count { to, .. }) => {
                assert!(!known.stream && *body == json!((1..=*to).collect::<Vec<_>>()));
            }
            (Frame::End { .. }, What::Echo) => assert!(known.stream && known.items == 1),
            (Frame::End { .. }, What::Count { to, .. }) => assert!(known.stream && known.items == *to),
            (Frame::Error { error, .. }, what) => match (error.kind, what) {
                (Kind::Cancelled, _) => assert!(known.cancelled),
                (Kind::TooMany, _) => assert_eq!((known.items, &*error.code), (0, "PT0443")),
                (Kind::Conflict, What::Count { to, fail_at: Some(at) }) => {
                    assert!(at <= to && (!known.stream || known.items + 1 == *at));
                }
                _ => panic!("{error:?} of {known:?}"),
            },
            _ => panic!("{frame:?} of {known:?}"),
        }
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Request { what, stream, credit } => {
                let id = self.known.len() as u64;
                let (name, body) = match &what {
                    What::Echo => ("Echo", json!({ "text": "hi" })),
                    What::Hang => ("Hang", Value::Null),
                    What::Count { to, fail_at } => ("Count", json!({ "to": to, "fail_at": fail_at })),
                };
                let mut frame = json!({ "type": "request", "id": id, "name": format!("model.{name}"), "body": body });
                if stream {
                    frame["stream"] = json!(true);
                    frame["credit"] = json!(credit);
                }
                let granted = u64::from(credit.unwrap_or(32).min(MOST_CREDIT));
                let known = Known { what, stream, granted, items: 0, cancelled: false, ended: false };
                self.known.insert(id, known);
                self.say(frame.to_string()).await;
            }
            Step::Credit { which, items } => {
                if let Some(known) = self.known.get_mut(&(which as u64)) {
                    known.granted += u64::from(items.min(MOST_CREDIT));
                }
                self.say(json!({ "type": "credit", "id": which, "items": items }).to_string()).await;
            }
            Step::Cancel { which } => {
                if let Some(known) = self.known.get_mut(&(which as u64)) {
                    known.cancelled = true;
                }
                self.say(json!({ "type": "cancel", "id": which }).to_string()).await;
            }
            Step::Twice { which } => {
                // Only of one that surely runs.
                self.ping().await;
                while self.owed.1 > 0 {
                    self.read().await;
                }
                let runs = |known: &Known| matches!(known.what, What::Hang) && !known.ended && !known.cancelled;
                if self.known.get(&(which as u64)).is_some_and(runs) {
                    self.owed.0 += 1;
                    self.say(json!({ "type": "request", "id": which, "name": "model.Echo" }).to_string()).await;
                }
            }
            Step::Ping => self.ping().await,
            Step::Malformed(text) => {
                self.owed.0 += 1;
                self.say(text.to_owned()).await;
            }
            Step::Read(count) => {
                for _ in 0..count {
                    let heard = tokio::time::timeout(Duration::from_millis(2), self.peer.read.receive()).await;
                    let Ok(heard) = heard else { break };
                    self.hear(&Frame::parse(&heard.unwrap().unwrap()).unwrap());
                }
            }
        }
    }

    async fn ping(&mut self) {
        self.owed.1 += 1;
        self.say(json!({ "type": "ping" }).to_string()).await;
    }
}

async fn follow(steps: Vec<Step>) {
    let watched = Arc::new(Watched::default());
    let config = Wired::BLUEPRINT.loader().hermetic().load().unwrap();
    let app = Wired::builder().config(config).replace(watched.clone()).build().await.unwrap();
    let mut limits = timeless();
    (limits.max_in_flight, limits.max_credit) = (PLACES, MOST_CREDIT);
    let mut peer = Peer::of(&app, session(&app).limits(limits));
    peer.hear().await;
    let mut model = Model { peer, known: BTreeMap::new(), owed: (0, 0) };
    for step in steps {
        model.step(step).await;
        assert!(watched.running() as usize <= PLACES);
    }
    let open: Vec<u64> = model.known.iter().filter(|(_, known)| !known.ended).map(|(id, _)| *id).collect();
    for id in open {
        model.step(Step::Cancel { which: id as usize }).await;
    }
    while model.known.values().any(|known| !known.ended) || model.owed != (0, 0) {
        model.read().await;
    }
    model.say(json!({ "type": "goodbye" }).to_string()).await;
    assert_eq!(model.peer.rest().await, [Frame::Goodbye]);
    assert!(matches!(model.peer.ended.await.unwrap(), Ended::Drained));
    assert_eq!(watched.running(), 0);
}

/// One of the values that a field may wrongly have.
fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..6_u64).prop_map(Value::from),
        "[a-z.@#*]{0,12}".prop_map(Value::from),
        Just(json!("model.Echo")),
        Just(json!("model.Count")),
        Just(json!({ "text": "x", "to": 3 })),
        Just(json!({ "to": 1_000_000 })),
        Just(json!([[[[[]]]]])),
    ]
}

/// A frame, or what looks like one.
fn any_frame() -> impl Strategy<Value = Vec<u8>> {
    let types = [
        "hello",
        "request",
        "subscribe",
        "credit",
        "cancel",
        "reply",
        "item",
        "end",
        "error",
        "ping",
        "pong",
        "goodbye",
        "x",
    ];
    let fields = [
        "id",
        "name",
        "body",
        "timeout_ms",
        "trace",
        "session",
        "stream",
        "credit",
        "pattern",
        "items",
        "error",
        "version",
        "max_frame",
        "other",
    ];
    let some = vec((proptest::sample::select(fields.to_vec()), any_value()), 0..6);
    (proptest::sample::select(types.to_vec()), some, proptest::option::weighted(0.2, (any::<usize>(), any::<u8>())))
        .prop_map(|(of, fields, flip)| {
            let mut frame = json!({ "type": of });
            for (name, value) in fields {
                frame[name] = value;
            }
            let mut text = frame.to_string().into_bytes();
            if let Some((at, byte)) = flip {
                let at = at % text.len();
                text[at] = byte;
            }
            text
        })
}

async fn heard_by_a_deaf_application(bytes: Vec<u8>, is_framed: bool) {
    let watched = Arc::new(Watched::default());
    let config = Wired::BLUEPRINT.loader().hermetic().load().unwrap();
    let app = Wired::builder().config(config).replace(watched.clone()).build().await.unwrap();
    let (near, phase, ended) = app::open(&app, session(&app));
    let (mut read, mut write) = tokio::io::split(near);
    let write = app.env().spawn(async move {
        drop(write.write_all(&bytes).await);
        // Answered, if the framing holds and nobody has said goodbye.
        let ping = br#"{"type":"ping","id":77}"#;
        drop(write.write_all(&[&(ping.len() as u32).to_be_bytes(), &ping[..]].concat()).await);
        write
    });
    let mut heard = Vec::new();
    let answered = async {
        let mut chunk = [0; 4096];
        loop {
            match read.read(&mut chunk).await {
                Ok(count) if count > 0 => heard.extend_from_slice(&chunk[..count]),
                _ => return,
            }
            let text = String::from_utf8_lossy(&heard);
            if text.contains(r#"{"type":"pong","id":77}"#) {
                return;
            }
        }
    };
    let answered = tokio::time::timeout(Duration::from_millis(if is_framed { 5_000 } else { 50 }), answered).await;
    assert!(answered.is_ok() || !is_framed, "neither an answer nor a close: {:?}", String::from_utf8_lossy(&heard));
    // What it said are frames, all of them.
    let mut left = &heard[..];
    while let Some((head, rest)) = left.split_first_chunk::<4>() {
        let length = u32::from_be_bytes(*head) as usize;
        let Some((frame, rest)) = rest.split_at_checked(length) else { break };
        Frame::parse(frame).unwrap();
        left = rest;
    }
    drop(read);
    drop(write);
    phase.send_replace(Phase::Stop);
    let ended = tokio::time::timeout(Duration::from_secs(5), ended).await.expect("it ends");
    ended.expect("nothing panicked");
    assert_eq!(watched.running(), 0);
}

fn on_tokio(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn a_caller_is_told_what_the_model_says(steps in vec(step(), 1..60)) {
        on_tokio(follow(steps));
    }

    #[test]
    fn random_bytes_are_answered_or_the_connection_is_closed(bytes in vec(any::<u8>(), 0..3000)) {
        on_tokio(heard_by_a_deaf_application(bytes, false));
    }

    #[test]
    fn random_frames_are_answered_or_the_connection_is_closed(frames in vec(any_frame(), 1..30)) {
        let framed = |frame: &Vec<u8>| [&(frame.len() as u32).to_be_bytes(), &frame[..]].concat();
        on_tokio(heard_by_a_deaf_application(frames.iter().flat_map(framed).collect(), true));
    }

    #[test]
    fn a_frame_is_read_as_it_was_written(id in any::<u64>(), credit in any::<Option<u32>>(), name in ".{0,20}", body in any_value()) {
        let frames = [
            Frame::Request {
                id, name: name.clone(), body: body.clone(), timeout_ms: Some(id), trace: Some(name.clone()), session: None,
                stream: credit.is_some(), credit, twice: Vec::new(),
            },
            Frame::Item { id, body: body.clone() },
            Frame::Reply { id, body },
            Frame::Subscribe { id, pattern: name, credit },
            Frame::Ping { id: Some(id) },
        ];
        for frame in frames {
            prop_assert_eq!(Frame::parse(&frame.to_bytes().unwrap()).unwrap(), frame);
        }
    }
}
