//! An error as problem details (RFC 9457).

use std::time::Duration;

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use partitura_runtime::error::{Error, Failure, Kind};
use partitura_runtime::telemetry::trace::TraceId;
use serde::Serialize;

/// The body of an answer that is an error (RFC 9457), `application/problem+json`.
#[derive(Debug, Clone, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Problem {
    /// What kind of problem it is: an address with the code behind it, if the configuration gives one, else `about:blank`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The status of the answer.
    pub status: u16,
    /// What went wrong this time.
    pub detail: String,
    /// The path of the request.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub instance: String,
    /// A stable code for programs.
    pub code: String,
    /// What is wrong with the input, everything at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Failure>,
    /// The trace, under which the log tells more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
}

/// What is known where a problem is told.
#[derive(Clone, Copy, Default)]
pub(crate) struct Told<'a> {
    pub(crate) trace_id: Option<TraceId>,
    pub(crate) path: &'a str,
    pub(crate) types: Option<&'a str>,
}

impl Problem {
    /// What `error` says to a caller, with the status that it has.
    pub(crate) fn of(error: &Error, status: StatusCode, told: Told<'_>) -> Problem {
        let code = error.code().to_owned();
        let detail = match error.is_malformed() && error.failures().len() == 1 {
            true => error.failures()[0].message.clone(),
            false => error.public_message().to_owned(),
        };
        Problem {
            kind: told.types.map_or_else(|| "about:blank".to_owned(), |base| format!("{base}{code}")),
            title: title(error).to_owned(),
            status: status.as_u16(),
            detail,
            instance: told.path.to_owned(),
            code,
            errors: error.failures().to_vec(),
            trace_id: told.trace_id.map(|id| id.to_string()),
        }
    }
}

/// The kind in words; what is malformed has its own.
fn title(error: &Error) -> &'static str {
    match error.is_malformed() {
        true => "the input is not understood",
        false => error.kind().title(),
    }
}

/// The answer that tells `error`.
pub(crate) fn answer(error: &Error, told: Told<'_>) -> Response {
    let status = StatusCode::from_u16(error.http_status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer_as(error, status, told)
}

/// The same with a status that only HTTP knows, such as 405 or 412.
pub(crate) fn answer_as(error: &Error, status: StatusCode, told: Told<'_>) -> Response {
    let problem = Problem::of(error, status, told);
    let body = serde_json::to_vec(&problem).unwrap_or_default();
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    let wait = match error.kind() {
        Kind::TooMany | Kind::Unavailable => Some(error.retry_after().unwrap_or(Duration::from_secs(1))),
        _ => error.retry_after(),
    };
    if let Some(wait) = wait {
        // Whole seconds, and not too early.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// An error that only HTTP knows.
pub(crate) fn plain(
    status: StatusCode,
    kind: Kind,
    code: &'static str,
    detail: impl Into<String>,
    told: Told<'_>,
) -> Response {
    answer_as(&Error::new(kind, detail).with_code(code), status, told)
}

/// 404 for a path that leads nowhere.
pub(crate) fn nowhere(told: Told<'_>) -> Response {
    let text = format!("nothing is at `{}`", told.path);
    plain(StatusCode::NOT_FOUND, Kind::NotFound, "not_found", text, told)
}

/// 405, with what may be done instead.
pub(crate) fn wrong_method(method: &str, allow: &HeaderValue, told: Told<'_>) -> Response {
    let text = format!("`{}` does not take {method}; it takes {}", told.path, allow.to_str().unwrap_or_default());
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, Kind::Invalid, "method_not_allowed", text, told);
    response.headers_mut().insert(ALLOW, allow.clone());
    response
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        (status, [(CONTENT_TYPE, "application/problem+json")], body).into_response()
    }
}
