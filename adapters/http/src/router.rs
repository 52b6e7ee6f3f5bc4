//! The axum router of the table.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{ALLOW, LOCATION};
use axum::http::{HeaderValue, Method as HttpMethod, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{self, MethodFilter, MethodRouter};
use futures_util::FutureExt;
use partitura_runtime::app::{App, Blueprint};
use partitura_runtime::config::Config;
use partitura_runtime::entrypoint::RuntimeConfig;
use partitura_runtime::error::{Error, Failure, Result};
use partitura_runtime::overrides::Admission;
use partitura_runtime::route::{Method, shape};
use tower::service_fn;

use crate::call::{self, Shared};
use crate::config::HttpConfig;
use crate::controller::Controller;
use crate::layers::{self, Layers};
use crate::mount::{self, Mounted};
use crate::openapi::Pages;
use crate::table::{Bound, Leads, Named, Table};
#[cfg(feature = "websocket")]
use crate::websocket;
use crate::{health, message, problem};

/// The routes alone.
pub(crate) fn nested(app: &App) -> Result<Router> {
    let (shared, table) = set_up(app, app.config(), &app.admission())?;
    let router = routes(&shared, &table);
    #[cfg(feature = "websocket")]
    let router = websocket::onto(router, &shared, &table, &websocket::Open::nested());
    Ok(router)
}

/// What all routes share, and which there are.
pub(crate) fn set_up(app: &App, from: &Config, admission: &Admission) -> Result<(Arc<Shared>, Table)> {
    let (config, table, layers) = checked(app.blueprint(), from)?;
    Ok((Shared::new(app, from, config, layers)?, table.admitted(admission)))
}

/// What the configuration makes of the routes and of what stands around them, of an application that need not be built.
///
/// # Errors
/// Kind invalid with every mistake of it at once, each with its key and its place.
pub(crate) fn checked(blueprint: &'static Blueprint, from: &Config) -> Result<(HttpConfig, Table, Layers)> {
    let config = config(from)?;
    let table = Table::new(blueprint, &config);
    let layers = Layers::new(&config, table.as_ref().ok());
    let late = drains_too_long(&config, from)?;
    let (error, more) = match (table, layers) {
        (Ok(table), Ok(layers)) if late.is_none() => return Ok((config, table, layers)),
        (Err(error), Ok(_)) if late.is_none() => return Err(from.placed(error)),
        (table, layers) => (table.err(), layers.err()),
    };
    let routes = error.iter().flat_map(|error| error.failures().iter().cloned());
    let faults = routes.chain(more.into_iter().flatten()).chain(late).collect();
    let unfit = Error::invalid("the section `http` of the configuration cannot be served").with_code("PT0410");
    Err(from.placed(unfit.with_failures(faults)))
}

/// A delay that leaves nothing of the time for a stop cuts off what runs, each time.
fn drains_too_long(config: &HttpConfig, from: &Config) -> Result<Option<Failure>> {
    let stop = from.section::<RuntimeConfig>().map_err(Error::from)?.stop_timeout;
    if config.drain_delay.is_zero() || config.drain_delay < stop {
        return Ok(None);
    }
    let place =
        from.place_of("runtime.stop_timeout").map_or_else(|| "its default".to_owned(), |place| place.to_string());
    let text = format!(
        "{:?} leaves nothing of `runtime.stop_timeout`, {stop:?} ({place}), for what runs at a stop: make the delay shorter, or that \
         longer",
        config.drain_delay
    );
    Ok(Some(Failure::new("http.drain_delay", "range", text)))
}

/// The section `http`.
pub(crate) fn config(from: &Config) -> Result<HttpConfig> {
    from.section().map_err(Error::from)
}

/// The routes, and what a whole server has beside them.
pub(crate) fn server(
    shared: &Arc<Shared>,
    table: &Table,
    draining: &Arc<AtomicBool>,
    #[cfg(feature = "websocket")] sockets: &Arc<websocket::Open>,
    beside: Option<Router>,
    mounts: &[Mounted],
) -> Router {
    let is_alone = beside.is_none();
    let router = routes(shared, table).merge(beside.unwrap_or_default());
    #[cfg(feature = "websocket")]
    let mut router = websocket::onto(router, shared, table, sockets);
    #[cfg(not(feature = "websocket"))]
    let mut router = router;
    let mut shapes: Vec<String> = table.routes.iter().map(|route| shape(&route.path)).collect();
    let mut health = shared.config.health.then(|| draining.clone());
    let mut pages = shared.config.docs.then(|| Pages::new(shared.app.blueprint(), table, shared.callers.schemes()));
    // What is in somebody else's router cannot be seen: there, what is ours beside the routes comes after it, in the fallback.
    if is_alone && let Some(draining) = health.take() {
        router = with_health(router, shared, &shapes, draining);
    }
    shapes.extend(pages.iter().flat_map(Pages::paths).map(str::to_owned));
    if is_alone && let Some(pages) = pages.take() {
        router = pages.onto(router);
    }
    let fallback = Arc::new(Fallback { shared: shared.clone(), shapes, pages, health });
    let router = router.fallback(move |request: Request| async move { fallback.answer(&request) });
    layers::around(mount::onto(router, mounts, shared), shared)
}

/// The paths of health, but for those that the application has a route for.
fn with_health(mut router: Router, shared: &Arc<Shared>, shapes: &[String], draining: Arc<AtomicBool>) -> Router {
    let is_free = |path: &str| !shapes.iter().any(|shape| shape == path);
    let alone = |methods| otherwise(shared, [Method::Get].into_iter(), methods);
    if is_free("/health/live") {
        router = router.route("/health/live", alone(routing::get(|| async { health::live() })));
    }
    if is_free("/health/ready") {
        let app = shared.app.clone();
        let ready = || async move { health::ready(&app, draining.load(Ordering::Relaxed)) };
        router = router.route("/health/ready", alone(routing::get(ready)));
    }
    router
}

/// Every path with its methods.
fn routes(shared: &Arc<Shared>, table: &Table) -> Router {
    // Two paths of one shape are one to a router, whatever their fields are called.
    let mut paths: BTreeMap<String, Vec<&Bound>> = BTreeMap::new();
    for bound in &table.routes {
        paths.entry(shape(&bound.path)).or_default().push(bound);
    }
    // `:id` and `*rest` in a path are what they are: text.
    let mut router = Router::new().without_v07_checks();
    let mut named = table.named.as_ref().map(|named| (named, shape(&named.path)));
    for (shape, bounds) in paths {
        let door = named.take_if(|(_, own)| *own == shape).map(|(door, _)| door);
        router = router.route(&bounds[0].path, methods(shared, &bounds, door));
    }
    if let Some((door, _)) = named {
        router = router.route(&door.path, methods(shared, &[], Some(door)));
    }
    router
}

/// `POST /messages/{name}`
fn by_name(shared: &Arc<Shared>, named: &Named, methods: MethodRouter) -> MethodRouter {
    let mut routes = HashMap::new();
    // In the order of versions: the name alone is the newest.
    let mut handlers = named.handlers.clone();
    handlers.sort_by_key(|handler| handler.message.version);
    for handler in handlers {
        let route = message::Route::named(shared.clone(), handler);
        for name in [handler.base_name(), format!("{}@{}", handler.base_name(), handler.message.version)] {
            routes.insert(name, route.clone());
        }
    }
    let (shared, routes) = (shared.clone(), Arc::new(routes));
    methods.post(move |request: Request| async move {
        let last = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
        let name = message::decoded(&last).unwrap_or_default().into_owned();
        match routes.get(&name) {
            Some(route) => route.clone().serve(request).await,
            None => unknown(&shared, request, &name).await,
        }
    })
}

/// 404, with the names that are near: the runtime knows them.
async fn unknown(shared: &Shared, request: Request, name: &str) -> Response {
    let (head, _) = request.into_parts();
    let guard = shared.layers.limits.of_message(name);
    let (door, _places) = match shared.door(&head, &guard).await {
        Ok(admitted) => admitted,
        Err(refused) => return *refused,
    };
    let answer = door.execute(name, serde_json::Value::Null).await;
    let error = answer.err().unwrap_or_else(|| Error::not_found(format!("no message is named `{name}`")));
    problem::answer(&error, shared.told(&call::path(&head), Some(door.trace_id())))
}

fn methods(shared: &Arc<Shared>, bounds: &[&Bound], door: Option<&Named>) -> MethodRouter {
    let mut methods = MethodRouter::new();
    if let Some(door) = door {
        methods = by_name(shared, door, methods);
    }
    let mut any = None;
    for bound in bounds {
        let one = filter(bound.method);
        let router = match bound.leads {
            Leads::Handler(handler) => {
                let route = message::Route::new(shared.clone(), bound, handler);
                on(one, move |request: Request| route.clone().serve(request))
            }
            Leads::Mounted(mounted, at) => {
                // What is mounted here and is no controller, another crate of the same name wrote.
                let Some(method) = Controller::of(mounted).and_then(|controller| controller.method(at)) else {
                    continue;
                };
                let (shared, guard) = (shared.clone(), shared.layers.limits.guard(bound));
                method.layered(on(one, move |request: Request| method.serve(shared.clone(), guard.clone(), request)))
            }
        };
        match one {
            Some(_) => methods = methods.merge(router),
            None => any = Some(router),
        }
    }
    if let Some(any) = any {
        return methods.fallback_service(any);
    }
    otherwise(shared, bounds.iter().map(|bound| bound.method).chain(door.map(|_| Method::Post)), methods)
}

/// What a path answers to all but `known`.
pub(crate) fn otherwise(
    shared: &Arc<Shared>,
    known: impl Iterator<Item = Method>,
    methods: MethodRouter,
) -> MethodRouter {
    let (allow, shared) = (allow(known), shared.clone());
    methods.fallback(move |request: Request| async move {
        if request.method() == HttpMethod::OPTIONS {
            return (StatusCode::NO_CONTENT, [(ALLOW, allow)]).into_response();
        }
        let (head, _) = request.into_parts();
        problem::wrong_method(head.method.as_str(), &allow, shared.told(&call::path(&head), None))
    })
}

/// What answers one method, or all. A service: axum puts the future of a handler into one box more.
fn on<F>(filter: Option<MethodFilter>, answer: impl Fn(Request) -> F + Clone + Send + Sync + 'static) -> MethodRouter
where
    F: Future<Output = Response> + Send + 'static,
{
    // No `async` block: it would hold the future twice, and a request is copied with it.
    let service = service_fn(move |request: Request| answer(request).map(Ok::<_, Infallible>));
    match filter {
        Some(filter) => routing::on_service(filter, service),
        None => routing::any_service(service),
    }
}

fn filter(method: Method) -> Option<MethodFilter> {
    Some(match method {
        // axum answers HEAD by what answers GET, without the body.
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
        Method::Head => MethodFilter::HEAD,
        Method::Options => MethodFilter::OPTIONS,
        Method::Any => return None,
    })
}

/// What a path takes: with HEAD where it is read, and OPTIONS.
fn allow(methods: impl Iterator<Item = Method>) -> HeaderValue {
    let mut names: Vec<&str> = methods.map(Method::name).collect();
    for (name, also) in [("HEAD", names.contains(&"GET")), ("OPTIONS", true)] {
        if also && !names.contains(&name) {
            names.push(name);
        }
    }
    HeaderValue::try_from(names.join(", ")).unwrap_or(HeaderValue::from_static("OPTIONS"))
}

/// What answers where no route is.
struct Fallback {
    shared: Arc<Shared>,
    shapes: Vec<String>,
    pages: Option<Pages>,
    /// Whether the server is draining, if its health is told here.
    health: Option<Arc<AtomicBool>>,
}

impl Fallback {
    fn answer(&self, request: &Request) -> Response {
        let path = request.uri().path();
        let reads = matches!(*request.method(), HttpMethod::GET | HttpMethod::HEAD);
        if let Some(pages) = self.pages.as_ref().filter(|_| reads)
            && let Some(page) = pages.answer(path)
        {
            return page;
        }
        if let Some(draining) = self.health.as_ref().filter(|_| reads) {
            match path {
                "/health/live" => return health::live(),
                "/health/ready" => return health::ready(&self.shared.app, draining.load(Ordering::Relaxed)),
                _ => {}
            }
        }
        // One canonical form: whoever puts a slash behind it is told where it is.
        if let Some(bare) = path.strip_suffix('/')
            && !bare.is_empty()
            // `//host` and `/\\host` are another host to a browser.
            && bare.get(1..).is_some_and(|rest| !rest.starts_with(['/', '\\']))
            && self.shapes.iter().any(|shape| fits(shape, bare))
        {
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            if let Ok(location) = HeaderValue::try_from(format!("{bare}{query}")) {
                return (StatusCode::PERMANENT_REDIRECT, [(LOCATION, location)]).into_response();
            }
        }
        problem::nowhere(self.shared.told(path, None))
    }
}

/// Whether a path is of a shape.
fn fits(shape: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    for own in shape.split('/') {
        match (own, segments.next()) {
            ("{*}", Some(_)) => return true,
            ("{}", Some(segment)) if !segment.is_empty() => {}
            (own, Some(segment)) if own == segment => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}
