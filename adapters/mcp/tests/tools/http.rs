//! Streamable HTTP over real sockets: the official client, and requests by hand where a client would not send them.

use std::sync::Arc;

use crate::support::{app, app_and_journal, call, failure, text, until};
use partitura::entrypoint::{BoxFuture, Entrypoint, Mount};
use partitura::http::Http;
use partitura::mcp::Mcp;
use partitura::{App, Identity, host};
use rmcp::ServiceExt;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const ON: [&str; 6] = [
    "mcp.enabled=true",
    "http.port=0",
    "http.enabled=true",
    "auth.api_key.main.keys.bo.key=\"key-of-bo-0123456789\"",
    "auth.api_key.main.keys.ann.key=\"key-of-ann-0123456789\"",
    "auth.api_key.main.keys.ann.roles=[\"clerk\"]",
];

/// An application that serves.
struct Running {
    address: String,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<Result<(), String>>,
}

impl Running {
    async fn of(app: &App) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, told) = oneshot::channel();
        let app = app.clone();
        let served = tokio::task::spawn_blocking(move || {
            tokio::runtime::Handle::current().block_on(async {
                let entrypoints: Vec<Arc<dyn Entrypoint>> = vec![Arc::new(Http::new()), Arc::new(Mcp::new())];
                let ready = |opened: &[host::Opened]| {
                    let _ = ready.send(opened.iter().map(|one| one.address().to_owned()).collect::<Vec<_>>());
                };
                host::serve(&app, &entrypoints, &[], ready, async { drop(stopped.await) })
                    .await
                    .map_err(|error| format!("{error:?}"))
            })
        });
        let Ok(opened) = told.await else { panic!("{:?}", served.await) };
        assert_eq!(opened.get(1).map(String::as_str), Some("/mcp of `http`"), "{opened:?}");
        Running { address: opened[0].trim_start_matches("http://").to_owned(), stop: Some(stop), served }
    }

    async fn client(&self, key: Option<&str>) -> crate::support::Client {
        self.connect(key).await.unwrap()
    }

    async fn connect(&self, key: Option<&str>) -> Result<crate::support::Client, rmcp::service::ClientInitializeError> {
        let mut config = StreamableHttpClientTransportConfig::with_uri(format!("http://{}/mcp", self.address));
        if let Some(key) = key {
            config.custom_headers.insert("x-api-key".parse().unwrap(), key.parse().unwrap());
        }
        ().serve(StreamableHttpClientTransport::from_config(config)).await
    }

    /// One request by hand: its status and all of its answer, head and body.
    async fn send(&self, method: &str, headers: &[(&str, &str)], body: &Value) -> (u16, String) {
        self.send_to(method, "/mcp", headers, &body.to_string()).await
    }

    async fn send_to(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let mut text = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n", body.len());
        let own = [
            ("host", self.address.as_str()),
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
        ];
        for (name, value) in
            own.iter().filter(|(name, _)| !headers.iter().any(|(other, _)| other == name)).chain(headers)
        {
            text += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{text}\r\n{body}").as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        (answer[9..12].parse().unwrap(), answer)
    }

    async fn stop(mut self) {
        drop(self.stop.take());
        tokio::time::timeout(std::time::Duration::from_secs(8), self.served).await.expect("it stops").unwrap().unwrap();
    }
}

fn initialize() -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "by hand", "version": "1" },
    } })
}

fn session(answer: &str) -> String {
    let line = answer.lines().find_map(|line| line.strip_prefix("mcp-session-id: "));
    line.unwrap_or_else(|| panic!("no session: {answer}")).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caller_of_http_is_the_caller_of_the_tool() {
    let app = app(&ON).await;
    let running = Running::of(&app).await;
    let names = |tools: Vec<rmcp::model::Tool>| tools.iter().map(|tool| tool.name.to_string()).collect::<Vec<_>>();

    let nobody = running.client(None).await;
    assert!(!names(nobody.list_all_tools().await.unwrap()).contains(&"tools.Close".to_owned()));
    assert_eq!(failure(&call(&nobody, "tools.Close", json!({})).await.unwrap())["kind"], "unauthenticated");
    let bo = running.client(Some("key-of-bo-0123456789")).await;
    assert_eq!(failure(&call(&bo, "tools.Close", json!({})).await.unwrap())["kind"], "forbidden");
    let answer = call(&bo, "tools.Open", json!({ "owner": "Ada-" })).await.unwrap();
    assert_eq!(answer.structured_content.unwrap()["owner"], "Ada-bo");
    let ann = running.client(Some("key-of-ann-0123456789")).await;
    assert!(names(ann.list_all_tools().await.unwrap()).contains(&"tools.Close".to_owned()));
    assert_eq!(text(&call(&ann, "tools.Close", json!({})).await.unwrap()), "done");
    let answer = call(&ann, "tools.Count", json!({ "to": 3 })).await.unwrap();
    assert_eq!(answer.structured_content, Some(json!({ "result": [1, 2, 3] })));
    // Credentials that do not hold come no further than HTTP.
    assert!(running.connect(Some("no key of anybody")).await.is_err());
    let (status, answer) = running.send("POST", &[("x-api-key", "no key of anybody")], &initialize()).await;
    assert_eq!(status, 401);
    assert!(
        answer.contains("application/problem+json") && answer.to_lowercase().contains("www-authenticate"),
        "{answer}"
    );
    drop((nobody, bo, ann));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_its_openers() {
    let app = app(&ON).await;
    let running = Running::of(&app).await;
    let bo = ("x-api-key", "key-of-bo-0123456789");
    let (status, answer) = running.send("POST", &[bo], &initialize()).await;
    assert_eq!(status, 200, "{answer}");
    let id = session(&answer);
    let list = json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/list" });
    let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let own = [bo, ("mcp-session-id", &id), ("mcp-protocol-version", "2025-06-18")];
    assert_eq!(running.send("POST", &own, &ready).await.0, 202);
    assert_eq!(running.send("DELETE", &[("mcp-session-id", &id)], &Value::Null).await.0, 404);
    for other in [None, Some(("x-api-key", "key-of-ann-0123456789"))] {
        let mut headers = vec![("mcp-session-id", id.as_str()), ("mcp-protocol-version", "2025-06-18")];
        headers.extend(other);
        assert_eq!(running.send("POST", &headers, &list).await.0, 404, "{other:?}");
    }
    let mut stream = TcpStream::connect(&running.address).await.unwrap();
    let body = list.to_string();
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: {}\r\nx-api-key: {}\r\nmcp-session-id: {id}\r\nmcp-protocol-version: 2025-06-18\r\n\
         content-type: application/json\r\naccept: application/json, text/event-stream\r\ncontent-length: {}\r\n\r\n{body}",
        running.address,
        bo.1,
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut seen, mut buffer) = (String::new(), [0; 4096]);
    while !seen.contains("tools.Open") {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "{seen}");
        seen += &String::from_utf8_lossy(&buffer[..read]);
    }
    assert!(seen.starts_with("HTTP/1.1 200"), "the opener may");
    drop(stream);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_so_many_sessions_and_one_that_ends_makes_room() {
    let set: Vec<&str> = ON.into_iter().chain(["mcp.max_sessions=1"]).collect();
    let app = app(&set).await;
    let running = Running::of(&app).await;
    let (_, answer) = running.send("POST", &[], &initialize()).await;
    let id = session(&answer);
    let (status, answer) = running.send("POST", &[], &initialize()).await;
    assert_eq!(status, 503, "{answer}");
    assert!(answer.contains("PT0486") && answer.contains("retry-after"), "{answer}");
    let own = [("mcp-session-id", id.as_str()), ("mcp-protocol-version", "2025-06-18")];
    assert_eq!(running.send("DELETE", &own, &Value::Null).await.0, 202);
    assert_eq!(running.send("POST", &[], &initialize()).await.0, 200);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_another_site_is_refused() {
    let app = app(&ON).await;
    let running = Running::of(&app).await;
    assert_eq!(running.send("POST", &[("host", "evil.example")], &initialize()).await.0, 403);
    assert_eq!(running.send("POST", &[("origin", "http://evil.example")], &initialize()).await.0, 403);
    assert_eq!(running.send("POST", &[], &initialize()).await.0, 200);
    running.stop().await;
    let set: Vec<&str> =
        ON.into_iter().chain(["mcp.hosts=[\"bank.example\"]", "mcp.origins=[\"https://bank.example:443\"]"]).collect();
    let app = crate::support::app(&set).await;
    let running = Running::of(&app).await;
    let named = [("host", "bank.example"), ("origin", "https://bank.example")];
    assert_eq!(running.send("POST", &named, &initialize()).await.0, 200);
    assert_eq!(running.send("POST", &[], &initialize()).await.0, 403);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_and_layers_of_the_server_are_around_it() {
    let set: Vec<&str> = ON.into_iter().chain(["http.max_body=600"]).collect();
    let app = app(&set).await;
    let running = Running::of(&app).await;
    let (status, answer) = running.send_to("POST", "/mcp", &[], &format!("\"{}\"", "x".repeat(1000))).await;
    assert_eq!(status, 413, "{answer}");
    assert!(answer.contains("x-request-id"), "{answer}");
    // Below it there is nothing, and a problem says so; beside it are the server's own paths.
    assert_eq!(running.send_to("GET", "/mcp/nothing", &[], "").await.0, 404);
    assert_eq!(running.send_to("GET", "/mcpx", &[], "").await.0, 404);
    assert_eq!(running.send_to("GET", "/health/ready", &[], "").await.0, 200);
    for (body, status) in
        [("", 415), ("{", 415), ("[]", 415), ("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\"}", 0)]
    {
        let (got, answer) = running.send_to("POST", "/mcp", &[], body).await;
        assert!((400..500).contains(&got), "{status} {body}: {answer}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_lets_calls_finish_and_ends_open_streams() {
    let (app, journal) = app_and_journal(&ON).await;
    let running = Running::of(&app).await;
    // Has a stream of the server's own open, and a call.
    let client = running.client(None).await;
    let (answer, ()) = tokio::join!(call(&client, "tools.Wait", json!({ "seconds": 1 })), async {
        until("it waits", || !journal.lines().is_empty()).await;
        running.stop().await;
    });
    assert_eq!(journal.lines(), ["waits", "waited"]);
    assert_eq!(text(&answer.unwrap()), "done");
}

/// Hangs something onto something.
struct Hook(&'static str, &'static str, bool);

impl Entrypoint for Hook {
    fn name(&self) -> &'static str {
        "hook"
    }

    fn is_enabled(&self, _: &App) -> bool {
        true
    }

    fn mounts(&self, _: &App) -> partitura::Result<Vec<Mount>> {
        let router = axum_router();
        let what: Box<dyn std::any::Any + Send> = if self.2 { Box::new(router) } else { Box::new(1) };
        Ok(vec![Mount { onto: self.0, path: self.1.to_owned(), what }])
    }

    fn start<'a>(&'a self, _: &'a App) -> BoxFuture<'a, partitura::Result<String>> {
        Box::pin(async { Ok("hook".to_owned()) })
    }

    fn drain(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn stop(&self) -> BoxFuture<'_, partitura::Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

fn axum_router() -> partitura::http::axum::Router {
    use partitura::http::axum::{Extension, Router, routing::get};
    let who = |Extension(identity): Extension<Identity>| async move { identity.subject.unwrap_or("nobody".to_owned()) };
    Router::new().route("/", get(who)).route("/below", get(|| async { "below" }))
}

async fn hung(set: &[&str], own: Vec<Arc<dyn Entrypoint>>) -> String {
    let app = app(set).await;
    let done = host::serve(&app, &own, &[], |_| {}, async {}).await;
    done.map_or_else(|error| format!("{error:?}"), |()| "served".to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_hung_there_is_told_before_anything_opens() {
    let hook = |onto, path, is_router| -> Vec<Arc<dyn Entrypoint>> {
        vec![Arc::new(Http::new()), Arc::new(Hook(onto, path, is_router))]
    };
    let on = ["http.enabled=true", "http.port=0"];
    assert_eq!(hung(&on, hook("http", "/hook", true)).await, "served");
    for (told, set, own) in [
        (&["PT0482", "`hook`", "`http` is off"][..], &["http.enabled=false"][..], hook("http", "/hook", true)),
        (&["PT0482", "`hook`", "no entrypoint `ftp`"], &on, hook("ftp", "/hook", true)),
        (&["PT0482", "nothing can be hung"], &on, hook("hook", "/hook", true)),
        (&["PT0482", "no `axum::Router`"], &on, hook("http", "/hook", false)),
        (&["PT0483", "`/hook/`"], &on, hook("http", "/hook/", true)),
        (&["PT0483", "`{x}`"], &on, hook("http", "{x}", true)),
        (&["PT0483", "`/health/live` of the server"], &on, hook("http", "/health", true)),
        (
            &["PT0483", "by their name"],
            &["http.enabled=true", "http.port=0", "http.messages=true"],
            hook("http", "/messages", true),
        ),
    ] {
        let got = hung(set, own).await;
        assert!(told.iter().all(|told| got.contains(told)), "{told:?}: {got}");
    }
    let route = ["http.enabled=true", "http.port=0", "http.routes.\"tools.Sum\"=\"POST /hook/sum\""];
    let got = hung(&route, hook("http", "/hook", true)).await;
    assert!(got.contains("PT0483") && got.contains("POST /hook/sum") && got.contains("`hook`"), "{got}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hung_there_knows_who_calls() {
    let app = app(&ON).await;
    let (ready, told) = oneshot::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let own: Vec<Arc<dyn Entrypoint>> = vec![Arc::new(Http::new()), Arc::new(Hook("http", "/hook", true))];
    let serving = async {
        let ready = |opened: &[host::Opened]| drop(ready.send(opened[0].address().to_owned()));
        host::serve(&app, &own, &[], ready, async { drop(stopped.await) }).await.unwrap();
    };
    let asking = async {
        let address = told.await.unwrap().trim_start_matches("http://").to_owned();
        let running = Running { address, stop: None, served: tokio::spawn(async { Ok(()) }) };
        let (_, answer) = running.send_to("GET", "/hook", &[("x-api-key", "key-of-bo-0123456789")], "").await;
        assert!(answer.ends_with("bo"), "{answer}");
        assert!(running.send_to("GET", "/hook", &[], "").await.1.ends_with("nobody"));
        assert!(running.send_to("GET", "/hook/below", &[], "").await.1.ends_with("below"));
        assert_eq!(running.send_to("GET", "/hook", &[("x-api-key", "nobody's")], "").await.0, 401);
        assert_eq!(running.send_to("GET", "/hook/nowhere", &[], "").await.0, 404);
        drop(stop);
    };
    tokio::join!(serving, asking);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_off_unless_it_is_configured() {
    for (set, is_on) in [
        (&[][..], false),
        (&["mcp.stdio.subject=bo", "mcp.path=/agents"], false),
        (&["mcp.enabled=false"], false),
        (&["mcp.enabled=true"], true),
    ] {
        assert_eq!(Mcp::new().is_enabled(&app(set).await), is_on, "{set:?}");
    }
    let app = app(&["http.enabled=true", "http.port=0"]).await;
    let own: Vec<Arc<dyn Entrypoint>> = vec![Arc::new(Http::new()), Arc::new(Mcp::new())];
    let mut seen = 0;
    host::serve(&app, &own, &[], |opened| seen = opened.len(), async {}).await.unwrap();
    assert_eq!(seen, 1, "http alone");
}
