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

use super::document;
use crate::auth::SecurityScheme;
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

/// The document and its page.
#[derive(Clone)]
pub(crate) struct Pages(Arc<Inner>);

struct Inner {
    blueprint: &'static Blueprint,
    table: Table,
    security: Vec<SecurityScheme>,
    /// Most processes are never asked for it.
    document: OnceLock<Bytes>,
}

impl Pages {
    /// Those of the routes in `table`.
    pub(crate) fn new(blueprint: &'static Blueprint, table: &Table, security: Vec<SecurityScheme>) -> Self {
        Pages(Arc::new(Inner { blueprint, table: table.clone(), security, document: OnceLock::new() }))
    }

    /// Where they are: an application that has a route of its own there keeps it.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &'static str> + use<'_> {
        let all = std::iter::once(DOCUMENT).chain(FILES.map(|(path, ..)| path));
        all.filter(|path| !self.0.table.routes.iter().any(|route| shape(&route.path) == *path))
    }

    /// Whether one is at `path`.
    pub(crate) fn has(path: &str) -> bool {
        path == DOCUMENT || FILES.iter().any(|(own, ..)| *own == path)
    }

    /// A router with them in it.
    pub(crate) fn onto(&self, router: Router) -> Router {
        self.paths().fold(router, |router, path| {
            let pages = self.clone();
            let get = move || async move { pages.answer(path).unwrap_or_default() };
            router.route(path, routing::get(get))
        })
    }

    /// What is at `path`, if it is one of them.
    pub(crate) fn answer(&self, path: &str) -> Option<Response> {
        let path = self.paths().find(|own| *own == path)?;
        if path == DOCUMENT {
            return Some(answer("application/json", self.0.document()));
        }
        let (_, media, text) = FILES.into_iter().find(|(own, ..)| *own == path)?;
        Some(answer(media, Bytes::from_static(text.as_bytes())))
    }
}

impl Inner {
    fn document(&self) -> Bytes {
        let make = || document(self.blueprint, &self.table, &self.security);
        self.document.get_or_init(|| serde_json::to_vec(&make()).unwrap_or_default().into()).clone()
    }
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
