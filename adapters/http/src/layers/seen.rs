//! What is found out about a request on its way, and the line of the log that tells it.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::header::USER_AGENT;
use axum::http::{HeaderMap, HeaderValue, Method};
use partitura_runtime::env::Env;
use partitura_runtime::identity::Identity;
use partitura_runtime::telemetry::trace::TraceId;

/// The header that names a request.
pub(super) const REQUEST_ID: &str = "x-request-id";
/// What a line of the log has of a text that the caller made.
const LONGEST: usize = 256;

/// The name of a request: the caller's, from `x-request-id`, or one that was made. An extension of every request to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The caller's, if it is one: up to 128 visible characters of ASCII. Nothing else gets into a log.
    pub(super) fn of(headers: &HeaderMap, env: &Env) -> Self {
        let sane = |value: &&HeaderValue| {
            let bytes = value.as_bytes();
            (1..=128).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
        };
        let given = headers.get(REQUEST_ID).filter(sane).cloned();
        RequestId(given.unwrap_or_else(|| {
            let text = format!("{:032x}", env.random_u128());
            HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("0"))
        }))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// What routes find out: an extension of the request, since it goes inwards and the log stands outside.
#[derive(Default)]
pub(crate) struct Seen {
    subject: OnceLock<Option<String>>,
    trace_id: OnceLock<TraceId>,
}

impl Seen {
    pub(crate) fn caller(&self, identity: &Identity) {
        // A request has one caller; a second one is nested in it.
        let _ = self.subject.set(identity.subject.clone());
    }

    pub(crate) fn trace(&self, id: TraceId) {
        let _ = self.trace_id.set(id);
    }
}

/// A line of the access log. Written when it is dropped: when the answer is sent, or its caller has gone.
pub(super) struct Line {
    env: Env,
    began: Instant,
    method: Method,
    path: String,
    /// Whether it asks for health, which nobody wants to read ten times a minute.
    is_probe: bool,
    client: Option<IpAddr>,
    agent: Option<HeaderValue>,
    request_id: RequestId,
    seen: Arc<Seen>,
    pub(super) status: u16,
    pub(super) bytes: u64,
}

impl Line {
    /// What a request says. Never its query, nor its headers but the one: both may hold secrets.
    pub(super) fn of(
        request: &Request,
        client: Option<IpAddr>,
        request_id: RequestId,
        seen: Arc<Seen>,
        env: &Env,
    ) -> Self {
        // The template, by which requests can be counted. Where no route is, the path.
        let matched = request.extensions().get::<MatchedPath>();
        let path = matched.map_or_else(|| short(request.uri().path()), |matched| matched.as_str()).to_owned();
        Line {
            env: env.clone(),
            began: env.now(),
            method: request.method().clone(),
            is_probe: path.starts_with("/health/"),
            path,
            client,
            agent: request.headers().get(USER_AGENT).cloned(),
            request_id,
            seen,
            // What a caller gets who does not wait: nothing, and the log a status of its own.
            status: 499,
            bytes: 0,
        }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let ms = self.env.now().saturating_duration_since(self.began).as_secs_f64() * 1000.0;
        let ms = (ms * 1000.0).round() / 1000.0;
        let client = self.client.map(tracing::field::display);
        let agent = self.agent.as_ref().and_then(|agent| agent.to_str().ok()).map(short);
        let subject = self.seen.subject.get().and_then(Option::as_deref).map(short);
        let trace_id = self.seen.trace_id.get().map(tracing::field::display);
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: "partitura::http",
                    method = %self.method,
                    path = %self.path,
                    status = self.status,
                    bytes = self.bytes,
                    ms,
                    client,
                    subject,
                    trace_id,
                    request_id = self.request_id.as_str(),
                    agent,
                    "request"
                )
            };
        }
        if self.is_probe { line!(debug) } else { line!(info) }
    }
}

/// The beginning of a text, whole characters.
fn short(text: &str) -> &str {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
