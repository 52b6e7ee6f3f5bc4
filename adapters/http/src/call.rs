//! Who calls, within which trace, and until when.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::OriginalUri;
use axum::http::request;
use axum::response::Response;
use partitura_runtime::app::{App, Call, Door};
use partitura_runtime::identity::Identity;
use partitura_runtime::telemetry::trace::{TraceId, TraceParent};

use crate::config::HttpConfig;
use crate::problem::Told;

/// What all routes of an application share.
pub(crate) struct Shared {
    pub(crate) app: App,
    pub(crate) config: HttpConfig,
}

impl Shared {
    pub(crate) fn new(app: &App, config: HttpConfig) -> Arc<Self> {
        Arc::new(Shared { app: app.clone(), config })
    }

    /// The way in for one request.
    ///
    /// # Errors
    /// The answer, if the credentials do not hold.
    #[expect(clippy::result_large_err, reason = "it is the answer, and goes where an answer goes")]
    pub(crate) async fn door(&self, head: &request::Parts) -> Result<Door, Response> {
        let mut call = Call::default();
        // What a server around this router found out.
        if let Some(identity) = head.extensions.get::<Identity>() {
            call.identity = identity.clone();
        }
        if let Some(trace) = head.headers.get("traceparent").and_then(|text| TraceParent::parse(text.as_bytes()).ok()) {
            call = call.within(trace);
        }
        if let Some(session) = head.headers.get(&self.config.session_header).and_then(|text| text.to_str().ok()) {
            call = call.in_session(session);
        }
        Ok(self.app.door(call))
    }

    /// What is known where a problem of this request is told.
    pub(crate) fn told<'a>(&'a self, path: &'a str, trace_id: Option<TraceId>) -> Told<'a> {
        Told { trace_id, path, types: self.config.problem_types.as_deref() }
    }
}

/// The path as the caller wrote it, also where the router is nested in another.
pub(crate) fn path(head: &request::Parts) -> Cow<'_, str> {
    match head.extensions.get::<OriginalUri>() {
        Some(OriginalUri(uri)) => Cow::Borrowed(uri.path()),
        None => Cow::Borrowed(head.uri.path()),
    }
}
