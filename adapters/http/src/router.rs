//! The axum router of the table.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::Request;
use axum::http::header::{ALLOW, LOCATION};
use axum::http::{HeaderValue, Method as HttpMethod, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{self, MethodFilter, MethodRouter};
use partitura_runtime::app::App;
use partitura_runtime::error::{Error, Result};
use partitura_runtime::route::{Method, shape};

use tower::service_fn;

use crate::call::{self, Shared};
use crate::config::HttpConfig;
use crate::controller::Controller;
use crate::table::{Bound, Leads, Table};
use crate::{health, message, problem};

/// The routes alone.
pub(crate) fn nested(app: &App) -> Result<Router> {
    let config = config(app)?;
    let table = Table::new(app.blueprint(), &config)?;
    Ok(routes(&Shared::new(app, config)?, &table))
}

/// The section `http`.
pub(crate) fn config(app: &App) -> Result<HttpConfig> {
    app.config().section().map_err(Error::from)
}

/// The routes, and what a whole server has beside them.
pub(crate) fn server(
    shared: &Arc<Shared>,
    table: &Table,
    draining: &Arc<AtomicBool>,
    beside: Option<Router>,
) -> Router {
    let mut router = routes(shared, table).merge(beside.unwrap_or_default());
    if shared.config.health {
        let (app, draining) = (shared.app.clone(), draining.clone());
        router = router.route("/health/live", routing::get(|| async { health::live() })).route(
            "/health/ready",
            routing::get(|| async move { health::ready(&app, draining.load(Ordering::Relaxed)) }),
        );
    }
    let shapes = table.routes.iter().map(|route| shape(&route.path)).collect();
    let fallback = Arc::new(Fallback { shared: shared.clone(), shapes });
    router.fallback(move |request: Request| async move { fallback.answer(&request) })
}

/// Every path with its methods.
fn routes(shared: &Arc<Shared>, table: &Table) -> Router {
    let mut paths: BTreeMap<&str, Vec<&Bound>> = BTreeMap::new();
    for bound in &table.routes {
        paths.entry(&bound.path).or_default().push(bound);
    }
    let mut router = Router::new();
    for (path, bounds) in paths {
        router = router.route(path, methods(shared, &bounds));
    }
    router
}

fn methods(shared: &Arc<Shared>, bounds: &[&Bound]) -> MethodRouter {
    let mut methods = MethodRouter::new();
    let mut any = None;
    for bound in bounds {
        let one = filter(bound.method);
        let router = match bound.leads {
            Leads::Handler(handler) => {
                let route = message::Route::new(shared.clone(), bound, handler);
                on(one, move |request: Request| {
                    let route = route.clone();
                    async move { route.serve(request).await }
                })
            }
            Leads::Mounted(mounted, at) => {
                // What is mounted here and is no controller, another crate of the same name wrote.
                let Some(method) = Controller::of(mounted).and_then(|controller| controller.method(at)) else {
                    continue;
                };
                let shared = shared.clone();
                method.layered(on(one, move |request: Request| method.serve(shared.clone(), request)))
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
    let allow = allow(bounds);
    let shared = shared.clone();
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
    let service = service_fn(move |request: Request| {
        let answer = answer(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
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
fn allow(bounds: &[&Bound]) -> HeaderValue {
    let mut names: Vec<&str> = bounds.iter().map(|bound| bound.method.name()).collect();
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
}

impl Fallback {
    fn answer(&self, request: &Request) -> Response {
        let path = request.uri().path();
        // One canonical form: whoever puts a slash behind it is told where it is.
        if let Some(bare) = path.strip_suffix('/')
            && !bare.is_empty()
            && !bare.starts_with("//")
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
