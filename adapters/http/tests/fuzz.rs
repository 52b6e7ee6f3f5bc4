//! Requests that were made to break something. The generator is seeded, so that a case can be run again:
//!
//! ```text
//! PARTITURA_FUZZ_CASES=1000000 PARTITURA_FUZZ_SEED=1 cargo test --release -p partitura-http --test fuzz -- --nocapture
//! ```
//!
//! Whatever comes: no panic, no 500 (but from the handler that panics on purpose, which is not among the routes here), each error
//! a problem with a status of the table, and nothing that takes long or much memory.
#![expect(clippy::disallowed_methods, reason = "the clock of the test: its sockets are real")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use http_body_util::BodyExt;
use partitura::http::axum::body::Body;
use partitura::http::axum::http::{HeaderName, HeaderValue, Method};
use partitura::http::{Client, Http, HttpApp, Problem};
use partitura_runtime::entrypoint::Entrypoint;
use partitura_runtime::env::Env;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

mod support;

partitura::app! { pub Shop { modules: [] } }

/// Counts what is allocated, and the most that there was.
struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator with what it was given.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let now = NOW.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(now, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Ordering::Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The statuses that an answer may have: those of the table, and of successes. 500 is not among them.
const STATUSES: [u16; 24] = [
    200, 201, 202, 204, 304, 308, 400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 415, 422, 428, 429, 499, 503,
    504,
];

/// What a request may cost at most, beyond the test's own: the limit of a body, times what JSON costs in memory.
const MOST_MEMORY: usize = 256 << 20;
/// In a build without optimisation, on a machine that is busy.
const MOST_TIME: Duration = Duration::from_secs(10);

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// splitmix64: small, seeded, good enough to break things.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// One in `of`.
    fn chance(&mut self, of: usize) -> bool {
        self.below(of) == 0
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.below(most)).map(|_| self.next() as u8).collect()
    }

    /// Mostly small, at times huge.
    fn size(&mut self) -> usize {
        match self.below(400) {
            0 => self.below(300_000),
            1..10 => self.below(5_000),
            _ => self.below(20),
        }
    }

    fn text(&mut self) -> String {
        let odd = [
            "a", "name", "\u{0}", "\u{feff}", "ü", "💥", "\u{202e}", "\\", "\"", "%", "&", "=", ";", "\n", "../", "'",
            "{", "1", "-", "true",
        ];
        let size = self.size();
        let mut text = String::new();
        while text.len() < size {
            text.push_str(self.of(&odd));
        }
        text
    }
}

const FIELDS: [&str; 24] = [
    "name", "tags", "payment", "amount", "address", "more", "note", "weight", "id", "verbose", "fields", "limit",
    "seen", "title", "count", "file", "to", "fail_at", "ms", "text", "by", "number", "street", "inner",
];

fn json(dice: &mut Dice, depth: usize, out: &mut String) {
    match dice.below(if depth > 5 { 9 } else { 14 }) {
        0 => out.push_str("null"),
        1 => out.push_str(dice.of(&["true", "false", "NaN", "Infinity", "-Infinity", "undefined", ""])),
        2 => _ = write!(out, "{}", dice.next() as i64),
        3 => _ = write!(out, "{}", dice.below(5)),
        4 => out.push_str(dice.of(&[
            "1e999",
            "-1e999",
            "1e-999",
            "-0",
            "0.0",
            "1.5",
            "01",
            "+1",
            ".5",
            "1.",
            "0x10",
            "18446744073709551616",
            "340282366920938463463374607431768211456",
            "1e5",
            "2.0",
        ])),
        5 => {
            // Digits without end.
            let digits = dice.size() * 4;
            out.extend(std::iter::repeat_n('9', digits.max(1)));
        }
        6 => out.push_str(&serde_json::to_string(&dice.text()).unwrap()),
        7 => out.push_str(dice.of(&[
            "\"\\ud800\"",
            "\"\\u0000\"",
            "\"\\x\"",
            "\"a",
            "\"\u{1}\"",
            "\"\\uD83D\\uDE00\"",
            "'a'",
        ])),
        8 => _ = write!(out, "\"{}\"", dice.of(&["Card", "Transfer", "Cash", "card", "2020-01-01", "1", "true", "a"])),
        9 | 10 => {
            out.push('[');
            let count = if dice.chance(200) { 20_000 } else { dice.below(5) };
            for at in 0..count {
                if at > 0 {
                    out.push(',');
                }
                if count > 100 { out.push_str("{}") } else { json(dice, depth + 1, out) }
            }
            out.push_str(if dice.chance(50) { "" } else { "]" });
        }
        _ => object(dice, depth, out),
    }
}

fn object(dice: &mut Dice, depth: usize, out: &mut String) {
    out.push('{');
    let count = if dice.chance(300) { 5_000 } else { dice.below(7) };
    for at in 0..count {
        if at > 0 {
            out.push(if dice.chance(200) { ';' } else { ',' });
        }
        // Often a field that is there, often twice.
        match dice.below(12) {
            0 => out.push_str(&serde_json::to_string(&dice.text()).unwrap()),
            1 => _ = write!(out, "\"unknown{at}\""),
            _ => _ = write!(out, "\"{}\"", dice.of(&FIELDS)),
        }
        out.push(':');
        if count > 100 { out.push('1') } else { json(dice, depth + 1, out) }
    }
    out.push_str(if dice.chance(50) { "" } else { "}" });
}

fn body_of_json(dice: &mut Dice) -> Vec<u8> {
    let mut text = String::new();
    match dice.below(60) {
        // Deep.
        0 => {
            let depth = [100, 127, 128, 129, 1_000, 100_000][dice.below(6)];
            let (open, close) = if dice.chance(2) { ("[", "]") } else { ("{\"inner\":", "}") };
            text = format!("{{\"name\":\"a\",\"address\":{}1{}}}", open.repeat(depth), close.repeat(depth));
        }
        1 => text.push_str(&"[".repeat(1_000_000)),
        2 => text = format!("{{\"name\":\"{}\"}}", "a".repeat(2_000_000)),
        3 => text.push_str("{\"name\":\"a\",\"payment\":{\"by\":\"Card\",\"number\":\"1\"},\"amount\":{\"units\":1,\"cents\":2},\"weight\":1.5}"),
        4 => text.push_str(&"{\"name\":".repeat(300)),
        _ => object(dice, 0, &mut text),
    }
    let mut bytes = text.into_bytes();
    damaged(dice, &mut bytes, 15);
    bytes
}

/// Flips, cuts and doubles, one case in `rare`.
fn damaged(dice: &mut Dice, bytes: &mut Vec<u8>, rare: usize) {
    if bytes.is_empty() || !dice.chance(rare) {
        return;
    }
    match dice.below(4) {
        0 => {
            let at = dice.below(bytes.len());
            bytes[at] = dice.next() as u8;
        }
        1 => bytes.truncate(dice.below(bytes.len())),
        2 => bytes.extend_from_within(bytes.len() / 2..),
        _ => {
            let at = dice.below(bytes.len());
            let more = dice.bytes(20);
            bytes.splice(at..at, more);
        }
    }
}

fn form(dice: &mut Dice) -> Vec<u8> {
    let mut text = String::new();
    let count = if dice.chance(100) { 3_000 } else { dice.below(8) };
    for _ in 0..count {
        let value = if count > 100 { "1".to_owned() } else { percent(dice) };
        _ = write!(
            text,
            "{}{}{value}{}",
            dice.of(&FIELDS),
            dice.of(&["=", "=", "=", "", "=="]),
            dice.of(&["&", "&", "&", ";", "&&"])
        );
    }
    text.into_bytes()
}

/// A text for an address, percent-encoded more or less.
fn percent(dice: &mut Dice) -> String {
    let odd = [
        "a",
        "1",
        "7",
        "true",
        "-1",
        "99999999999999999999",
        "%00",
        "%2F",
        "%2f..%2f",
        "%ff",
        "%",
        "%2",
        "%zz",
        "+",
        "%F0%9F%92%A5",
        "1.5",
        "",
        "%22",
        "a%20b",
        "null",
        "[]",
        "%7B%7D",
    ];
    let mut text = String::new();
    for _ in 0..1 + dice.below(3) {
        text.push_str(dice.of(&odd));
    }
    if dice.chance(150) {
        text.push_str(&"9".repeat(dice.below(20_000)));
    }
    text
}

fn multipart(dice: &mut Dice) -> (String, Vec<u8>) {
    let boundary = dice.of(&["X", "X", "X", "a b", "----------------------", "'()+_,-./:=?"]).to_owned();
    let mut body = Vec::new();
    let count = if dice.chance(60) { 2_500 } else { dice.below(5) };
    for _ in 0..count {
        body.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        let name = dice.of(&["title", "file", "count", "title", "file", "unknown", "", "a\"b", "💥"]);
        match dice.below(12) {
            0 => body.extend_from_slice(b"content-disposition: form-data\r\n"),
            1 => {}
            2 => body.extend_from_slice(b"content-disposition: attachment; name=title\r\n"),
            3 => body.extend_from_slice(
                format!(
                    "content-disposition: form-data; name=\"{name}\"; filename=\"{}\"\r\n",
                    "f".repeat(dice.size())
                )
                .as_bytes(),
            ),
            4 => body.extend_from_slice(
                format!("x-huge: {}\r\ncontent-disposition: form-data; name={name}\r\n", "h".repeat(dice.size()))
                    .as_bytes(),
            ),
            5 => {
                for at in 0..dice.below(100) {
                    body.extend_from_slice(format!("x-{at}: 1\r\n").as_bytes());
                }
                body.extend_from_slice(format!("content-disposition: form-data; name=\"{name}\"\r\n").as_bytes());
            }
            6..9 => body.extend_from_slice(
                format!(
                    "content-disposition: form-data; name=\"{name}\"; filename=\"a.txt\"\r\ncontent-type: {}\r\n",
                    dice.of(&["text/plain", "x", "", "image/png; a=b"])
                )
                .as_bytes(),
            ),
            _ => body.extend_from_slice(format!("Content-Disposition: form-data; name=\"{name}\"\r\n").as_bytes()),
        }
        body.extend_from_slice(b"\r\n");
        if count < 100 {
            let most = dice.size();
            body.extend_from_slice(&if dice.chance(2) { dice.bytes(most + 1) } else { dice.text().into_bytes() });
        }
        body.extend_from_slice(if dice.chance(40) { b"\n" } else { b"\r\n" });
    }
    body.extend_from_slice(format!("--{boundary}{}", dice.of(&["--\r\n", "--\r\n", "--", "", "\r\n", "-"])).as_bytes());
    damaged(dice, &mut body, 8);
    let media = match dice.below(12) {
        0 => "multipart/form-data".to_owned(),
        1 => "multipart/form-data; boundary=".to_owned(),
        2 => format!("multipart/form-data; boundary={}", "b".repeat(200)),
        3 => "multipart/form-data; boundary=other".to_owned(),
        _ => format!("multipart/form-data; boundary=\"{boundary}\""),
    };
    (media, body)
}

/// The method that a path takes.
fn natural(path: &str) -> &'static str {
    let path = path.split('?').next().unwrap_or_default();
    match path.split('/').nth(1).unwrap_or_default() {
        "files" | "work" | "messages" => "POST",
        "orders" if path == "/orders" => "POST",
        _ => "GET",
    }
}

fn path(dice: &mut Dice) -> String {
    let one = percent(dice);
    let path = match dice.below(16) {
        0 | 1 => "/orders".to_owned(),
        2 | 3 => format!("/orders/{one}"),
        4 => "/files".to_owned(),
        // Small numbers: what a stream costs is not asked here.
        5 => format!("/count/{}", dice.below(20)),
        6 => format!("/count/{}", dice.of(&["x", "-1", "%00", "1.0", "99999999999999", "0"])),
        7 => "/work".to_owned(),
        8 => format!("/echo/{one}"),
        9 => format!("/tree/{one}/{one}"),
        10 => format!(
            "/messages/{}",
            dice.of(&[
                "fuzz.PlaceOrder",
                "fuzz.Echo",
                "fuzz.Echo@1",
                "fuzz.Upload",
                "fuzz.Hidden",
                "fuzz.ShowOrder",
                "fuzz.Count",
                "fuzz.Rename"
            ])
        ),
        11 => format!("/messages/{one}"),
        12 => "/counts".to_owned(),
        13 => format!("/{one}"),
        14 => format!("/orders/{one}/"),
        _ => dice
            .of(&[
                "/",
                "//",
                "/health/ready",
                "/health/live",
                "/orders//",
                "/%6frders",
                "/orders;a=b",
                "/messages/",
                "/a/../orders",
            ])
            .to_owned(),
    };
    match dice.below(3) {
        0 => format!("{path}?{}", String::from_utf8(form(dice)).unwrap_or_default()),
        _ => path,
    }
}

const HEADERS: [(&str, &[&str]); 14] = [
    (
        "accept",
        &[
            "*/*",
            "application/json",
            "text/event-stream",
            "application/x-ndjson",
            "text/html",
            "a/b;q=0, */*;q=0.1",
            ";;;",
            "application/json;q=NaN",
            "*/*;q=-1",
        ],
    ),
    ("if-match", &["\"3\"", "3", "*", "W/\"3\"", "\"\"", "\"3\", \"4\"", "\"99999999999999999999\"", "\"x\""]),
    ("if-none-match", &["\"1\"", "*", ",,,", "W/\"1\""]),
    ("traceparent", &["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-0-0-0", "x"]),
    ("x-session-id", &["s", "", "💥"]),
    ("x-request-id", &["r", "a b", "💥"]),
    ("x-forwarded-for", &["1.2.3.4", "nonsense", ",,,", "1.2.3.4, [::1]:1"]),
    ("accept-encoding", &["gzip", "gzip;q=0", "*", ";;", "gzip;q=abc", "br"]),
    ("origin", &["https://a.example", "null", "*"]),
    ("access-control-request-method", &["POST", "", "a b"]),
    ("authorization", &["Bearer x", "Basic", "Basic %%%", ""]),
    ("content-length", &["0", "5", "99999999", "-1", "x"]),
    ("cookie", &["a=b; c", ";;;"]),
    ("expect", &["100-continue"]),
];

struct Case {
    method: Method,
    path: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Vec<u8>,
}

fn case(dice: &mut Dice) -> Case {
    let methods = ["GET", "POST", "POST", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "BREW", "TRACE"];
    let mut path = path(dice);
    let mut method = match dice.below(8) {
        0 => dice.of(&methods),
        1 if path.starts_with("/orders/") => "PATCH",
        _ => natural(&path),
    };
    let mut headers = Vec::new();
    let mut body = Vec::new();
    if !dice.chance(4) {
        let (media, bytes) = match dice.below(8) {
            0 => ("application/x-www-form-urlencoded".to_owned(), form(dice)),
            1 | 2 => {
                if !dice.chance(4) {
                    (path, method) = ("/files".to_owned(), "POST");
                }
                multipart(dice)
            }
            3 => (
                dice.of(&[
                    "text/plain",
                    "",
                    "application/problem+json",
                    "application/json; charset=latin1",
                    "+json",
                    "application/",
                    "💥",
                ])
                .to_owned(),
                body_of_json(dice),
            ),
            4 => {
                // Something that goes well, that the rest is not all of errors.
                (path, method) = ("/orders".to_owned(), "POST");
                (
                    "application/json".to_owned(),
                    b"{\"name\":\"a\",\"tags\":[\"b\"],\"amount\":{\"units\":1,\"cents\":2},\"note\":\"c\"}".to_vec(),
                )
            }
            _ => ("application/json".to_owned(), body_of_json(dice)),
        };
        body = bytes;
        if let Ok(value) = HeaderValue::from_bytes(media.as_bytes()) {
            headers.push((HeaderName::from_static("content-type"), value));
        }
    }
    for _ in 0..dice.below(4) {
        let (name, values) = HEADERS[dice.below(HEADERS.len())];
        if let Ok(value) = HeaderValue::from_bytes(dice.of(values).as_bytes()) {
            headers.push((HeaderName::from_static(name), value));
        }
    }
    Case { method: method.parse().unwrap(), path, headers, body }
}

const SETTINGS: [&str; 6] = [
    "http.port = 0",
    "http.access_log = false",
    "http.messages = true",
    "http.routes.\"fuzz.Echo\" = [\"GET /echo/{text}\", \"POST /echo\", \"GET /tree/{*text}\"]",
    "http.cors.origins = [\"https://a.example\"]",
    "http.body_timeout = \"300ms\"",
];

async fn app() -> partitura::App {
    let mut loader = Shop::BLUEPRINT.loader().hermetic();
    for setting in
        SETTINGS.iter().chain(&["http.limits.routes.\"POST /work\".timeout = \"20ms\"", "runtime.timeout = \"2s\""])
    {
        loader = loader.set(*setting);
    }
    Shop::builder().config(loader.load().unwrap()).build().await.unwrap()
}

/// Sends a case, and says what is wrong with its answer.
async fn broken(client: &Client, case: Case) -> Result<u16, String> {
    // What the client of a test would panic at, no server ever sees.
    if case.path.parse::<partitura::http::axum::http::Uri>().is_err() {
        return Ok(0);
    }
    let is_head = case.method == Method::HEAD;
    let mut request = client.request(case.method, &case.path);
    for (name, value) in &case.headers {
        request = request.header_value(name.clone(), value.clone());
    }
    let request = if case.body.is_empty() { request } else { request.raw(pieces(case.body)) };
    let (status, headers, body) = request.open().await;
    let Ok(body) = body.collect().await else { return Err("the body broke".to_owned()) };
    let (status, body) = (status.as_u16(), body.to_bytes());
    if !STATUSES.contains(&status) {
        return Err(format!("status {status}: {}", String::from_utf8_lossy(&body)));
    }
    let media = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_probe = media == "application/json" && case.path.starts_with("/health/");
    if status >= 400 && !is_probe {
        if media != "application/problem+json" {
            return Err(format!("status {status} as `{media}`"));
        }
        // What was sent packed is no JSON here, and HEAD has no body.
        if !headers.contains_key("content-encoding") && !is_head {
            let problem: Problem = serde_json::from_slice(&body).map_err(|error| format!("no problem: {error}"))?;
            if problem.status != status {
                return Err(format!("status {status} is told as {}", problem.status));
            }
        }
    }
    Ok(status)
}

/// A body in several pieces, of unknown length, as chunks come.
fn pieces(body: Vec<u8>) -> Body {
    if body.len().is_multiple_of(3) {
        return Body::from(body);
    }
    let pieces: Vec<_> =
        body.chunks(1 + body.len() / 3).map(|piece| Ok::<_, std::convert::Infallible>(piece.to_vec())).collect();
    Body::from_stream(futures_util::stream::iter(pieces))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_comes_breaks_a_route() {
    let (cases, seed) = (number("PARTITURA_FUZZ_CASES", 4_000), number("PARTITURA_FUZZ_SEED", 0));
    let client = app().await.http().unwrap();
    let env = Env::real();
    let (began, mut worst, mut heaviest) = (env.now(), (Duration::ZERO, 0), (0, 0));
    let mut statuses = std::collections::BTreeMap::<u16, u64>::new();
    for number in 0..cases {
        // Each case has its own dice: `PARTITURA_FUZZ_SEED=seed+number PARTITURA_FUZZ_CASES=1` is this one again.
        let case = case(&mut Dice(seed.wrapping_add(number).wrapping_mul(0x2545_f491_4f6c_dd1d)));
        let (method, path, length) = (case.method.clone(), case.path.clone(), case.body.len());
        let before = NOW.load(Ordering::Relaxed);
        PEAK.store(before, Ordering::Relaxed);
        let start: Instant = env.now();
        // A task of its own, so that a panic is told with its case.
        let client = client.clone();
        let answered = env.spawn(async move { tokio::time::timeout(MOST_TIME, broken(&client, case)).await }).await;
        let (took, memory) = (env.now() - start, PEAK.load(Ordering::Relaxed).saturating_sub(before));
        let at = || {
            format!("seed {}: {method} {} with {length} bytes", seed.wrapping_add(number), &path[..path.len().min(200)])
        };
        match answered {
            Ok(Ok(Ok(status))) => *statuses.entry(status).or_default() += 1,
            Ok(Ok(Err(wrong))) => panic!("{}: {}", at(), &wrong.chars().take(2_000).collect::<String>()),
            Ok(Err(_)) => panic!("{}: longer than {MOST_TIME:?}", at()),
            Err(panicked) => panic!("{}: {panicked}", at()),
        }
        assert!(memory < MOST_MEMORY, "{}: {memory} bytes of memory", at());
        worst = worst.max((took, seed.wrapping_add(number)));
        heaviest = heaviest.max((memory, seed.wrapping_add(number)));
    }
    println!(
        "{cases} cases in {:.1} s; worst {:.1} ms (seed {}); most memory of one {} KiB (seed {}); by status {statuses:?}",
        (env.now() - began).as_secs_f64(),
        worst.0.as_secs_f64() * 1000.0,
        worst.1,
        heaviest.0 >> 10,
        heaviest.1,
    );
    let good: u64 = statuses.iter().filter(|(status, _)| (200..300).contains(*status)).map(|(_, count)| count).sum();
    assert!(cases < 1_000 || good * 20 > cases, "too few go well to say anything: {statuses:?}");
}

/// Bytes of a request over a socket, broken in the ways that only a socket shows.
fn wire(dice: &mut Dice) -> Vec<u8> {
    let case = case(dice);
    let mut bytes =
        format!("{} {} HTTP/1.{}\r\nhost: a\r\n", case.method, case.path, dice.of(&["1", "1", "1", "0", "2"]))
            .into_bytes();
    for (name, value) in &case.headers {
        bytes.extend_from_slice(name.as_str().as_bytes());
        bytes.extend_from_slice(dice.of(&[": ", ":", " : ", ": "]).as_bytes());
        bytes.extend_from_slice(value.as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    if dice.chance(2) {
        bytes.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
        for chunk in case.body.chunks(1 + dice.below(5_000)) {
            let size = chunk.len() + if dice.chance(30) { dice.below(20) } else { 0 };
            bytes.extend_from_slice(format!("{size:x}{}\r\n", dice.of(&["", "", "", ";a=b", " ", "g"])).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(dice.of(&["0\r\n\r\n", "0\r\n\r\n", "0\r\nx: y\r\n\r\n", "0\r\n", ""]).as_bytes());
    } else {
        let length = if dice.chance(10) { dice.below(100_000) } else { case.body.len() };
        bytes.extend_from_slice(format!("content-length: {length}\r\n\r\n").as_bytes());
        bytes.extend_from_slice(&case.body);
    }
    damaged(dice, &mut bytes, 5);
    bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_comes_breaks_a_server() {
    let cases = number("PARTITURA_FUZZ_CASES", 4_000) / 20;
    let seed = number("PARTITURA_FUZZ_SEED", 0);
    let app = app().await;
    let http = Http::new();
    let address = http.start(&app).await.unwrap();
    let address = address.strip_prefix("http://").unwrap().to_owned();
    for number in 0..cases {
        let bytes = wire(&mut Dice(seed.wrapping_add(number).wrapping_mul(0x9e6c_63d0_876a_9a35)));
        let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
        let (mut read, mut write) = socket.split();
        let send = async {
            // The server may have refused it before it was all there.
            let _ = write.write_all(&bytes).await;
            let _ = write.shutdown().await;
        };
        let mut answer = Vec::new();
        let both = futures_util::future::join(send, read.read_to_end(&mut answer));
        let closed = tokio::time::timeout(MOST_TIME, both).await;
        assert!(closed.is_ok(), "case {number}: it is still open");
        let text = String::from_utf8_lossy(&answer);
        assert!(!text.starts_with("HTTP/1.1 500"), "case {number}: {text}");
    }
    let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
    socket.write_all(b"GET /health/live HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    http.drain().await;
}
