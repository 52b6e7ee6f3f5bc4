//! What stands around routes, and around the whole server. From outside to inside: the name of the request, the log, what keeps
//! a panic to its request, CORS, compression; then the router; then the limits of the route.

mod compress;
mod cors;
mod gate;
mod limits;
mod proxies;
mod rate;
mod seen;

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::header::{ORIGIN, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::Response;
use futures_util::FutureExt;
use http_body::{Frame, SizeHint};
use partitura_runtime::error::{Error, Failure, Kind};
use tracing::Instrument;

pub use self::cors::CorsConfig;
pub(crate) use self::limits::{Guard, Places};
pub use self::limits::{LimitsConfig, RouteLimits};
pub use self::proxies::{ClientAddress, ForwardedHeader};
pub use self::rate::Rate;
pub use self::seen::RequestId;
pub(crate) use self::seen::Seen;

use self::cors::Cors;
use self::limits::Limits;
use self::proxies::Proxies;
use self::seen::Line;
use crate::call::Shared;
use crate::config::HttpConfig;
use crate::problem;
use crate::table::Table;

/// What the configuration puts around routes.
pub(crate) struct Layers {
    pub(crate) limits: Limits,
    pub(crate) proxies: Proxies,
    cors: Option<Cors>,
}

impl Layers {
    /// Those of the configuration. Without a table, because that one has mistakes itself, what is said of routes is not
    /// compared with it.
    ///
    /// # Errors
    /// Every mistake.
    pub(crate) fn new(config: &HttpConfig, table: Option<&Table>) -> Result<Self, Vec<Failure>> {
        let mut faults = Vec::new();
        let mut fault = |key: String, text: String| faults.push(Failure::new(key, "limit", text));
        for (key, number, least) in [
            ("max_connections", config.max_connections, 1),
            ("max_headers", config.max_headers, 1),
            ("max_header_bytes", config.max_header_bytes, 8 * 1024),
            ("max_streams", config.max_streams as usize, 1),
        ] {
            if number < least {
                fault(format!("http.{key}"), format!("{number} is too few: at least {least}"));
            }
        }
        if HeaderName::try_from(config.session_header.as_str()).is_err() {
            fault("http.session_header".to_owned(), format!("`{}` is no name of a header", config.session_header));
        }
        if let Some(websocket) = &config.websocket {
            websocket.check(&mut fault);
        }
        let proxies = Proxies::new(&config.trusted_proxies, config.forwarded_header, |at, text| {
            fault(format!("http.trusted_proxies[{at}]"), text);
        });
        let cors = Cors::new(&config.cors, &mut fault);
        let limits = Limits::new(config, table, &mut fault);
        if faults.is_empty() { Ok(Layers { limits, proxies, cors }) } else { Err(faults) }
    }
}

impl Layers {
    /// Whether a page of `origin` may call from elsewhere, with what a browser sends of its own accord if `is_ambient`.
    #[cfg(feature = "websocket")]
    pub(crate) fn lets_in(&self, origin: &HeaderValue, is_ambient: bool) -> bool {
        self.cors.as_ref().is_some_and(|cors| cors.lets_in(origin, is_ambient))
    }
}

/// Puts what stands around a whole server around its router.
pub(crate) fn around(router: Router, shared: &Arc<Shared>) -> Router {
    router.layer(middleware::from_fn_with_state(shared.clone(), pass))
}

async fn pass(State(shared): State<Arc<Shared>>, mut request: Request, next: Next) -> Response {
    let (layers, env) = (&shared.layers, shared.app.env());
    let client = layers.proxies.client(request.extensions(), request.headers());
    let request_id = RequestId::of(request.headers(), env);
    let name = request_id.header();
    let span = tracing::info_span!(target: "partitura::http", "request", request_id = request_id.as_str());
    let wants_line = shared.config.access_log && tracing::enabled!(target: "partitura::http", tracing::Level::INFO);
    let line = wants_line.then(|| {
        let seen = Arc::new(Seen::default());
        request.extensions_mut().insert(seen.clone());
        Line::of(&request, client, request_id.clone(), seen, env)
    });
    let extensions = request.extensions_mut();
    if let Some(client) = client {
        extensions.insert(ClientAddress(client));
    }
    extensions.insert(request_id);
    let takes_gzip = shared.config.compression && compress::takes_gzip(request.headers());
    let origin = layers.cors.as_ref().and_then(|_| request.headers().get(ORIGIN).cloned());
    let path = request.uri().path().to_owned();

    // A layer or an extractor may panic, too: that fails this request alone.
    let answer = async {
        match layers.cors.as_ref().and_then(|cors| cors.preflight(&request)) {
            Some(response) => response,
            None => next.run(request).await,
        }
    };
    let answer = AssertUnwindSafe(answer).catch_unwind().instrument(span).await;
    let mut response = answer.unwrap_or_else(|_| {
        tracing::error!(target: "partitura::http", %path, "a request panicked");
        let error = Error::new(Kind::Internal, "a request panicked").with_code("PT0305");
        problem::answer(&error, shared.told(&path, None))
    });
    if shared.config.compression {
        response = compress::compressed(response, takes_gzip);
    }
    let headers = response.headers_mut();
    if let Some(cors) = &layers.cors {
        cors.mark(origin.as_ref(), headers);
    }
    // A browser takes an answer for what it says that it is.
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(HeaderName::from_static(seen::REQUEST_ID), name);
    let Some(mut line) = line else { return response };
    line.status = response.status().as_u16();
    response.map(|body| Body::new(Told { body, line }))
}

/// A body whose end is told to the log.
struct Told {
    body: Body,
    line: Line,
}

impl HttpBody for Told {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &polled {
            self.line.bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
