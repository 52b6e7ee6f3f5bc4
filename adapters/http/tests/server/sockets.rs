//! Bad clients and good ones, over real sockets, with bytes written by hand.

use std::net::SocketAddr;
use std::time::Duration;

use partitura::App;
use partitura::http::Http;
use partitura_runtime::entrypoint::Entrypoint;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A server, and the application behind it.
struct Running {
    app: App,
    http: Http,
    address: SocketAddr,
}

impl Running {
    async fn start(settings: &[&str]) -> Running {
        let mut all = vec!["http.port = 0", "http.access_log = false"];
        all.extend(settings);
        let app = crate::app(&all).await;
        let http = Http::new();
        let address = http.start(&app).await.unwrap();
        let address = address.strip_prefix("http://").unwrap().parse().unwrap();
        Running { app, http, address }
    }

    async fn open(&self) -> Wire {
        Wire(TcpStream::connect(self.address).await.unwrap())
    }

    /// Sends bytes, and reads until the server closes.
    async fn all(&self, bytes: impl AsRef<[u8]>) -> String {
        let mut wire = self.open().await;
        wire.send(bytes).await;
        wire.rest().await
    }

    /// How many handlers were begun, finished and dropped.
    async fn counts(&self) -> [usize; 3] {
        let answer = partitura::http::HttpApp::http(&self.app).unwrap().get("/counts").send().await;
        answer.json().unwrap()
    }

    /// Waits until the counts are these.
    async fn until(&self, counts: [usize; 3]) {
        for _ in 0..500 {
            if self.counts().await == counts {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("it is {:?} and not {counts:?}", self.counts().await);
    }

    async fn is_alive(&self) {
        let answer = self.all("GET /health/live HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

struct Wire(TcpStream);

impl Wire {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        // The server may have closed already.
        let _ = self.0.write_all(bytes.as_ref()).await;
    }

    /// Until the server closes.
    async fn rest(&mut self) -> String {
        let mut all = Vec::new();
        let read = self.0.read_to_end(&mut all);
        // A reset is an end, too.
        let _ = tokio::time::timeout(Duration::from_secs(10), read).await.expect("the server closes");
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Until `part` has come.
    async fn until(&mut self, part: &str) -> String {
        let mut all = Vec::new();
        let read = async {
            loop {
                let text = String::from_utf8_lossy(&all).into_owned();
                if text.contains(part) {
                    return text;
                }
                let mut buffer = [0; 4096];
                match self.0.read(&mut buffer).await {
                    Ok(count) if count > 0 => all.extend_from_slice(&buffer[..count]),
                    _ => panic!("it ended before `{part}`: {text}"),
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), read).await.unwrap_or_else(|_| panic!("`{part}` did not come"))
    }
}

fn post(path: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

fn closing(path: &str, head: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{head}\r\n{body}")
}

fn status(answer: &str) -> u16 {
    answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn requests_in_a_row_are_answered_in_a_row() {
    let server = Running::start(&[]).await;
    let mut wire = server.open().await;
    let first = post("/orders", "{\"name\":\"a\"}");
    wire.send(format!("{first}{first}GET /orders/9 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")).await;
    let all = wire.rest().await;
    let ids: Vec<&str> = all.matches("\"id\":").collect();
    assert_eq!(
        (all.matches("HTTP/1.1 201").count(), all.matches("HTTP/1.1 200").count(), ids.len()),
        (2, 1, 3),
        "{all}"
    );
    assert!(all.find("\"id\":1").unwrap() < all.find("\"id\":2").unwrap());
}

#[tokio::test]
async fn chunks_are_read_and_broken_ones_refused() {
    let server = Running::start(&[]).await;
    let chunked = |body: &str| closing("/orders", "transfer-encoding: chunked\r\n", body);
    let good = server.all(chunked("4\r\n{\"na\r\n7;x=y\r\nme\":\"a\"\r\n1\r\n}\r\n0\r\nx-trailer: 1\r\n\r\n")).await;
    assert_eq!(status(&good), 201, "{good}");
    for broken in
        ["zz\r\n{}\r\n0\r\n\r\n", "-1\r\n{}\r\n", "ffffffffffffffffff\r\n{}", "2\r\n{}x\r\n0\r\n\r\n", "2\n{}\n0\n\n"]
    {
        let answer = server.all(chunked(broken)).await;
        assert!([400, 0].contains(&status(&answer)), "{broken:?}: {answer}");
        assert_eq!(answer.matches("HTTP/1.1 ").count(), usize::from(status(&answer) != 0), "{broken:?}: {answer}");
    }
    let huge = server.all(chunked(&format!("400000\r\n{}", "x".repeat(0x400000)))).await;
    assert_eq!(status(&huge), 413, "{huge}");
    server.is_alive().await;
}

#[tokio::test]
async fn a_length_that_lies_does_no_harm() {
    let server = Running::start(&["http.body_timeout = \"100ms\""]).await;
    // Both lengths: either the one that cannot be smuggled by, and then the end of the connection, or a refusal.
    let both = server.all("POST /orders HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /orders/1 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    assert!(!both.contains("\"id\":1"), "a request was smuggled: {both}");
    assert_eq!(both.matches("HTTP/1.1").count(), 1, "{both}");
    for lengths in [
        "content-length: 3\r\ncontent-length: 4\r\n",
        "content-length: -1\r\n",
        "content-length: 1x\r\n",
        "content-length: 99999999999999999999999\r\n",
        "content-length: +2\r\n",
    ] {
        let answer = server.all(closing("/orders", lengths, "{}")).await;
        assert_eq!(status(&answer), 400, "{lengths}: {answer}");
    }
    let long = server.all(closing("/orders", "content-length: 1000\r\n", "{}")).await;
    assert_eq!(status(&long), 408, "{long}");
    assert!(long.contains("application/problem+json"));
    let beyond = server.all(closing("/orders", "content-length: 9999999999\r\n", "")).await;
    assert_eq!(status(&beyond), 413, "{beyond}");
    let short =
        server.all(closing("/orders", "content-length: 2\r\n", "{}GET /orders/1 HTTP/1.1\r\nhost: a\r\n\r\n")).await;
    assert_eq!((status(&short), short.matches("HTTP/1.1").count()), (400, 1), "{short}");
    server.is_alive().await;
}

#[tokio::test]
async fn slow_heads_slow_bodies_and_silence_are_closed() {
    let server = Running::start(&[
        "http.header_timeout = \"200ms\"",
        "http.body_timeout = \"200ms\"",
        "http.idle_timeout = \"300ms\"",
    ])
    .await;
    let dripping = async |first: &str, drop: &str| {
        let mut wire = server.open().await;
        wire.send(first).await;
        let began = tokio::time::Instant::now();
        let mut answer = Vec::new();
        loop {
            wire.send(drop).await;
            let mut buffer = [0; 1024];
            match tokio::time::timeout(Duration::from_millis(50), wire.0.read(&mut buffer)).await {
                Ok(Ok(count)) if count > 0 => answer.extend_from_slice(&buffer[..count]),
                Ok(_) => return String::from_utf8_lossy(&answer).into_owned(),
                Err(_) => assert!(began.elapsed() < Duration::from_secs(3), "`{first}` is still open"),
            }
        }
    };
    dripping("GET / HTTP/1.1\r\n", "x-a: b\r\n").await;
    // What may be the beginning of HTTP/2, and nothing at all.
    dripping("PRI", "").await;
    dripping("", "").await;
    let body = dripping("POST /orders HTTP/1.1\r\nhost: a\r\ncontent-length: 100000\r\n\r\n", "x").await;
    assert_eq!(status(&body), 408, "{body}");
    dripping("GET /counts HTTP/1.1\r\nhost: a\r\n\r\n", "").await;
    // A connection of HTTP/2 that never asks for anything.
    dripping("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "").await;
    assert_eq!(server.counts().await, [0, 0, 0]);
}

#[tokio::test]
async fn a_request_that_runs_is_not_idle() {
    let server = Running::start(&["http.header_timeout = \"100ms\"", "http.idle_timeout = \"100ms\""]).await;
    let mut wire = server.open().await;
    wire.send(post("/work", "{\"ms\":700}")).await;
    wire.until("done").await;
    let mut wire = server.open().await;
    wire.send("GET /count/8?ms=100 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    wire.until("8\n").await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_is_closed() {
    let server = Running::start(&["http.write_timeout = \"200ms\"", "http.max_connections = 1"]).await;
    let mut wire = server.open().await;
    wire.send("GET /large/60000000 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    // It has the one place, and leaves it to the next only when it is closed.
    server.is_alive().await;
}

#[tokio::test]
async fn a_client_that_goes_away_cancels_its_handler_and_its_stream() {
    let server = Running::start(&[]).await;
    let mut wire = server.open().await;
    wire.send(post("/work", "{\"ms\":60000}")).await;
    server.until([1, 0, 0]).await;
    drop(wire);
    server.until([1, 0, 1]).await;
    let mut wire = server.open().await;
    wire.send("GET /count/100000?ms=5 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    wire.until("3\n").await;
    assert_eq!(server.counts().await, [2, 0, 1]);
    drop(wire);
    server.until([2, 0, 2]).await;
}

/// What the process has in memory, in KiB; 0 where nobody says.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0)
}

#[tokio::test]
async fn connections_are_bounded_and_the_next_one_waits() {
    // By hand: `PARTITURA_IDLE=9500 PARTITURA_PLACES=9000 cargo test .. connections_are_bounded`, with `ulimit -n 20000`.
    let number = |name, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let (many, places): (usize, usize) = (number("PARTITURA_IDLE", 300), number("PARTITURA_PLACES", 50));
    let most = format!("http.max_connections = {places}");
    let memory = resident();
    let server = Running::start(&[&most, "http.idle_timeout = \"60s\"", "http.header_timeout = \"60s\""]).await;
    let mut idle = Vec::new();
    // What the kernel's queue does not take, waits there for its turn.
    while idle.len() < many
        && let Ok(Ok(socket)) =
            tokio::time::timeout(Duration::from_millis(500), TcpStream::connect(server.address)).await
    {
        idle.push(socket);
    }
    assert!(idle.len() > places, "{}", idle.len());
    println!(
        "{} connections opened, {places} places, {} KiB more in memory (both ends)",
        idle.len(),
        resident().saturating_sub(memory)
    );
    // The last of them waits for its place.
    let mut wire = Wire(idle.pop().unwrap());
    wire.send("GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let mut buffer = [0; 64];
    let early = tokio::time::timeout(Duration::from_millis(200), wire.0.read(&mut buffer)).await;
    assert!(early.is_err(), "it got a place beyond those that there are");
    drop(idle);
    wire.until("live").await;
}

#[tokio::test]
async fn a_drain_finishes_what_runs_and_takes_nothing_new() {
    let server = Running::start(&[]).await;
    let mut work = server.open().await;
    work.send(post("/work", "{\"ms\":500}")).await;
    let mut stream = server.open().await;
    stream.send("GET /count/10?ms=60 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    stream.until("2\n").await;
    let (mut idle, mut half) = (server.open().await, server.open().await);
    half.send("GET /counts HTTP/1.1\r\nhos").await;
    server.until([2, 0, 0]).await;
    let began = tokio::time::Instant::now();
    let (drained, worked, streamed, _, _) = tokio::join!(
        async {
            server.http.drain().await;
            began.elapsed()
        },
        work.rest(),
        stream.rest(),
        idle.rest(),
        half.rest(),
    );
    assert!(worked.ends_with("done\""), "{worked}");
    assert!(streamed.contains("10\n"), "{streamed}");
    assert!((Duration::from_millis(300)..Duration::from_secs(4)).contains(&drained), "{drained:?}");
    assert!(TcpStream::connect(server.address).await.is_err(), "it takes nothing new");
}

#[tokio::test]
async fn what_does_not_end_is_closed_by_the_stop() {
    let server = Running::start(&[]).await;
    let mut stream = server.open().await;
    stream.send("GET /count/1000000?ms=20 HTTP/1.1\r\nhost: a\r\n\r\n").await;
    stream.until("2\n").await;
    assert!(tokio::time::timeout(Duration::from_millis(200), server.http.drain()).await.is_err());
    server.http.stop().await.unwrap();
    stream.rest().await;
    server.until([1, 0, 1]).await;
}

#[tokio::test]
async fn readiness_ends_before_the_listener_does() {
    let server = Running::start(&["http.drain_delay = \"500ms\""]).await;
    let mut kept = server.open().await;
    let ready = "GET /health/ready HTTP/1.1\r\nhost: a\r\n\r\n";
    kept.send(ready).await;
    kept.until("ready").await;
    let drain = server.http.drain();
    let look = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        // On a connection that is open, and on a new one.
        kept.send(ready).await;
        let old = kept.until("stopping").await;
        let mut fresh = server.open().await;
        fresh.send(ready).await;
        let new = fresh.until("stopping").await;
        fresh.send(post("/work", "{}")).await;
        let worked = fresh.until("done").await;
        [status(&old), status(&new), status(&worked)]
    };
    let ((), statuses) = tokio::join!(drain, look);
    assert_eq!(statuses, [503, 503, 200]);
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn two_servers_share_nothing() {
    let (one, two) = (Running::start(&["http.limits.rate = \"1/h\""]).await, Running::start(&[]).await);
    let ask = "GET /counts HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    assert_eq!([status(&one.all(ask).await), status(&one.all(ask).await)], [200, 429]);
    assert_eq!([status(&two.all(ask).await), status(&two.all(ask).await)], [200, 200]);
    one.http.drain().await;
    two.is_alive().await;
}

#[tokio::test]
async fn heads_are_bounded_and_odd_addresses_do_no_harm() {
    let server = Running::start(&["http.routes.\"server.Echo\" = \"GET /echo/{text}\""]).await;
    let get = |target: &str, head: &str| format!("GET {target} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n{head}\r\n");
    for (what, request, expected) in [
        ("one huge header", get("/counts", &format!("x: {}\r\n", "a".repeat(100_000))), vec![431]),
        ("many headers", get("/counts", &"x: a\r\n".repeat(200)), vec![431]),
        ("a long address", get(&format!("/{}", "a".repeat(70_000)), ""), vec![414, 431]),
        ("an address within the limit", get(&format!("/{}", "a".repeat(30_000)), ""), vec![404]),
        ("an absolute one", get("http://other.example/counts", ""), vec![200]),
        ("a name of a host", get("counts", ""), vec![404]),
        ("nothing", get("", ""), vec![400]),
        ("zero", get("/echo/a%00b", ""), vec![200]),
        ("a slash in a segment", get("/echo/a%2Fb", ""), vec![200]),
        ("no UTF-8, encoded", get("/echo/%ff%fe", ""), vec![400]),
        ("half an escape", get("/echo/a%2", ""), vec![200]),
        ("no UTF-8 in the query", get("/echo/a?times=%ff", ""), vec![400]),
        ("dots", get("/echo/../counts", ""), vec![404]),
        ("a method of its own", get("/counts", "").replace("GET", "BREW"), vec![405]),
        ("HTTP/3.0", get("/counts", "").replace("HTTP/1.1", "HTTP/3.0"), vec![400]),
        ("a header without a name", get("/counts", ": x\r\n"), vec![400]),
        ("a folded header", get("/counts", "x: a\r\n b\r\n"), vec![400]),
        ("a header with a space", get("/counts", "x : a\r\n"), vec![400]),
        ("binary", "\0\u{1}\u{2}\r\n\r\n".to_owned(), vec![400]),
        ("TLS", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}".to_owned() + "\r\n\r\n", vec![400]),
        ("OPTIONS *", "OPTIONS * HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_owned(), vec![404]),
        ("CONNECT", "CONNECT a:80 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_owned(), vec![404, 405]),
    ] {
        let answer = server.all(&request).await;
        assert!(expected.contains(&status(&answer)), "{what}: {answer}");
    }
    let mut raw = b"GET /echo/\xff\xfe HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n".to_vec();
    let answer = server.all(&raw).await;
    assert_eq!(status(&answer), 400, "{answer}");
    raw = b"GET /counts HTTP/1.1\r\nhost: a\r\nx: \xff\xfe\r\nconnection: close\r\n\r\n".to_vec();
    assert_eq!(status(&server.all(&raw).await), 200);
    server.is_alive().await;
}

#[tokio::test]
async fn head_and_expect_are_answered_as_the_standard_says() {
    let server = Running::start(&[]).await;
    let head = server.all("HEAD /orders/4 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
    let (status_line, body) = (status(&head), head.split("\r\n\r\n").nth(1).unwrap());
    assert_eq!((status_line, body), (200, ""), "{head}");
    assert!(head.contains("etag: \"4\""), "{head}");
    let mut wire = server.open().await;
    wire.send("POST /orders HTTP/1.1\r\nhost: a\r\ncontent-length: 12\r\nexpect: 100-continue\r\n\r\n").await;
    wire.until("100 Continue\r\n\r\n").await;
    wire.send("{\"name\":\"a\"}").await;
    wire.until("\"id\":1").await;
    // Who would send too much is told before it does.
    let mut wire = server.open().await;
    wire.send("POST /orders HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999\r\nexpect: 100-continue\r\n\r\n").await;
    let answer = wire.until("problem+json").await;
    assert_eq!(status(&answer), 413, "{answer}");
}

#[tokio::test]
async fn a_panic_fails_its_request_alone() {
    let server = Running::start(&[]).await;
    let mut wire = server.open().await;
    wire.send(post("/break", "{}")).await;
    let answer = wire.until("}").await;
    assert_eq!(status(&answer), 500);
    assert!(!answer.contains("on purpose"), "{answer}");
    wire.send(post("/work", "{}")).await;
    wire.until("done").await;
}

/// A frame of HTTP/2 (RFC 9113, 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

#[tokio::test]
async fn streams_of_a_connection_are_bounded_and_rapid_resets_end_it() {
    let server = Running::start(&["http.max_streams = 3", "http.idle_timeout = \"500ms\""]).await;
    let preface = [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".as_slice(), &frame(4, 0, 0, &[])].concat();
    // `GET /count/100000?ms=5`, by names of the static table.
    let path = b"/count/100000?ms=5";
    let head = [&[0x82, 0x86, 0x04, path.len() as u8], path.as_slice(), &[0x41, 1, b'a']].concat();
    let mut wire = server.open().await;
    wire.send(&preface).await;
    for number in 0..10 {
        wire.send(frame(1, 5, number * 2 + 1, &head)).await;
    }
    server.until([3, 0, 0]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.counts().await, [3, 0, 0], "more than three at once");
    drop(wire);
    server.until([3, 0, 3]).await;
    // CVE-2023-44487: begin and take back, without end.
    let mut wire = server.open().await;
    wire.send(&preface).await;
    let mut flood = Vec::new();
    for number in 0..20_000 {
        flood.extend(frame(1, 5, number * 2 + 1, &head));
        flood.extend(frame(3, 0, number * 2 + 1, &8u32.to_be_bytes()));
    }
    let (mut read, mut write) = wire.0.split();
    let mut answer = Vec::new();
    let flood = async {
        let _ = write.write_all(&flood).await;
    };
    let both = futures_util::future::join(flood, read.read_to_end(&mut answer));
    let _ = tokio::time::timeout(Duration::from_secs(10), both).await.expect("the server closes");
    server.is_alive().await;
}

#[tokio::test]
async fn curl_speaks_both_versions() {
    let server = Running::start(&[]).await;
    let ask = |arguments: Vec<String>| async move {
        let asked = tokio::task::spawn_blocking(move || std::process::Command::new("curl").args(arguments).output());
        asked.await.unwrap().ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        let url = |path: &str| format!("http://{}{path}", server.address);
        let line = |more: &[&str], path: &str| {
            let mut all: Vec<String> =
                ["-s", version, "-w", " %{http_version} %{http_code}", "--max-time", "10"].map(str::to_owned).to_vec();
            all.extend(more.iter().map(|part| (*part).to_owned()));
            all.push(url(path));
            all
        };
        // A machine without curl shows nothing here.
        let Some(shown) = ask(line(&[], "/orders/5")).await else { return };
        if shown.is_empty() {
            continue;
        }
        let number = if version == "--http1.1" { "1.1" } else { "2" };
        assert!(shown.ends_with(&format!(" {number} 200")) && shown.contains("\"id\":5"), "{shown}");
        let placed = ask(line(&["--json", "{\"name\":\"a\"}"], "/orders")).await.unwrap();
        assert!(placed.ends_with("201"), "{placed}");
        let packed = ask(line(&["--compressed"], "/large/5000")).await.unwrap();
        assert!(packed.ends_with("200") && packed.contains(&"x".repeat(5_000)), "{}", packed.len());
        let counted = ask(line(&["-N"], "/count/5?ms=5")).await.unwrap();
        assert!(counted.starts_with("1\n2\n3\n4\n5\n"), "{counted}");
        let read: Value = serde_json::from_str(
            ask(line(&[], "/nothing")).await.unwrap().rsplit_once(" ").unwrap().0.rsplit_once(' ').unwrap().0,
        )
        .unwrap();
        assert_eq!(read["status"], json!(404));
    }
}
