//! The verb `mcp` of the program: what a client that starts it sees.
#![allow(missing_docs)]
#![expect(clippy::disallowed_methods, reason = "the clock of the test: the program is real")]
#![cfg(unix)]

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

const PATIENCE: Duration = Duration::from_secs(20);

struct Program {
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_todo"))
            .arg("mcp")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap()).lines();
        Program { input: child.stdin.take(), output, child }
    }

    async fn say(&mut self, message: Value) {
        self.input.as_mut().unwrap().write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    /// The answer to `id`; every line before it is JSON as well.
    async fn hear(&mut self, id: u64) -> Value {
        let heard = async {
            while let Some(line) = self.output.next_line().await.unwrap() {
                let message: Value =
                    serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON on stdout: {line}"));
                if message["id"] == json!(id) {
                    return message;
                }
            }
            panic!("it ended");
        };
        tokio::time::timeout(PATIENCE, heard).await.expect("no answer")
    }

    async fn begin(&mut self) {
        self.say(json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" },
        } }))
        .await;
        assert_eq!(self.hear(0).await["result"]["serverInfo"]["name"], "Todo");
        self.say(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await;
    }

    async fn call(&mut self, id: u64, name: &str, arguments: Value) {
        let params = json!({ "name": name, "arguments": arguments });
        self.say(json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params })).await;
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        assert!(std::process::Command::new("kill").args([&format!("-{name}"), &id]).status().unwrap().success());
    }

    /// The exit code and what was told on stderr.
    async fn end(mut self) -> (Option<i32>, String) {
        let code = tokio::time::timeout(PATIENCE, self.child.wait()).await.expect("it does not end").unwrap().code();
        let mut told = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut told).await.unwrap();
        (code, told)
    }
}

#[tokio::test]
async fn it_ends_when_its_input_does_and_answers_what_was_asked_before() {
    let mut program = Program::start(&["--set", "log.level=debug"]);
    program.begin().await;
    program.call(1, "todo.AddTask", json!({ "title": "Sleep" })).await;
    assert_eq!(program.hear(1).await["result"]["structuredContent"]["title"], "Sleep");
    program.call(2, "todo.ListTasks", json!({})).await;
    drop(program.input.take());
    assert_eq!(program.hear(2).await["result"]["structuredContent"]["items"][0]["title"], "Sleep");
    let (code, told) = program.end().await;
    assert_eq!(code, Some(0), "{told}");
    assert!(!told.is_empty(), "the log is on stderr, and stdout had nothing but the protocol");
}

#[tokio::test]
async fn a_signal_ends_it_and_what_runs_is_told() {
    for signal in ["TERM", "INT"] {
        let mut program = Program::start(&["--set", "runtime.stop_timeout=300ms"]);
        program.begin().await;
        program.call(1, "todo.WatchTasks", json!({})).await;
        program.call(2, "todo.ListTasks", json!({})).await;
        program.hear(2).await;
        program.signal(signal);
        let answer = program.hear(1).await;
        assert_eq!(answer["result"]["isError"], true, "{answer}");
        assert_eq!(answer["result"]["_meta"]["partitura/error"]["kind"], "unavailable");
        let (code, told) = program.end().await;
        assert_eq!((code, told.as_str()), (Some(0), ""), "{signal}");
    }
}

#[tokio::test]
async fn what_it_cannot_do_is_told_on_stderr() {
    let (code, told) = Program::start(&["--set", "mcp.enabled=false"]).end().await;
    assert_eq!(code, Some(69));
    assert!(told.contains("[PT0484]") && told.contains("mcp.enabled"), "{told}");
    let (code, told) = Program::start(&["now"]).end().await;
    assert_eq!(code, Some(2), "{told}");
    let (code, told) = Program::start(&["--set", "mcp.allow=[\"todo.Ad\"]"]).end().await;
    assert_eq!(code, Some(65));
    assert!(told.contains("PT0485") && told.contains("todo.Ad"), "{told}");
    // Nobody said anything.
    let mut program = Program::start(&[]);
    drop(program.input.take());
    assert_eq!(program.end().await.0, Some(0));
}
