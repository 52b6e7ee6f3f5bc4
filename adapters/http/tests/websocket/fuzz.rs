//! Bytes and frames that nobody would send: nothing panics, hangs or stays behind.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::app::Server;
use crate::peer::{ask, handshake};

/// A frame of any form, its length told rightly or not.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let text = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..300),
        Just(br#"{"type":"request","id":1,"name":"websocket.Echo","body":{"text":"a"}}"#.to_vec()),
        Just(br#"{"type":"request","id":2,"name":"websocket.Hang"}"#.to_vec()),
        Just(br#"{"type":"request","id":3,"name":"websocket.Boom"}"#.to_vec()),
        Just(
            br#"{"type":"request","id":4,"name":"websocket.Count","body":{"to":1000},"stream":true,"credit":1000}"#
                .to_vec()
        ),
        Just(br#"{"type":"subscribe","id":5,"pattern":"orders.#"}"#.to_vec()),
        Just(br#"{"type":"cancel","id":2}"#.to_vec()),
        Just(br#"{"type":"hello","version":1,"max_frame":0}"#.to_vec()),
        Just(br#"{"type":"goodbye"}"#.to_vec()),
        Just(vec![0x03, 0xe8]),
    ];
    let first =
        prop_oneof![Just(0x81_u8), Just(0x82), Just(0x01), Just(0x80), Just(0x00), Just(0x89), Just(0x88), any::<u8>()];
    (first, any::<[u8; 4]>(), text, any::<bool>(), prop_oneof![9 => Just(None), 1 => any::<u64>().prop_map(Some)])
        .prop_map(|(first, mask, text, is_masked, lie)| {
            let length = lie.unwrap_or(text.len() as u64);
            let bit = if is_masked || lie.is_none() { 0x80 } else { 0 };
            let mut bytes = vec![first];
            match length {
                0..126 => bytes.push(bit | length as u8),
                126..65_536 => {
                    bytes.push(bit | 126);
                    bytes.extend((length as u16).to_be_bytes());
                }
                _ => {
                    bytes.push(bit | 127);
                    bytes.extend(length.to_be_bytes());
                }
            }
            if bit > 0 {
                bytes.extend(mask);
                bytes.extend(text.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
            } else {
                bytes.extend(text);
            }
            bytes
        })
}

#[test]
fn nothing_that_comes_panics_hangs_or_stays_behind() {
    let cases = std::env::var("PARTITURA_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(300);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let server = Arc::new(runtime.block_on(Server::start(&[
        "http.websocket.max_connections = 8",
        "http.websocket.topics.\"#\" = \"public\"",
        "http.websocket.max_frame = 4096",
    ])));
    let bytes = prop_oneof![
        8 => proptest::collection::vec(frame(), 1..12).prop_map(|frames| frames.concat()),
        1 => proptest::collection::vec(any::<u8>(), 0..2_000),
    ];
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let result = runner.run(&(bytes, 1_usize..500, any::<bool>()), |(bytes, piece, reads)| {
        runtime.block_on(async {
            let (mut stream, _) = loop {
                match ask(server.address, &handshake("/ws", "")).await {
                    Ok(opened) => break opened,
                    // The place of the last one is on its way back.
                    Err(refused) if refused.status == 503 => tokio::time::sleep(Duration::from_millis(5)).await,
                    Err(refused) => panic!("{refused:?}"),
                }
            };
            for piece in bytes.chunks(piece) {
                // It may be closed already.
                if stream.write_all(piece).await.is_err() {
                    break;
                }
            }
            if reads {
                // Half of them say that they go, and read what is left.
                let _ = stream.shutdown().await;
                let mut rest = Vec::new();
                let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
                prop_assert!(read.is_ok(), "it is not closed");
            }
            Ok(())
        })
    });
    result.unwrap();
    runtime.block_on(async {
        // Nothing runs, all places are free, and it still answers.
        server.until_running(0).await;
        let mut all = Vec::new();
        for _ in 0..1_000 {
            match server.open_as("").await {
                Ok(peer) => all.push(peer),
                Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
            if all.len() == 8 {
                break;
            }
        }
        assert_eq!(all.len(), 8, "places were lost");
        assert_eq!(all[7].execute("websocket.Echo", json!({ "text": "a" })).await["body"], "a");
    });
}
