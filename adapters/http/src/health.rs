//! `/health/live` and `/health/ready`.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use partitura_runtime::app::App;

/// The process answers.
pub(crate) fn live() -> Response {
    told(StatusCode::OK, "live")
}

/// The application takes messages: false from the moment on at which it is told to stop.
pub(crate) fn ready(app: &App, draining: bool) -> Response {
    match app.is_ready() && !draining {
        true => told(StatusCode::OK, "ready"),
        false => told(StatusCode::SERVICE_UNAVAILABLE, "stopping"),
    }
}

fn told(status: StatusCode, word: &str) -> Response {
    let body = format!("{{\"status\":\"{word}\"}}");
    (status, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body).into_response()
}
