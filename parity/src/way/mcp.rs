//! The Model Context Protocol, as a client writes it on stdin and reads it on stdout: a line for each message.

use std::time::Duration;

use partitura_runtime::error::{Failure, Kind};
use partitura_runtime::telemetry::trace::TraceParent;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, ReadHalf, WriteHalf, duplex, split};

use super::Asked;
use crate::answer::{Answer, Refusal};
use crate::home::Home;

/// What is on its way at most.
const ROOM: usize = 64 * 1024;

/// How long an answer may take: a message that takes longer has ended by itself long before.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn ask(asked: &Asked, home: &Home<'_>, trace: TraceParent) -> Result<Answer, String> {
    let app = home.real().await?;
    let (near, far) = duplex(ROOM);
    let (input, output) = split(far);
    let (served, caller) = (app.clone(), home.identity());
    let server = app
        .env()
        .spawn(async move { partitura_mcp::serve(&served, caller, input, output, std::future::pending()).await });
    let (read, write) = split(near);
    let mut client = Client { read: BufReader::new(read), write, last: 0 };
    let answer = match app.env().timeout(PATIENCE, client.call(asked, home, trace)).await {
        Ok(answer) => answer,
        Err(_) => Err("no answer came".to_owned()),
    };
    // Its stdin ends.
    drop(client);
    let ended = server.await;
    drop(app.shutdown().await);
    ended.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    answer
}

struct Client {
    read: BufReader<ReadHalf<DuplexStream>>,
    write: WriteHalf<DuplexStream>,
    last: u64,
}

/// What came for a request.
#[derive(Deserialize)]
struct Response {
    id: Option<u64>,
    result: Option<Value>,
    error: Option<Value>,
}

/// What a tool says of its failure, to programs.
#[derive(Deserialize)]
struct Told {
    kind: Kind,
    code: String,
    #[serde(default)]
    failures: Vec<Failure>,
}

impl Client {
    async fn call(&mut self, asked: &Asked, home: &Home<'_>, trace: TraceParent) -> Result<Answer, String> {
        let hello = json!({
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "parity", "version": "1" },
        });
        self.request("initialize", hello).await?;
        self.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await?;
        let arguments = match &home.case.input {
            Value::Object(fields) => json!(fields),
            other => json!({ "input": other }),
        };
        let params =
            json!({ "name": home.message, "arguments": arguments, "_meta": { "traceparent": trace.to_string() } });
        let Response { result, error, .. } = self.request("tools/call", params).await?;
        if let Some(error) = error {
            let data = error.get("data").cloned().unwrap_or_default();
            return refusal(data).map_err(|text| format!("{text}: {error}"));
        }
        let result = result.ok_or("neither a result nor an error")?;
        if result.get("isError") == Some(&json!(true)) {
            let data = result.pointer("/_meta/partitura~1error").cloned().unwrap_or_default();
            return refusal(data).map_err(|text| format!("{text}: {result}"));
        }
        let content = result.get("structuredContent").cloned();
        match (asked.streams, asked.object, content) {
            (true, _, Some(content)) => match content.get("result") {
                Some(Value::Array(items)) => Ok(Answer::stream(items.clone(), Ok(()))),
                _ => Err(format!("no items: {content}")),
            },
            (false, true, Some(content)) => Ok(Answer::reply(content)),
            (false, false, Some(content)) => Ok(Answer::reply(content.get("result").cloned().unwrap_or(content))),
            (_, _, None) => Ok(Answer::reply(Value::Null)),
        }
    }

    async fn request(&mut self, method: &str, params: Value) -> Result<Response, String> {
        self.last += 1;
        let id = self.last;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await?;
        loop {
            let mut line = String::new();
            let read = self.read.read_line(&mut line).await.map_err(|error| error.to_string())?;
            if read == 0 {
                return Err(format!("the server has gone, and did not answer `{method}`"));
            }
            let response: Response = serde_json::from_str(&line).map_err(|error| format!("{error}: {line}"))?;
            if response.id == Some(id) && (response.result.is_some() || response.error.is_some()) {
                return Ok(response);
            }
        }
    }

    async fn send(&mut self, message: &Value) -> Result<(), String> {
        let line = format!("{message}\n");
        self.write.write_all(line.as_bytes()).await.map_err(|error| error.to_string())
    }
}

fn refusal(told: Value) -> Result<Answer, String> {
    let told: Told = serde_json::from_value(told).map_err(|error| error.to_string())?;
    Ok(Answer::refused(Refusal {
        kinds: vec![told.kind],
        malformed: told.code == "malformed",
        code: Some(told.code),
        pointers: told.failures.into_iter().map(|failure| failure.pointer).collect(),
    }))
}
