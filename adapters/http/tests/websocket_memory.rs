//! What a WebSocket costs: a process of its own, since nobody else may allocate meanwhile.
#![cfg(target_os = "linux")]
#![allow(missing_docs, unreachable_pub, dead_code)]
#![allow(clippy::disallowed_methods, reason = "the clock of the test: its sockets are real")]

#[path = "websocket/app.rs"]
mod app;
#[path = "websocket/peer.rs"]
mod peer;

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::AsyncWriteExt;

use crate::app::Server;
use crate::peer::{ask, handshake, raw};

partitura::app! { pub Spoken { modules: [] } }

/// By hand: `PARTITURA_SILENT=1000 PARTITURA_SLOW=100 cargo test -p partitura-http --test websocket_memory -- --nocapture`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_is_bounded_by_what_the_configuration_says() {
    let number =
        |name: &str, otherwise: usize| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise);
    let (silent, slow) = (number("PARTITURA_SILENT", 50), number("PARTITURA_SLOW", 5));
    let server = Server::start(&[
        "http.websocket.max_connections = 10000",
        "http.write_timeout = \"5m\"",
        "http.websocket.max_in_flight = 8",
        "http.websocket.max_outgoing = 4",
    ])
    .await;
    drop(server.open().await);
    let before = resident();
    let mut held = Vec::new();
    for _ in 0..silent {
        held.push(ask(server.address, &handshake("/ws", "")).await.unwrap().0);
    }
    let with_silent = resident();
    println!(
        "{silent} silent: {} KiB, {} bytes each",
        with_silent.saturating_sub(before),
        (with_silent.saturating_sub(before)) * 1024 / silent.max(1)
    );
    let mut readers = Vec::new();
    for _ in 0..slow {
        let (mut stream, _) = ask(server.address, &handshake("/ws", "")).await.unwrap();
        for id in 0..8 {
            let text =
                json!({ "type": "request", "id": id, "name": "websocket_memory.Big", "body": { "bytes": 1_000_000 } });
            let text = text.to_string();
            stream.write_all(&raw(0x81, text.as_bytes())).await.unwrap();
        }
        readers.push(stream);
    }
    // Until all answers are made, and nothing grows any more.
    let mut with_slow = resident();
    for _ in 0..120 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let now = resident();
        if now.abs_diff(with_slow) < 1024 {
            break;
        }
        with_slow = now;
    }
    println!(
        "{slow} slow: {} KiB, {} KiB each",
        with_slow.saturating_sub(with_silent),
        (with_slow.saturating_sub(with_silent)) / slow.max(1)
    );
    // Eight answers of 1 MB each, twice while one is written, and what the system has of them.
    assert!((with_slow.saturating_sub(with_silent)) / slow.max(1) < 20 * 1024, "{with_silent} {with_slow}");
    assert!((with_silent.saturating_sub(before)) / silent.max(1) < 200, "{before} {with_silent}");
    let began = Instant::now();
    let mut peer = server.open().await;
    assert_eq!(peer.execute("websocket_memory.Echo", json!({ "text": "a" })).await["body"], "a");
    println!("another is let in and answered within {:?}", began.elapsed());
    drop((held, readers));
}

/// What this process has in memory, in KiB; 0 where that is not told.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}
