//! What `docs/wire.md` shows is what is spoken.
#![allow(missing_docs)]

use std::time::Duration;

use partitura_runtime::env::Env;
use partitura_runtime::error::Kind;
use partitura_wire::{Fault, Frame, Limits, Receive, framed};
use serde_json::Value;

const GUIDE: &str = include_str!("../../../docs/wire.md");

/// The lines of all blocks of this language.
fn lines(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    let blocks: Vec<&str> = GUIDE.split(fence.as_str()).skip(1).filter_map(|rest| rest.split("```").next()).collect();
    blocks.iter().flat_map(|block| block.lines()).collect()
}

/// The first column of the table under `heading` whose own heading is `column`.
fn column(heading: &str, column: &str) -> Vec<&'static str> {
    let under = GUIDE.split(heading).nth(1).expect("the heading");
    let table = under.split(&format!("| {column} |")).nth(1).expect("the table");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('`').nth(1)).collect()
}

#[test]
fn every_frame_of_the_conversation_is_one_and_is_written_like_that() {
    let (mut said, mut heard) = (Vec::new(), Vec::new());
    for line in lines("frames") {
        let (side, text) = line.split_once(' ').expect("a side");
        let frame = Frame::parse(text.as_bytes()).unwrap_or_else(|wrong| panic!("{text}: {}", wrong.what));
        let written: Value = serde_json::from_slice(&frame.to_bytes().unwrap()).unwrap();
        assert_eq!(written, serde_json::from_str::<Value>(text).unwrap(), "no field is lost");
        let of = written["type"].as_str().unwrap().to_owned();
        if side == ">" { said.push(of) } else { heard.push(of) }
    }
    // Those without an example have one among the bytes.
    for (heading, examples) in [("## Frames of the caller", said), ("## Frames of the application", heard)] {
        for of in column(heading, "type") {
            assert!(
                examples.iter().any(|example| example == of) || ["ping", "pong"].contains(&of),
                "`{of}` has no example"
            );
        }
    }
}

#[tokio::test]
async fn the_bytes_are_those_that_are_spoken() {
    let lines = lines("bytes");
    assert!(!lines.is_empty());
    for line in lines {
        let (head, text) = line.split_once("  ").unwrap();
        let head: Vec<u8> = head.split(' ').map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
        let bytes = [&head[..], text.as_bytes()].concat();
        let (mut read, _) = framed(std::io::Cursor::new(bytes), tokio::io::sink(), 1024, Duration::ZERO, &Env::real());
        let frame = read.receive().await.unwrap().unwrap();
        assert_eq!(frame, text.as_bytes());
        assert!(matches!(read.receive().await, Ok(None)), "the length is that of the text");
        Frame::parse(&frame).unwrap();
    }
}

#[test]
fn every_field_has_its_row() {
    let request = r#"{"type":"request","id":1,"name":"a.B","body":1,"timeout_ms":1,"trace":"t","session":"s","stream":true,"credit":1}"#;
    let written: Value =
        serde_json::from_slice(&Frame::parse(request.as_bytes()).unwrap().to_bytes().unwrap()).unwrap();
    let rows = column("## Frames of the caller", "field of a request");
    for field in written.as_object().unwrap().keys().filter(|field| !["type", "name"].contains(&field.as_str())) {
        assert!(rows.contains(&field.as_str()), "{field}");
    }
    let fault = Fault {
        kind: Kind::Invalid,
        code: String::new(),
        message: String::new(),
        malformed: true,
        failures: vec![partitura_runtime::Failure::new("", "", "")],
        trace_id: Some(String::new()),
        retry_after_ms: Some(1),
    };
    let fields = serde_json::to_value(fault).unwrap();
    let fields: Vec<&str> = fields.as_object().unwrap().keys().map(String::as_str).collect();
    let mut rows = column("## Frames of the application", "field of `error`");
    rows.sort_unstable();
    let mut sorted = fields;
    sorted.sort_unstable();
    assert_eq!(rows, sorted);
    for kind in Kind::ALL {
        assert!(GUIDE.contains(&format!("`{}`", kind.name())), "{kind}");
    }
}

#[test]
fn the_limits_are_those_that_hold() {
    let limits = Limits::default();
    let told = [
        format!("\"max_frame\":{}", limits.max_frame),
        format!("\"max_in_flight\":{}", limits.max_in_flight),
        "Credit beyond 1,024 is lost".to_owned(),
        format!("{} events may wait", limits.max_waiting_events),
        format!("longer than {} s is given up", limits.stall.as_secs()),
        format!("**Who reads nothing** is left after {} s", limits.write.as_secs()),
    ];
    assert_eq!(limits.max_credit, 1024);
    for text in told {
        assert!(GUIDE.contains(&text), "{text}");
    }
}
