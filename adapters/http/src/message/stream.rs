//! The items of a streaming handler: server-sent events, JSON lines, or all in one list.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::stream;
use partitura_runtime::error::{Error, Result};
use partitura_runtime::stream::{Streaming, collect};
use partitura_runtime::telemetry::trace::TraceId;
use serde_json::Value;

use super::reply::{ACCEPT, takes};
use crate::call::Shared;
use crate::problem::{Problem, Told};

/// The forms of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One JSON text a line.
    Lines,
    /// Server-sent events (WHATWG HTML, 9.2).
    Events,
    /// One list, bounded.
    Collected,
}

const OFFERED: [&str; 4] = ["application/x-ndjson", "application/jsonl", "text/event-stream", "application/json"];

/// The form that the caller likes best. Lines, if it does not say.
pub(super) fn form(headers: &HeaderMap) -> Result<Form> {
    match takes(headers, &OFFERED) {
        Some(0 | 1) => Ok(Form::Lines),
        Some(2) => Ok(Form::Events),
        Some(_) => Ok(Form::Collected),
        None => {
            let text = format!("the answer is a stream of {}, all of which `Accept` leaves out", OFFERED.join(", "));
            Err(Error::invalid(text).with_code(ACCEPT))
        }
    }
}

/// How long the first item is waited for before the answer begins.
const PATIENCE: Duration = Duration::from_millis(250);

/// The answer: the first item is waited for, so that what fails before it has a status of its own; but not for long, since a
/// caller wants to know that there is a stream. `number` items were seen before.
pub(crate) async fn answer(
    mut items: Streaming<Value>,
    form: Form,
    shared: &Arc<Shared>,
    path: String,
    trace_id: TraceId,
    name: &str,
    number: u64,
) -> Result<Response> {
    if form == Form::Collected {
        let all = collect(name, items).await?;
        let json = serde_json::to_vec(&all).unwrap_or_default();
        return Ok(response("application/json", Body::from(json)));
    }
    let first = match shared.app.env().timeout(PATIENCE, items.next()).await {
        Ok(Some(Err(error))) => return Err(error),
        Ok(Some(Ok(item))) => Some(item),
        Ok(None) | Err(_) => None,
    };
    let out = Out { form, shared: shared.clone(), path, trace_id, number };
    let media = if form == Form::Events { "text/event-stream" } else { OFFERED[0] };
    // What comes after an error, comes no more.
    let state = Some((out, items, first));
    let body = stream::unfold(state, |state| async move {
        let (mut out, mut items, first) = state?;
        if let Some(item) = first {
            return Some((out.item(&item), Some((out, items, None))));
        }
        let next = match out.form {
            Form::Events => {
                let keep_alive = out.shared.config.keep_alive;
                match out.shared.app.env().timeout(keep_alive, items.next()).await {
                    Ok(next) => next,
                    Err(_) => return Some((Bytes::from_static(b":\n\n"), Some((out, items, None)))),
                }
            }
            _ => items.next().await,
        };
        match next? {
            Ok(item) => Some((out.item(&item), Some((out, items, None)))),
            Err(error) => Some((out.error(&error), None)),
        }
    });
    let body = Body::from_stream(futures_util::StreamExt::map(body, Ok::<_, Infallible>));
    let mut response = response(media, body);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    // Proxies of nginx's kind hold an answer back until it is whole, unless they are told.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(response)
}

fn response(media: &'static str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::OK;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
    response
}

/// What writes items.
struct Out {
    form: Form,
    shared: Arc<Shared>,
    path: String,
    trace_id: TraceId,
    /// Of the last event.
    number: u64,
}

impl Out {
    fn item(&mut self, item: &Value) -> Bytes {
        self.number += 1;
        match self.form {
            Form::Events => format!("id: {}\ndata: {item}\n\n", self.number).into(),
            _ => format!("{item}\n").into(),
        }
    }

    /// The last item: the problem, told as an event `error`, or as a line with the one field `error`.
    fn error(&self, error: &Error) -> Bytes {
        let told: Told<'_> = self.shared.told(&self.path, Some(self.trace_id));
        let status = StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let problem = serde_json::to_string(&Problem::of(error, status, told)).unwrap_or_default();
        match self.form {
            Form::Events => format!("event: error\ndata: {problem}\n\n").into(),
            _ => format!("{{\"error\":{problem}}}\n").into(),
        }
    }
}
