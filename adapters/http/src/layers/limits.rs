//! Limits of each route, and of all together.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::http::request;
use axum::response::Response;
use futures_util::StreamExt;
use http_body::Body as _;
use partitura_runtime::config::duration;
use partitura_runtime::env::Env;
use partitura_runtime::error::{Error, Kind, Result};
use partitura_runtime::identity::Identity;
use partitura_runtime::nearest::did_you_mean;
use serde::Deserialize;

use super::Layers;
use super::gate::{Gate, Kept, Place};
use super::rate::{Buckets, Caller, Rate};
use crate::call::Shared;
use crate::config::HttpConfig;
use crate::table::{Bound, Table};

/// The section `http.limits`: what all routes together may do, and each.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// How many requests a caller may make to all routes together: `"100/s"`. Default none.
    pub rate: Option<Rate>,
    /// How many requests may run at once, streams as long as they last. Default 10,000.
    pub concurrency: usize,
    /// How many requests may wait to run, here and for each route that has a `concurrency`. Default 1,000; further ones are
    /// answered with 503.
    pub queue: usize,
    /// How long a request may wait to run. Default `5s`.
    #[serde(with = "duration")]
    pub queue_timeout: Duration,
    /// How many callers rates are counted for; of more, those heard of longest ago begin anew. Default 100,000, which is about
    /// 10 MB when so many have called.
    pub callers: usize,
    /// The limits of routes, by what `routes` prints: `"POST /accounts"`, or the name of what it leads to, which is each route
    /// of it.
    pub routes: BTreeMap<String, RouteLimits>,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        LimitsConfig {
            rate: None,
            concurrency: 10_000,
            queue: 1_000,
            queue_timeout: Duration::from_secs(5),
            callers: 100_000,
            routes: BTreeMap::new(),
        }
    }
}

/// The limits of a route.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RouteLimits {
    /// How many bytes the body of a request may have. Default `http.max_body`.
    pub max_body: Option<usize>,
    /// How long a request may take from its place on, its body and a stream's items included. Default `runtime.timeout`, and for
    /// the items of a stream none.
    #[serde(with = "duration::option")]
    pub timeout: Option<Duration>,
    /// How many requests a caller may make: `"10/m"`. Default none of its own.
    pub rate: Option<Rate>,
    /// How many requests may run at once. Default none of its own.
    pub concurrency: Option<usize>,
}

/// The limits of an application, kept.
pub(crate) struct Limits {
    buckets: Buckets,
    rate: Option<Rate>,
    gate: Gate,
    guards: BTreeMap<String, Arc<Guard>>,
    plain: Arc<Guard>,
}

/// The limits of a route, kept.
pub(crate) struct Guard {
    /// Its number in the table of rates; 0 is all routes together.
    number: u32,
    max_body: usize,
    body_timeout: Duration,
    timeout: Option<Duration>,
    rate: Option<Rate>,
    gate: Option<Gate>,
}

impl Limits {
    /// Those of the configuration; every mistake is told to `fault`, with its key.
    pub(super) fn new(config: &HttpConfig, table: Option<&Table>, mut fault: impl FnMut(String, String)) -> Self {
        let limits = &config.limits;
        let nothing = "0 lets nothing through: write a number, or leave the key out";
        for (key, number) in [("http.limits.concurrency", limits.concurrency), ("http.limits.callers", limits.callers)]
        {
            if number == 0 {
                fault(key.to_owned(), nothing.to_owned());
            }
        }
        let mut guards = BTreeMap::new();
        for (at, (key, own)) in limits.routes.iter().enumerate() {
            if own.concurrency == Some(0) {
                fault(format!("http.limits.routes.\"{key}\".concurrency"), nothing.to_owned());
            }
            if own.timeout == Some(Duration::ZERO) {
                fault(
                    format!("http.limits.routes.\"{key}\".timeout"),
                    "0s lets nothing through: write how long it may take, or leave the key out".to_owned(),
                );
            }
            let guard = Guard {
                number: at as u32 + 1,
                max_body: own.max_body.unwrap_or(config.max_body),
                body_timeout: own.timeout.map_or(config.body_timeout, |own| own.min(config.body_timeout)),
                timeout: own.timeout,
                rate: own.rate,
                gate: own.concurrency.map(|places| Gate::new(places, limits.queue, limits.queue_timeout)),
            };
            guards.insert(key.clone(), Arc::new(guard));
        }
        if let Some(table) = table {
            check(limits, table, &mut fault);
        }
        Limits {
            buckets: Buckets::new(limits.callers),
            rate: limits.rate,
            gate: Gate::new(limits.concurrency, limits.queue, limits.queue_timeout),
            guards,
            plain: Arc::new(Guard {
                number: 0,
                max_body: config.max_body,
                body_timeout: config.body_timeout,
                timeout: None,
                rate: None,
                gate: None,
            }),
        }
    }

    /// The guard of a route: what is said of its path, else of what it leads to.
    pub(crate) fn guard(&self, route: &Bound) -> Arc<Guard> {
        let found = self.guards.get(&line(route)).or_else(|| self.guards.get(&route.name()));
        found.unwrap_or(&self.plain).clone()
    }

    /// That of what has no limits of its own.
    pub(crate) fn plain(&self) -> Arc<Guard> {
        self.plain.clone()
    }

    /// That of a message that is sent by its name, or of what has a path and no route.
    pub(crate) fn of_message(&self, name: &str) -> Arc<Guard> {
        self.guards.get(name).unwrap_or(&self.plain).clone()
    }
}

/// `POST /accounts`
fn line(route: &Bound) -> String {
    format!("{} {}", route.method, route.path)
}

/// Every key is a route that is there, and no route has two.
fn check(limits: &LimitsConfig, table: &Table, fault: &mut impl FnMut(String, String)) {
    let websocket = table.websocket.iter().map(|path| format!("GET {path}"));
    let lines: Vec<String> = table.routes.iter().map(line).chain(websocket).collect();
    let names: Vec<String> = table.routes.iter().map(Bound::name).chain(table.by_name()).collect();
    for key in limits.routes.keys() {
        let known = || lines.iter().chain(&names).map(String::as_str);
        if !known().any(|other| other == key) {
            let text = format!("no route is `{key}`, and none leads to it{}", did_you_mean(key, known()));
            fault(format!("http.limits.routes.\"{key}\""), text);
        }
    }
}

/// What a request has while it is among those that its route lets in.
pub(crate) struct Places<'g> {
    own: Option<Place<'g>>,
    all: Place<'g>,
}

impl Guard {
    /// How many bytes the body may have, and how long it may take to come.
    pub(crate) fn body(&self) -> (usize, Duration) {
        (self.max_body, self.body_timeout)
    }

    /// When the request is cancelled, if the route says so.
    pub(crate) fn deadline(&self, env: &Env) -> Option<Instant> {
        env.now().checked_add(self.timeout?)
    }

    /// Whether requests are counted.
    pub(crate) fn counts(&self, shared: &Shared) -> bool {
        self.rate.is_some() || shared.layers.limits.rate.is_some()
    }

    /// Counts the request of `identity`.
    ///
    /// # Errors
    /// Kind too many, with the time after which one more is let in.
    pub(crate) fn count(&self, shared: &Shared, head: &request::Parts, identity: &Identity) -> Result<()> {
        if !self.counts(shared) {
            return Ok(());
        }
        let Layers { limits, proxies, .. } = &shared.layers;
        let rates = [(0, limits.rate), (self.number, self.rate)];
        let caller = match &identity.subject {
            Some(subject) => Caller::Subject(subject),
            None => proxies.client(&head.extensions, &head.headers).map_or(Caller::Nobody, Caller::Address),
        };
        let now = shared.app.env().now();
        for (number, rate) in rates {
            let Some(rate) = rate else { continue };
            limits.buckets.take(number, caller, rate, now).map_err(|wait| too_many(rate, number, wait))?;
        }
        Ok(())
    }

    /// Lets the request in, if nobody has to be waited for.
    pub(crate) fn enter_now<'g>(&'g self, shared: &'g Shared) -> Option<Places<'g>> {
        let own = match &self.gate {
            Some(gate) => Some(gate.try_enter()?),
            None => None,
        };
        Some(Places { own, all: shared.layers.limits.gate.try_enter()? })
    }

    /// Lets the request in, after others if need be.
    ///
    /// # Errors
    /// Kind unavailable if too many wait.
    pub(crate) async fn enter<'g>(&'g self, shared: &'g Shared) -> Result<Places<'g>> {
        // The narrow gate first: who waits for a route keeps no other from running.
        let own = match &self.gate {
            Some(gate) => Some(gate.enter(shared.app.env()).await?),
            None => None,
        };
        let all = shared.layers.limits.gate.enter(shared.app.env()).await?;
        Ok(Places { own, all })
    }
}

impl Places<'_> {
    /// To be held for longer than the request.
    pub(crate) fn keep(self) -> impl Send + Sync + 'static {
        let Places { own, all } = self;
        let kept: (Option<Kept>, Kept) = (own.map(Place::keep), all.keep());
        kept
    }

    /// Leaves the places now that there is an answer; if that is a stream, when it is over.
    pub(crate) fn until_answered(self, response: Response) -> Response {
        if response.body().size_hint().exact().is_some() {
            return response;
        }
        let kept = self.keep();
        response.map(|body| {
            let held = body.into_data_stream().map(move |item: std::result::Result<Bytes, axum::Error>| {
                let _held = &kept;
                item
            });
            Body::from_stream(held)
        })
    }
}

#[cold]
fn too_many(rate: Rate, number: u32, wait: Duration) -> Error {
    let of = if number == 0 { "all routes together" } else { "this route" };
    Error::new(Kind::TooMany, format!("no more than {rate} of {of}")).with_retry_after(wait)
}
