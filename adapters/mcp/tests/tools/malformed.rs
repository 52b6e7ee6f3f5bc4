//! Whatever comes on stdin: nothing panics, nothing hangs, and the connection goes on.

use std::time::Duration;

use partitura::Identity;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

/// A JSON value, not deep.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((key(), inner), 0..4).prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// Keys that mean something, now and then.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("name".to_owned()),
        Just("arguments".to_owned()),
        Just("_meta".to_owned()),
        Just("progressToken".to_owned()),
        Just("uri".to_owned()),
        Just("requestId".to_owned()),
        Just("owner".to_owned()),
        "[a-z]{0,6}",
    ]
}

fn method() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("tools/call".to_owned()),
        Just("tools/list".to_owned()),
        Just("resources/read".to_owned()),
        Just("resources/list".to_owned()),
        Just("initialize".to_owned()),
        Just("server/discover".to_owned()),
        Just("subscriptions/listen".to_owned()),
        Just("notifications/cancelled".to_owned()),
        Just("notifications/progress".to_owned()),
        Just("completion/complete".to_owned()),
        Just("logging/setLevel".to_owned()),
        "\\PC{0,12}",
    ]
}

/// A call, nearly.
fn called() -> impl Strategy<Value = Value> {
    let name = prop_oneof![Just("tools.Open"), Just("tools.Sum"), Just("tools.Count"), Just("tools.Nothing")];
    (name, value(), value())
        .prop_map(|(name, arguments, meta)| json!({ "name": name, "arguments": arguments, "_meta": meta }))
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let id = prop_oneof![any::<i64>().prop_map(Value::from), "[a-z]{0,4}".prop_map(Value::from), value()];
    let params = prop_oneof![value(), called()];
    let message =
        (id, method(), params, any::<bool>(), any::<u8>()).prop_map(|(id, method, params, is_request, cut)| {
            let mut message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
            if is_request {
                message["id"] = id;
            }
            let mut text = message.to_string().into_bytes();
            if cut < 40 {
                text.truncate(text.len() * usize::from(cut) / 40);
            }
            text
        });
    let garbage = vec(any::<u8>().prop_filter("one line", |byte| *byte != b'\n'), 0..200);
    prop_oneof![4 => message, 1 => value().prop_map(|value| value.to_string().into_bytes()), 1 => garbage]
}

async fn survives(lines: Vec<Vec<u8>>, begins: bool) {
    let app = crate::support::app(&["mcp.max_message=4096", "runtime.stop_timeout=1s"]).await;
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let (read, write) = tokio::io::split(theirs);
    let serving = app.clone();
    let server = tokio::spawn(async move {
        partitura::mcp::serve(&serving, Identity::anonymous(), read, write, std::future::pending()).await
    });
    let (read, mut write) = tokio::io::split(ours);
    let mut answers = BufReader::new(read).lines();
    if begins {
        for message in [
            json!({ "jsonrpc": "2.0", "id": "first", "method": "initialize", "params": {
                "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "x", "version": "1" },
            } }),
            json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }),
        ] {
            write.write_all(format!("{message}\n").as_bytes()).await.unwrap();
        }
    }
    for line in &lines {
        if write.write_all(line).await.is_err() || write.write_all(b"\n").await.is_err() {
            break;
        }
    }
    if begins {
        let last = json!({ "jsonrpc": "2.0", "id": "the last", "method": "tools/call", "params": {
            "name": "tools.Sum", "arguments": { "numbers": [1, 2] },
        } });
        write.write_all(format!("{last}\n").as_bytes()).await.unwrap();
        let answered = async {
            while let Some(line) = answers.next_line().await.unwrap() {
                let answer: Value = serde_json::from_str(&line).expect("each line of the answer is JSON");
                if answer["id"] == "the last" {
                    return answer;
                }
            }
            panic!("the connection ended");
        };
        let answer = tokio::time::timeout(Duration::from_secs(10), answered).await.expect("it hangs");
        assert_eq!(answer["result"]["structuredContent"], json!({ "result": 3 }), "{answer}");
    }
    // Nobody is left to read or to write.
    write.shutdown().await.ok();
    drop((write, answers));
    let ended = tokio::time::timeout(Duration::from_secs(15), server).await.expect("it does not end");
    if begins {
        ended.expect("it panicked").unwrap();
    } else {
        // It is refused, or it began by chance.
        drop(ended.expect("it panicked"));
    }
}

fn run(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work);
}

fn cases() -> ProptestConfig {
    let cases = std::env::var("PARTITURA_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_connection_survives_what_comes(lines in vec(line(), 0..20)) {
        run(survives(lines, true));
    }

    #[test]
    fn what_does_not_begin_as_it_should_ends(lines in vec(line(), 0..10)) {
        run(survives(lines, false));
    }
}

#[test]
fn a_line_that_is_too_long_is_dropped() {
    let long = format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{}\"}}", "x".repeat(100_000));
    run(survives(vec![long.into_bytes()], true));
}
