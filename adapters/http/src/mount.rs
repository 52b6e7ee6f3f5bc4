//! What other entrypoints hang onto the server: a router each, at a path of its own, behind the same callers, limits and layers
//! as the routes.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use partitura_runtime::entrypoint::Mount;
use partitura_runtime::error::{Error, Result};
use partitura_runtime::route::shape;
use tower::ServiceExt;

use crate::call::{self, Shared};
use crate::controller::guarded;
use crate::problem;
use crate::table::Table;

/// A router that another entrypoint brought.
#[derive(Clone)]
pub(crate) struct Mounted {
    /// The entrypoint.
    from: &'static str,
    /// Everything at this path and below it.
    path: String,
    router: Router,
}

impl Mounted {
    /// What the entrypoint `from` brings.
    ///
    /// # Errors
    /// Kind invalid: code PT0482 for what is no axum `Router`, code PT0483 for what is no path.
    pub(crate) fn of(from: &'static str, mount: Mount) -> Result<Self> {
        let Mount { path, what, .. } = mount;
        let Ok(router) = what.downcast::<Router>() else {
            let text = format!("`{from}` hangs something onto `http` that is no `axum::Router`");
            return Err(Error::invalid(text).with_code("PT0482"));
        };
        let is_path = path.starts_with('/')
            && !path.ends_with('/')
            && path.bytes().all(|byte| byte.is_ascii_graphic() && !b"{}?#*:\\\"<>".contains(&byte))
            && path.split('/').skip(1).all(|segment| !segment.is_empty());
        if !is_path {
            let text = format!(
                "`{from}` wants to be at `{path}`, which is no path of its own: it begins with `/`, ends with none and has no \
                 fields, such as \"/{from}\""
            );
            return Err(Error::invalid(text).with_code("PT0483"));
        }
        Ok(Mounted { from, path, router: *router })
    }

    /// Whether a request for `path` is its own.
    fn takes(&self, path: &str) -> bool {
        path.strip_prefix(&self.path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// # Errors
/// Kind invalid, code PT0483, with everything that is at the path of a mount already.
pub(crate) fn check(mounts: &[Mounted], table: &Table, shared: &Shared) -> Result<()> {
    let mut texts = Vec::new();
    for (at, mount) in mounts.iter().enumerate() {
        let mut taken = |what: &str| {
            texts.push(format!(
                "`{}` is to be at `{}`, where {what} is: give one of them another path",
                mount.from, mount.path
            ));
        };
        for route in table.routes.iter().filter(|route| mount.takes(&shape(&route.path))) {
            taken(&format!("the route `{} {}` of `{}` ({})", route.method, route.path, route.name(), route.place()));
        }
        if let Some(named) = table.named.as_ref().filter(|named| mount.takes(&shape(&named.path))) {
            taken(&format!("`POST {}`, for messages by their name,", named.path));
        }
        for other in mounts[..at].iter().filter(|other| other.takes(&mount.path) || mount.takes(&other.path)) {
            taken(&format!("`{}` (`{}`)", other.from, other.path));
        }
        let own = [(shared.config.health, "/health/live"), (shared.config.health, "/health/ready")];
        let docs = [(shared.config.docs, "/docs"), (shared.config.docs, "/openapi.json")];
        for (_, path) in own.into_iter().chain(docs).filter(|(is_on, path)| *is_on && mount.takes(path)) {
            taken(&format!("`{path}` of the server itself"));
        }
    }
    match texts.is_empty() {
        true => Ok(()),
        false => Err(Error::invalid(texts.join("; ")).with_code("PT0483")),
    }
}

/// Hangs them onto the router of the server: what is theirs goes to them, whatever else is there.
pub(crate) fn onto(router: Router, mounts: &[Mounted], shared: &Arc<Shared>) -> Router {
    if mounts.is_empty() {
        return router;
    }
    let shared = shared.clone();
    let mounts: Arc<[(Mounted, Router)]> = mounts
        .iter()
        .map(|mount| {
            let nowhere = shared.clone();
            let below =
                Router::new().nest(&mount.path, mount.router.clone()).fallback(move |request: Request| async move {
                    problem::nowhere(nowhere.told(request.uri().path(), None))
                });
            (mount.clone(), below)
        })
        .collect();
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let (mounts, shared) = (mounts.clone(), shared.clone());
        async move {
            match mounts.iter().find(|(mount, _)| mount.takes(request.uri().path())) {
                Some((_, router)) => serve(&shared, router.clone(), request).await,
                None => next.run(request).await,
            }
        }
    }))
}

/// Answers one request by a mounted router: who calls, within which trace and in which session is in its extensions, as an
/// `Identity` and as a `Call`. No deadline: what is mounted has its own, and an answer may be a stream.
async fn serve(shared: &Shared, router: Router, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    let guard = shared.layers.limits.plain();
    let (call, places) = match shared.admit(&head, &guard).await {
        Ok(admitted) => admitted,
        Err(refused) => return *refused,
    };
    head.extensions.insert(call.identity.clone());
    head.extensions.insert(call);
    let path = call::path(&head).into_owned();
    let (body, faults) = guarded(shared, &guard, &head, body);
    let response = match router.oneshot(Request::from_parts(head, body)).await {
        Ok(response) => response,
        Err(never) => never.into_response(),
    };
    match faults.error() {
        // The router was told only that the body broke off.
        Some(error) => problem::answer(&error, shared.told(&path, None)),
        None => places.until_answered(response),
    }
}
