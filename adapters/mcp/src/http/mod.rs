//! Streamable HTTP.

mod sessions;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use partitura_runtime::app::{App, Call};
use partitura_runtime::entrypoint::RuntimeConfig;
use partitura_runtime::error::{Error, Result};
use partitura_runtime::identity::Identity;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio_util::sync::CancellationToken;
use tower::service_fn;

use self::sessions::{Opener, SESSION_ID, Sessions};
use crate::config::McpConfig;
use crate::server::{Caller, Server};
use crate::shared::Shared;

/// The protocol as an axum [`Router`] with one route, `/`, to be nested into somebody's own server at a path of its own. Who calls
/// is the [`Identity`] (or the [`Call`]) in the extensions of a request, which a layer of that server puts there; without one,
/// nobody in particular. `Host` and `Origin` are checked as the section `mcp` says.
///
/// ```text
/// let router = axum::Router::new().nest("/mcp", partitura::mcp::router(&app)?).layer(who_calls);
/// ```
///
/// # Errors
/// Kind invalid with what is wrong with the section `mcp`.
pub fn router(app: &App) -> Result<Router> {
    let config: McpConfig = app.config().section().map_err(Error::from)?;
    open(&Shared::new(app, config)?, &CancellationToken::new())
}

/// The same, until `closed`.
pub(crate) fn open(shared: &Arc<Shared>, closed: &CancellationToken) -> Result<Router> {
    let config = &shared.config;
    // A session in which a call runs is not idle; what is between its messages is not known here.
    let runtime: RuntimeConfig = shared.app.config().section().map_err(Error::from)?;
    let longest = config.stream_timeout().max(runtime.timeout).saturating_add(Duration::from_secs(5));
    let sessions = Arc::new(Sessions::new(config.max_sessions, config.session_idle.max(longest)));
    let mut http = StreamableHttpServerConfig::default()
        .with_allowed_hosts(&config.hosts)
        .with_allowed_origins(&config.origins)
        .enforce_origin_validation()
        .with_max_request_body_bytes(config.max_message);
    http.cancellation_token = closed.clone();
    let own = shared.clone();
    let make = move || Ok(Server { shared: own.clone(), caller: Caller::Request });
    let service = StreamableHttpService::new(make, sessions.clone(), http);
    let shared = shared.clone();
    let service = service_fn(move |request: Request| {
        let (service, sessions) = (service.clone(), sessions.clone());
        // A stream of the server's own, which a GET asks for, is nobody's answer.
        let held = if request.method() == Method::POST { shared.answering() } else { None };
        async move {
            let response = answer(&service, &sessions, request).await;
            Ok::<_, Infallible>(response.map(|body| match held {
                Some(held) => Body::from_stream(body.into_data_stream().map(move |part| {
                    let _held = &held;
                    part
                })),
                None => body,
            }))
        }
    });
    Ok(Router::new().route_service("/", service))
}

async fn answer(service: &StreamableHttpService<Server, Sessions>, sessions: &Sessions, request: Request) -> Response {
    let extensions = request.extensions();
    let identity = extensions.get::<Call>().map(|call| &call.identity).or_else(|| extensions.get::<Identity>());
    let opener = Opener::new(identity.and_then(|identity| identity.subject.clone()));
    // Whoever has guessed or seen the session of somebody else is told nothing of it.
    if let Some(id) = request.headers().get(SESSION_ID)
        && !sessions.may_use(id.as_bytes(), &opener)
    {
        return (StatusCode::NOT_FOUND, "Not Found: Session not found").into_response();
    }
    let response = sessions::as_opener(&opener, service.handle(request)).await;
    if opener.found_no_place() {
        let text = "too many sessions are open (`mcp.max_sessions`) [PT0486]";
        return (StatusCode::SERVICE_UNAVAILABLE, [(RETRY_AFTER, HeaderValue::from_static("5"))], text).into_response();
    }
    response.map(Body::new)
}
