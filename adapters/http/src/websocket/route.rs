//! From a request to a session.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{SEC_WEBSOCKET_VERSION, UPGRADE};
use axum::http::{HeaderValue, StatusCode, request};
use axum::response::Response;
use axum::routing;
use futures_util::FutureExt;
use partitura_runtime::env::Env;
use partitura_runtime::error::{Error, Kind};
use partitura_runtime::identity::Identity;
use partitura_wire::{Allow, Limits, Phase, Session};

use super::carrier::Carrier;
use super::config::WebSocketConfig;
use super::end::{self, Why};
use super::handshake::{self, Handshake};
use super::open::{Open, Place};
use super::{NAME, origin, topics};
use crate::call::{self, Shared};
use crate::layers::Guard;
use crate::problem;
use crate::router::otherwise;
use crate::server::Alive;
use crate::table::Table;

/// How long a caller has to answer the last frame of all.
const GOODBYE: Duration = Duration::from_secs(2);

/// The same when the application stops.
const HASTE: Duration = Duration::from_millis(50);

/// How far the clocks of who issued a token and of this machine may be apart.
const LEEWAY: Duration = Duration::from_secs(60);

/// Puts the WebSocket of `table` onto `router`, if there is one.
pub(crate) fn onto(router: Router, shared: &Arc<Shared>, table: &Table, open: &Arc<Open>) -> Router {
    let (Some(path), Some(config)) = (&table.websocket, &shared.config.websocket) else { return router };
    let route = Route(Arc::new(Inner {
        guard: shared.layers.limits.of_message(&format!("GET {path}")),
        allow: topics::allow(&config.topics),
        config: config.clone(),
        open: open.clone(),
        shared: shared.clone(),
    }));
    let serve = move |request: Request| async move { route.serve(request).await };
    let methods = routing::get(serve.clone()).connect(serve);
    router.route(path, otherwise(shared, [partitura_runtime::route::Method::Get].into_iter(), methods))
}

#[derive(Clone)]
struct Route(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    config: WebSocketConfig,
    guard: Arc<Guard>,
    allow: Option<Allow>,
    open: Arc<Open>,
}

impl Route {
    async fn serve(self, request: Request) -> Response {
        let (mut head, _) = request.into_parts();
        let handshake = match Handshake::read(&mut head) {
            Ok(handshake) => handshake,
            Err(none) => {
                let mut response = problem::answer_as(&none.error, none.status, self.told(&call::path(&head)));
                if none.status == StatusCode::UPGRADE_REQUIRED {
                    response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
                    response.headers_mut().insert(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
                }
                return response;
            }
        };
        match self.admit(&mut head).await {
            Ok(admitted) => {
                let response = handshake.answer();
                drop(self.0.shared.app.env().clone().spawn(async move {
                    match handshake.upgrade.await {
                        Ok(upgraded) => self.run(upgraded, admitted).await,
                        Err(error) => tracing::debug!(target: "partitura::http", %error, "no WebSocket came of it"),
                    }
                }));
                response
            }
            Err(refused) => *refused,
        }
    }

    /// Lets the caller in as a route does.
    async fn admit(&self, head: &mut request::Parts) -> Result<Admitted, Box<Response>> {
        let Inner { shared, config, guard, open, .. } = &*self.0;
        let answer =
            |error: &Error, head: &request::Parts| Box::new(shared.answer(error, self.told(&call::path(head))));
        origin::check(head, &shared.layers).map_err(|error| answer(&error, head))?;
        handshake::take_token(&mut head.headers);
        let identity = shared.caller(head, guard).await?;
        if !config.allow.admits(&identity) {
            return Err(answer(&refused(&identity), head));
        }
        if !open.is_taking() || !shared.app.is_ready() {
            let error = Error::unavailable("the application is stopping").with_code("PT0308");
            return Err(answer(&error, head));
        }
        let Some(place) = open.enter(config.max_connections, &shared.app) else {
            let text = format!("{} WebSockets are open, and no more may be", config.max_connections);
            return Err(answer(&Error::unavailable(text).with_code("PT0463"), head));
        };
        let places = guard.enter(shared).await.map_err(|error| answer(&error, head))?;
        let places = Box::new(places.keep()) as Box<dyn Send>;
        let env = shared.app.env();
        let until = [guard.deadline(env), expiry(&identity, env)].into_iter().flatten().min();
        let alive = head.extensions.get::<Alive>().map(|alive| Box::new(alive.keep()) as Box<dyn Send>);
        Ok(Admitted { identity, until, _held: (place, places, alive) })
    }

    /// Until the connection has ended.
    async fn run(self, upgraded: hyper::upgrade::Upgraded, admitted: Admitted) {
        let Inner { shared, config, open, allow, .. } = &*self.0;
        let (env, mut phase) = (shared.app.env(), open.phase());
        let Admitted { identity, until, _held } = admitted;
        let carrier = Carrier::new(upgraded, config, until, env).await;
        let mut session =
            Session::new(&shared.app, identity).at(NAME).limits(limits(config, shared)).describing(config.describe);
        if let Some(allow) = allow {
            session = session.subscriptions(allow.clone());
        }
        let (receiving, sending) = carrier.halves();
        let ended = AssertUnwindSafe(session.run(receiving, sending, phase.clone())).catch_unwind().await;
        let is_leaving = *phase.borrow() != Phase::Open;
        let (why, is_gone) = match &ended {
            Ok(ended) => (carrier.why().or_else(|| end::of(ended, is_leaving)), is_gone(ended)),
            Err(_) => (Some(Why::BROKEN), false),
        };
        tracing::debug!(target: "partitura::http", ?ended, ?why, "a WebSocket has ended");
        if is_gone && why.is_none() {
            return;
        }
        let haste = async {
            drop(phase.wait_for(|phase| *phase == Phase::Stop).await);
            env.sleep(HASTE).await;
        };
        tokio::select! {
            _ = env.timeout(GOODBYE, carrier.close(why)) => {}
            () = haste => {}
        }
    }

    fn told<'a>(&'a self, path: &'a str) -> problem::Told<'a> {
        self.0.shared.told(path, None)
    }
}

/// Who is let in, until when, and what it holds meanwhile.
struct Admitted {
    identity: Identity,
    until: Option<Instant>,
    _held: (Place, Box<dyn Send>, Option<Box<dyn Send>>),
}

fn limits(config: &WebSocketConfig, shared: &Shared) -> Limits {
    let mut limits = Limits::default();
    limits.max_frame = config.max_frame;
    limits.max_in_flight = config.max_in_flight;
    limits.max_outgoing = config.max_outgoing;
    limits.idle = config.idle;
    // The protocol has pings of its own, which every client answers by itself.
    limits.keep_alive = Duration::ZERO;
    limits.stall = config.stall;
    limits.write = shared.config.write_timeout;
    limits
}

/// Whether nobody would hear a last word.
fn is_gone(ended: &partitura_wire::Ended) -> bool {
    matches!(ended, partitura_wire::Ended::Lost(_))
}

/// When what the caller showed holds no longer: `exp` of a token (RFC 7519, 4.1.4).
fn expiry(identity: &Identity, env: &Env) -> Option<Instant> {
    let at = Duration::try_from_secs_f64(identity.claims.get("exp")?.as_f64()?).ok()?.checked_add(LEEWAY)?;
    let now = env.wall_clock().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    env.now().checked_add(at.saturating_sub(now))
}

#[cold]
fn refused(identity: &Identity) -> Error {
    let error = match &identity.subject {
        None => Error::new(Kind::Unauthenticated, "this WebSocket needs credentials"),
        Some(subject) => Error::forbidden(format!("`{subject}` may not open this WebSocket")),
    };
    error.with_code("PT0461")
}
