//! Cross-origin requests of browsers (<https://fetch.spec.whatwg.org/#http-cors-protocol>).

use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use partitura_runtime::config::duration;
use serde::Deserialize;

/// The section `http.cors`: which pages of other origins may call. Without `origins` none may.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CorsConfig {
    /// The origins that may call: `["https://app.example.com"]`, or `["*"]` for every one. Default none.
    pub origins: Vec<String>,
    /// The methods that they may use. Default GET, HEAD, POST, PUT, PATCH and DELETE.
    pub methods: Vec<String>,
    /// The headers that they may send. Default whatever they ask for: an origin that may call may say anything.
    pub headers: Vec<String>,
    /// The headers of an answer that they may read. Default `etag`, `link`, `location`, `retry-after`, `x-request-id`.
    pub expose: Vec<String>,
    /// Whether their requests may carry cookies and the like, which needs origins by name. Default false.
    pub credentials: bool,
    /// How long a browser may remember what it was told. Default `10m`.
    #[serde(with = "duration")]
    pub max_age: Duration,
}

impl Default for CorsConfig {
    fn default() -> Self {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        CorsConfig {
            origins: Vec::new(),
            methods: list(&["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
            headers: Vec::new(),
            expose: list(&["etag", "link", "location", "retry-after", "x-request-id"]),
            credentials: false,
            max_age: Duration::from_secs(600),
        }
    }
}

/// What the configuration allows, as headers.
pub(crate) struct Cors {
    /// None for every one.
    origins: Option<Vec<HeaderValue>>,
    methods: HeaderValue,
    headers: Option<HeaderValue>,
    expose: Option<HeaderValue>,
    credentials: bool,
    max_age: HeaderValue,
}

impl Cors {
    /// `None` if nobody may; every mistake is told to `fault`, with its key.
    pub(super) fn new(config: &CorsConfig, mut fault: impl FnMut(String, String)) -> Option<Self> {
        if config.origins.is_empty() {
            return None;
        }
        let any = config.origins.iter().any(|origin| origin == "*");
        if any && config.credentials {
            let text = "with `origins = [\"*\"]` every page of the web could act as its visitor: name the origins";
            fault("http.cors.credentials".to_owned(), text.to_owned());
        }
        let mut origins = Vec::new();
        for (at, origin) in config.origins.iter().enumerate().filter(|(_, origin)| *origin != "*") {
            match is_origin(origin).then(|| HeaderValue::try_from(origin)) {
                Some(Ok(value)) => origins.push(value),
                _ => {
                    let text = format!(
                        "`{origin}` is no origin: write scheme, host and port, without a path: \"https://app.example.com\""
                    );
                    fault(format!("http.cors.origins[{at}]"), text);
                }
            }
        }
        for (key, names) in [("headers", &config.headers), ("expose", &config.expose)] {
            for (at, name) in names.iter().enumerate().filter(|(_, name)| HeaderName::try_from(*name).is_err()) {
                fault(format!("http.cors.{key}[{at}]"), format!("`{name}` is no name of a header"));
            }
        }
        for (at, name) in config.methods.iter().enumerate().filter(|(_, name)| Method::try_from(name.as_str()).is_err())
        {
            fault(format!("http.cors.methods[{at}]"), format!("`{name}` is no method"));
        }
        let list = |names: &[String]| HeaderValue::try_from(names.join(", ")).ok().filter(|_| !names.is_empty());
        Some(Cors {
            origins: (!any).then_some(origins),
            methods: list(&config.methods).unwrap_or(HeaderValue::from_static("")),
            headers: list(&config.headers),
            expose: list(&config.expose),
            credentials: config.credentials,
            max_age: HeaderValue::from(config.max_age.as_secs()),
        })
    }

    /// The answer to a browser that asks beforehand. Without the headers, if the origin may not: the browser refuses.
    pub(super) fn preflight(&self, request: &Request) -> Option<Response> {
        let headers = request.headers();
        let asks = request.method() == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        if !asks {
            return None;
        }
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NO_CONTENT;
        let out = response.headers_mut();
        if self.allows(headers.get(ORIGIN)) {
            out.insert(ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
            let asked = || headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
            if let Some(names) = self.headers.clone().or_else(asked) {
                out.insert(ACCESS_CONTROL_ALLOW_HEADERS, names);
            }
            out.insert(ACCESS_CONTROL_MAX_AGE, self.max_age.clone());
        }
        out.append(VARY, HeaderValue::from_static("access-control-request-method, access-control-request-headers"));
        Some(response)
    }

    /// Whether a page of `origin` may call, with cookies and the like if it `is_ambient`.
    #[cfg(feature = "websocket")]
    pub(super) fn lets_in(&self, origin: &HeaderValue, is_ambient: bool) -> bool {
        self.allows(Some(origin)) && (self.credentials || !is_ambient)
    }

    fn allows(&self, origin: Option<&HeaderValue>) -> bool {
        match (&self.origins, origin) {
            (None, Some(_)) => true,
            (Some(origins), Some(origin)) => origins.contains(origin),
            (_, None) => false,
        }
    }

    /// What a browser has to know of an answer to `origin`.
    pub(super) fn mark(&self, origin: Option<&HeaderValue>, headers: &mut HeaderMap) {
        if self.origins.is_some() {
            // Also where no origin asked: a cache must not give that answer to one that does.
            headers.append(VARY, HeaderValue::from_static("origin"));
        }
        let Some(origin) = origin.filter(|origin| self.allows(Some(origin))) else { return };
        let allowed = if self.origins.is_some() { origin.clone() } else { HeaderValue::from_static("*") };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if self.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if let Some(expose) = &self.expose {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, expose.clone());
        }
    }
}

/// As a browser writes it: in lower case, without a path.
fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else { return false };
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-:[]_".contains(c);
    !scheme.is_empty()
        && scheme.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "+-.".contains(c))
        && !host.is_empty()
        && host.chars().all(plain)
}
