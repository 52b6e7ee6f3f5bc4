//! Limits, CORS, compression, names of requests, the log: in process.

use std::io::{Read, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use partitura::http::Client;
use partitura::http::axum::http::Method;
use partitura::prelude::*;
use serde_json::{Value, json};

use crate::app;

async fn client(settings: &[&str]) -> Client {
    app(settings).await.http().unwrap()
}

async fn refused(settings: &[&str]) -> Vec<String> {
    let error = app(settings).await.http().map(|_| ()).unwrap_err();
    assert_eq!(error.code(), "PT0410", "{error}");
    error.failures().iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn mistakes_of_the_configuration_are_told_all_at_once() {
    let told = refused(&[
        "http.limits.routes.\"POST /order\".rate = \"1/s\"",
        "http.limits.routes.\"server.PlaceOrdr\".concurrency = 0",
        "http.limits.routes.\"POST /orders\".timeout = \"0s\"",
        "http.trusted_proxies = [\"10.0.0.0/40\"]",
        "http.cors.origins = [\"*\", \"https://a.example/path\"]",
        "http.cors.credentials = true",
        "http.cors.headers = [\"a b\"]",
        "http.max_header_bytes = 10",
        "http.routes.\"server.Eco\" = false",
    ])
    .await;
    let all = told.join("\n");
    for part in [
        "http.limits.routes.\"POST /orders\".timeout: 0s lets nothing through",
        "http.trusted_proxies[0]: `10.0.0.0/40` is no address and no network",
        "http.cors.credentials: with `origins = [\"*\"]` every page",
        "http.cors.origins[1]: `https://a.example/path` is no origin",
        "http.cors.headers[0]: `a b` is no name of a header",
        "http.max_header_bytes: 10 is too few",
        "concurrency: 0 lets nothing through",
        "no message is named `server.Eco`; did you mean `server.Echo`?",
    ] {
        assert!(all.contains(part), "{part} is not in\n{all}");
    }
    let told = refused(&[
        "http.limits.routes.\"POST /order\".rate = \"1/s\"",
        "http.limits.routes.\"server.PlaceOrdr\".rate = \"1/s\"",
    ])
    .await
    .join("\n");
    assert!(told.contains("no route is `POST /order`, and none leads to it; did you mean `POST /orders`?"), "{told}");
    assert!(told.contains("did you mean `server.PlaceOrder`?"), "{told}");
}

/// A folder with this `partitura.toml`.
fn configured(text: &str) -> (String, partitura::config::Config) {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let folder = std::env::temp_dir().join(format!("partitura-layers-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("partitura.toml"), text).unwrap();
    let config =
        crate::Shop::BLUEPRINT.loader().environment(Vec::<(String, String)>::new()).directory(&folder).load().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    (format!("{}/", folder.display()), config)
}

#[tokio::test]
async fn a_drain_that_leaves_nothing_of_the_stop_is_refused_with_both_values_and_their_places() {
    use partitura::Entrypoint;
    let http = partitura::http::Http::new();
    let (folder, config) = configured("[runtime]\nstop_timeout = '10s'\n\n[http]\nport = 0\ndrain_delay = '20s'\n");
    let error = http.check(crate::Shop::BLUEPRINT, &config).unwrap_err();
    let told = "the section `http` of the configuration cannot be served\n  http.drain_delay: 20s leaves nothing of \
                `runtime.stop_timeout`, 10s (partitura.toml:2:16), for what runs at a stop: make the delay shorter, or that longer \
                (partitura.toml:6:15)";
    assert_eq!((error.code(), error.to_string().replace(&folder, "").as_str()), ("PT0410", told));
    // The start says the same, and so does what is nested into somebody's own server.
    let app = crate::Shop::builder().config(config).build().await.unwrap();
    assert_eq!(http.start(&app).await.unwrap_err().to_string(), error.to_string());
    assert_eq!(app.router().map(|_| ()).unwrap_err().to_string(), error.to_string());
    for (delay, is_right) in [("9s", true), ("10s", false), ("0s", true)] {
        let (_folder, config) = configured(&format!("http.drain_delay = '{delay}'"));
        assert_eq!(http.check(crate::Shop::BLUEPRINT, &config).is_ok(), is_right, "{delay}");
    }
    let (_folder, config) = configured("http.drain_delay = '20s'\nhttp.enabled = false");
    assert!(http.check(crate::Shop::BLUEPRINT, &config).is_ok(), "it is off");
}

#[tokio::test]
async fn what_is_wrong_with_routes_limits_and_credentials_is_told_before_anything_is_built() {
    use partitura::Entrypoint;
    let check = |text: &str| {
        let (folder, config) = configured(text);
        let error = partitura::http::Http::new().check(crate::Shop::BLUEPRINT, &config).unwrap_err();
        error.to_string().replace(&folder, "")
    };
    let told = check("[http]\nmax_headers = 0\ntrusted_proxies = ['::1', 'x']\nroutes.'server.Eco' = false");
    for part in [
        "http.max_headers: 0 is too few: at least 1 (partitura.toml:2:15)",
        "http.trusted_proxies[1]: `x` is no address and no network",
        "(partitura.toml:3:19)",
        "did you mean `server.Echo`? (partitura.toml:4:23)",
    ] {
        assert!(told.contains(part), "{part} is not in\n{told}");
    }
    let told = check("auth.max_header = 1");
    assert!(told.contains("must be between 256 and 65536 bytes (partitura.toml:1:19)"), "{told}");
}

#[tokio::test]
async fn keys_that_are_unknown_are_refused() {
    for (setting, part) in [
        ("http.limits.ratee = \"1/s\"", "did you mean `rate`?"),
        ("http.limits.rate = \"1/w\"", "`1/w` is no rate"),
        ("http.limits.routes.\"POST /orders\".timout = \"1s\"", "did you mean `timeout`?"),
        ("http.cors.origin = []", "did you mean `origins`?"),
        ("http.forwarded_header = \"via\"", "forwarded"),
    ] {
        let config = crate::Shop::BLUEPRINT.loader().hermetic().set(setting).load().unwrap();
        let error = crate::Shop::builder().config(config).build().await.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains(part), "{setting}: {error}");
    }
}

#[tokio::test]
async fn a_route_has_its_own_limit_of_size_and_time() {
    let http = client(&[
        "http.limits.routes.\"POST /orders\".max_body = 100",
        "http.limits.routes.\"server.Work\".timeout = \"20ms\"",
        "http.limits.routes.\"GET /count/{to}\".timeout = \"60ms\"",
    ])
    .await;
    let large = http.post("/orders").json(&json!({ "name": "x".repeat(200) })).send().await;
    assert_eq!(large.status, 413, "{}", large.text());
    let elsewhere = http.post("/work").json(&json!({ "mss": "x".repeat(200) })).send().await;
    assert_eq!(elsewhere.status, 400);
    let late = http.post("/work").json(&json!({ "ms": 5_000 })).send().await;
    assert_eq!(late.status, 504, "{}", late.text());
    let cut = http.get("/count/1000?ms=10").send().await;
    assert_eq!(cut.status, 200);
    assert!(cut.text().contains("\"status\":504"), "{}", cut.text());
}

#[tokio::test]
async fn json_that_is_said_to_be_a_form_is_told_as_such() {
    let http = client(&[]).await;
    let answer = http.post("/orders").body("application/x-www-form-urlencoded", "{\"name\":\"tea\"}").send().await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("send `content-type: application/json`"), "{}", answer.text());
}

#[tokio::test]
async fn a_rate_is_counted_for_each_caller_and_route() {
    let http = client(&["http.limits.routes.\"GET /orders/{id}\".rate = \"2/h\"", "http.limits.rate = \"4/h\""]).await;
    let ada = http.clone().from_address("192.0.2.1".parse().unwrap());
    for _ in 0..2 {
        assert_eq!(ada.get("/orders/1").send().await.status, 200);
    }
    let more = ada.get("/orders/2").send().await;
    assert_eq!((more.status.as_u16(), more.header("content-type")), (429, "application/problem+json"));
    let wait: u64 = more.header("retry-after").parse().unwrap();
    assert!((1_790..=1_800).contains(&wait), "{wait}");
    let bob = http.from_address("192.0.2.2".parse().unwrap());
    assert_eq!(bob.get("/orders/1").send().await.status, 200);
    // The one that was refused has cost of the rate of all, too: 3 of 4.
    assert_eq!(ada.get("/counts").send().await.status, 200);
    let all = ada.get("/counts").send().await;
    assert_eq!(all.status, 429);
    assert_eq!(ada.get("/health/live").send().await.status, 200, "no route of the application");
}

#[tokio::test]
async fn a_rate_counts_the_client_behind_a_trusted_proxy() {
    let settings = ["http.trusted_proxies = [\"10.0.0.1\"]", "http.limits.rate = \"1/h\""];
    let http = client(&settings).await;
    let proxy = http.clone().from_address("10.0.0.1".parse().unwrap());
    for client in ["198.51.100.1", "198.51.100.2"] {
        assert_eq!(proxy.get("/counts").header("x-forwarded-for", client).send().await.status, 200);
        assert_eq!(proxy.get("/counts").header("x-forwarded-for", client).send().await.status, 429);
    }
    let stranger = http.from_address("203.0.113.1".parse().unwrap());
    assert_eq!(stranger.get("/counts").header("x-forwarded-for", "198.51.100.3").send().await.status, 200);
    assert_eq!(stranger.get("/counts").header("x-forwarded-for", "198.51.100.4").send().await.status, 429);
}

#[tokio::test]
async fn so_many_run_and_so_many_wait() {
    let http = client(&[
        "http.limits.routes.\"POST /work\".concurrency = 1",
        "http.limits.queue = 1",
        "http.limits.queue_timeout = \"10s\"",
    ])
    .await;
    let work = |ms: u64| http.post("/work").json(&json!({ "ms": ms })).send();
    let (one, two, three) = tokio::join!(work(100), work(100), work(100));
    let mut statuses = [one, two, three].map(|answer| {
        assert!(answer.status != 503 || answer.header("retry-after") == "1");
        answer.status.as_u16()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 503]);
    assert_eq!(work(1).await.status, 200, "the places are free again");
}

#[tokio::test]
async fn a_stream_keeps_its_place_until_it_is_over() {
    let http = client(&["http.limits.routes.\"server.Count\".concurrency = 1", "http.limits.queue = 0"]).await;
    let (status, _, body) = http.get("/count/1000000?ms=1").open().await;
    assert_eq!(status, 200);
    assert_eq!(http.get("/count/1").send().await.status, 503);
    drop(body);
    assert_eq!(http.get("/count/1").send().await.status, 200);
}

#[tokio::test]
async fn every_request_has_a_name() {
    let http = client(&[]).await;
    let long = "x".repeat(129);
    for (given, kept) in [("abc-1", true), ("a b", false), (long.as_str(), false), ("", false)] {
        let answer = http.get("/nothing").header("x-request-id", given).send().await;
        let name = answer.header("x-request-id");
        assert_eq!(name == given, kept, "{given}: {name}");
        assert!(kept || name.len() == 32, "{name}");
    }
    for path in ["/counts", "/health/live", "/orders/x"] {
        let answer = http.get(path).send().await;
        assert_eq!(answer.header("x-request-id").len(), 32, "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    }
}

#[tokio::test]
async fn pages_of_other_origins_may_what_the_configuration_says() {
    let off = client(&[]).await;
    let answer = off.get("/counts").header("origin", "https://a.example").send().await;
    assert_eq!(answer.header("access-control-allow-origin"), "");

    let settings =
        ["http.cors.origins = [\"https://a.example\"]", "http.cors.credentials = true", "http.cors.max_age = \"1m\""];
    let http = client(&settings).await;
    let ask = |origin: &'static str| {
        let request = http.request(Method::OPTIONS, "/orders").header("origin", origin);
        request.header("access-control-request-method", "POST").header("access-control-request-headers", "x-own").send()
    };
    let allowed = ask("https://a.example").await;
    assert_eq!((allowed.status.as_u16(), allowed.header("access-control-allow-origin")), (204, "https://a.example"));
    assert_eq!(allowed.header("access-control-allow-credentials"), "true");
    assert_eq!(allowed.header("access-control-allow-headers"), "x-own");
    assert_eq!(allowed.header("access-control-max-age"), "60");
    assert!(allowed.header("access-control-allow-methods").contains("POST"));
    let refused = ask("https://b.example").await;
    for name in ["access-control-allow-origin", "access-control-allow-methods", "access-control-allow-credentials"] {
        assert_eq!(refused.header(name), "", "{name}");
    }
    let answer = http.get("/counts").header("origin", "https://a.example").send().await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://a.example");
    assert!(answer.header("access-control-expose-headers").contains("x-request-id"));
    let failed = http.get("/nothing").header("origin", "https://a.example").send().await;
    assert_eq!((failed.status.as_u16(), failed.header("access-control-allow-origin")), (404, "https://a.example"));
    let other = http.get("/counts").header("origin", "https://b.example").send().await;
    assert_eq!(other.header("access-control-allow-origin"), "");
    assert!(other.headers.get_all("vary").iter().any(|value| value == "origin"));
    // OPTIONS that is no browser's question is answered as ever.
    let options = http.request(Method::OPTIONS, "/orders").header("origin", "https://a.example").send().await;
    assert_eq!(options.header("allow"), "POST, OPTIONS");

    let any = client(&["http.cors.origins = [\"*\"]"]).await;
    let answer = any.get("/counts").header("origin", "https://b.example").send().await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn text_goes_in_gzip_to_who_takes_it() {
    let http = client(&[]).await;
    let plain = http.get("/large/5000").send().await;
    assert_eq!((plain.header("content-encoding"), plain.body.len()), ("", 5_002));
    for (takes, packed) in [
        ("gzip", true),
        ("br, GZIP;q=0.5", true),
        ("*", true),
        ("gzip;q=0", false),
        ("gzip;q=0, *", false),
        ("br", false),
    ] {
        let answer = http.get("/large/200000").header("accept-encoding", takes).send().await;
        assert_eq!(answer.header("content-encoding") == "gzip", packed, "{takes}");
        assert!(answer.headers.get_all("vary").iter().any(|value| value == "accept-encoding"));
        if packed {
            let mut text = String::new();
            flate2::read::GzDecoder::new(&answer.body[..]).read_to_string(&mut text).unwrap();
            assert!(text.len() == 200_002 && answer.body.len() < 5_000, "{}", answer.body.len());
        }
    }
    for path in ["/large/10", "/count/1000", "/health/live"] {
        let answer = http.get(path).header("accept-encoding", "gzip").send().await;
        assert_eq!(answer.header("content-encoding"), "", "{path}");
    }
    let events = http.get("/count/1000").header("accept", "text/event-stream").header("accept-encoding", "gzip");
    assert_eq!(events.send().await.header("content-encoding"), "");
    let off = client(&["http.compression = false"]).await;
    let answer = off.get("/large/5000").header("accept-encoding", "gzip").send().await;
    assert_eq!((answer.header("content-encoding"), answer.header("vary")), ("", ""));
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn each_request_is_a_line_of_the_log_without_secrets() {
    let lines = Lines::default();
    let config = partitura_runtime::telemetry::LogConfig {
        format: partitura_runtime::telemetry::Format::Json,
        ..Default::default()
    };
    let writer = lines.clone();
    let subscriber = partitura_runtime::telemetry::log::subscriber(&config, move || writer.clone());
    // With a single subscriber tracing asks the thread that comes to a line first whether it is wanted: that may be one of
    // another test, which wants nothing. With two it asks both.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    // One thread: the subscriber is of this one.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let http = client(&[]).await.from_address("192.0.2.1".parse().unwrap()).with("user-agent", "curl/8");
            let shown = http.get("/orders/7?verbose=true&token=s3cret").header("authorization", "Bearer s3cret");
            shown.header("x-request-id", "r-1").header("cookie", "s3cret").send().await;
            http.get("/orders/7?verbose=true").header("x-request-id", "r-2").send().await;
            http.get("/nowhere?key=s3cret").header("x-request-id", "r-3").send().await;
            http.post("/break").header("x-request-id", "r-4").json(&json!({})).send().await;
            http.get("/health/live").header("x-request-id", "r-5").send().await;
            let gone = http.post("/work").header("x-request-id", "r-6").json(&json!({ "ms": 60_000 })).send();
            let _ = tokio::time::timeout(Duration::from_millis(50), gone).await;
            let off = client(&["http.access_log = false"]).await;
            off.get("/counts").header("x-request-id", "r-7").send().await;
        });
    });
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(!text.contains("s3cret"), "{text}");
    let told: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["target"] == "partitura::http" && line["message"] == "request")
        .map(|line| line["fields"].clone())
        .collect();
    let brief: Vec<_> = told.iter().map(|line| json!([line["request_id"], line["path"], line["status"]])).collect();
    let expected = json!([
        ["r-1", "/orders/{id}", 400],
        ["r-2", "/orders/{id}", 200],
        ["r-3", "/nowhere", 404],
        ["r-4", "/break", 500],
        ["r-6", "/work", 499],
    ]);
    assert_eq!(json!(brief), expected, "{text}");
    let line = &told[1];
    assert_eq!(
        (&line["method"], &line["client"], &line["agent"]),
        (&json!("GET"), &json!("192.0.2.1"), &json!("curl/8"))
    );
    assert!(line["bytes"].as_u64().unwrap() > 10 && line["ms"].is_f64(), "{line}");
    assert_eq!(line["trace_id"].as_str().unwrap().len(), 32);
    // What is logged while a request runs has its name.
    let failed = text.lines().find(|line| line.contains("a message failed") || line.contains("panicked")).unwrap();
    assert!(failed.contains("r-4"), "{failed}");
}

#[tokio::test]
async fn messages_go_by_their_name_if_that_is_open() {
    let closed = client(&[]).await;
    assert_eq!(closed.post("/messages/server.Echo").json(&json!({ "text": "a" })).send().await.status, 404);
    let http = client(&[
        "http.messages = true",
        "http.prefix = \"/api\"",
        "http.limits.routes.\"server.Echo\".rate = \"3/h\"",
    ])
    .await;
    let send = |name: &str, body: Value| http.post(format!("/api/messages/{name}")).json(&body).send();
    let echo = send("server.Echo", json!({ "text": "a" })).await;
    assert_eq!((echo.status.as_u16(), echo.text().as_str()), (200, "\"a\""));
    assert_eq!(send("server.Echo%401", json!({ "text": "a" })).await.status, 200);
    let wrong = send("server.Echo", json!({ "txt": "a" })).await;
    assert_eq!((wrong.status.as_u16(), wrong.header("content-type")), (400, "application/problem+json"));
    assert_eq!(send("server.Echo", json!({ "text": "a" })).await.status, 429);
    let near = send("server.Ecko", json!({})).await;
    assert_eq!(near.status, 404);
    assert!(near.text().contains("server.Echo"), "{}", near.text());
    assert_eq!(send("server.Echo@9", json!({})).await.status, 404);
    assert_eq!(send("server.Hidden", json!({})).await.status, 404);
    assert_eq!(send("server.PlaceOrder", json!({ "name": "" })).await.status, 422);
    let items = http.post("/api/messages/server.Count").header("accept", "text/event-stream").json(&json!({ "to": 2 }));
    assert_eq!(items.send().await.text(), "id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n");
    let read = http.get("/api/messages/server.Echo").send().await;
    assert_eq!((read.status.as_u16(), read.header("allow")), (405, "POST, OPTIONS"));
}

#[tokio::test]
async fn routes_that_a_router_cannot_tell_apart_are_refused_and_do_not_panic() {
    let http = client(&["http.routes.\"server.Echo\" = [\"GET /a/:text\", \"GET /tree/{*text}\"]"]).await;
    assert_eq!(http.get("/tree/a/b%2Fc").send().await.text(), "\"a/b/c\"");
    let told = refused(&["http.routes.\"server.Echo\" = \"POST /orders/{text}\""]).await;
    assert!(told[0].contains("one path has two names for a field"), "{told:?}");
    for route in ["GET /x{text}y{times}", "GET /{*text}/x", "GET /a/{", "GET /}"] {
        let told = refused(&[&format!("http.routes.\"server.Echo\" = \"{route}\"")]).await;
        assert!(told[0].contains("cannot be served") || told[0].contains("is no field"), "{route}: {told:?}");
    }
    let told = refused(&["http.messages = true", "http.routes.\"server.Echo\" = \"POST /messages/{text}\""]).await;
    assert!(told[0].contains("is where messages go by their name"), "{told:?}");
    let own = client(&["http.routes.\"server.Counts\" = \"GET /health/live\""]).await;
    assert_eq!(own.get("/health/live").send().await.text(), "[0,0,0]");
}

#[tokio::test]
async fn a_slash_too_many_leads_to_this_host_alone() {
    let http = client(&["http.routes.\"server.Echo\" = \"GET /{text}\""]).await;
    let moved = http.get("/a/?x=1").send().await;
    assert_eq!((moved.status.as_u16(), moved.header("location")), (308, "/a?x=1"));
    for path in ["/\\evil.example/", "//evil.example/", "///"] {
        assert_eq!(http.get(path).send().await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_rate_is_of_the_subject_and_who_guesses_is_counted_by_address() {
    let http = client(&[
        "http.limits.rate = \"2/h\"",
        "auth.api_key.ops.keys.main.key = \"secret-of-ops-0123456789\"",
        "auth.api_key.ops.keys.main.subject = \"ops\"",
    ])
    .await;
    let from = |address: &str| http.clone().from_address(address.parse().unwrap());
    let ask = |http: &Client, key: &'static str| http.get("/counts").header("x-api-key", key).send();
    let guess = from("192.0.2.9");
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(ask(&guess, "a-wrong-key-0123456789").await.status.as_u16());
    }
    assert_eq!(statuses, [401, 401, 429]);
    // One subject from three addresses, one of which has guessed.
    let mut statuses = Vec::new();
    for address in ["192.0.2.9", "192.0.2.1", "192.0.2.2"] {
        statuses.push(ask(&from(address), "secret-of-ops-0123456789").await.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 429]);
}
