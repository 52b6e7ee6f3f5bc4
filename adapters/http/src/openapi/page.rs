//! Serves the document and its page. The page needs nothing from elsewhere, and may not load it.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use axum::routing;
use partitura_runtime::app::Blueprint;
use partitura_runtime::route::shape;

use super::{SecurityScheme, document};
use crate::table::Table;

/// Where the document is.
const DOCUMENT: &str = "/openapi.json";
/// The page and what belongs to it, with its media type.
const FILES: [(&str, &str, &str); 6] = [
    ("/docs", "text/html; charset=utf-8", include_str!("page/page.html")),
    ("/docs/page.css", "text/css; charset=utf-8", include_str!("page/page.css")),
    ("/docs/page.js", "text/javascript; charset=utf-8", include_str!("page/page.js")),
    ("/docs/schema.js", "text/javascript; charset=utf-8", include_str!("page/schema.js")),
    ("/docs/text.js", "text/javascript; charset=utf-8", include_str!("page/text.js")),
    ("/docs/try.js", "text/javascript; charset=utf-8", include_str!("page/try.js")),
];
/// Nothing from elsewhere, nothing inline, and in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The paths that are served for `table`: an application that has a route of its own there keeps it.
pub(crate) fn shapes(table: &Table) -> Vec<&'static str> {
    let all = std::iter::once(DOCUMENT).chain(FILES.map(|(path, ..)| path));
    all.filter(|path| !table.routes.iter().any(|route| shape(&route.path) == *path)).collect()
}

/// `router` with the document and its page.
pub(crate) fn routes(
    mut router: Router,
    blueprint: &'static Blueprint,
    table: &Table,
    security: Vec<SecurityScheme>,
) -> Router {
    let served = shapes(table);
    if served.contains(&DOCUMENT) {
        // Most processes are never asked for it.
        let made: Arc<OnceLock<Bytes>> = Arc::default();
        let table = table.clone();
        let get = move || {
            let document = || serde_json::to_vec(&document(blueprint, &table, &security)).unwrap_or_default().into();
            let document = made.get_or_init(document).clone();
            async move { answer("application/json", document) }
        };
        router = router.route(DOCUMENT, routing::get(get));
    }
    for (path, media, text) in FILES {
        if served.contains(&path) {
            router = router
                .route(path, routing::get(move || async move { answer(media, Bytes::from_static(text.as_bytes())) }));
        }
    }
    router
}

fn answer(media: &'static str, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    let headers: &mut HeaderMap = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    // Another build may have another page.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
