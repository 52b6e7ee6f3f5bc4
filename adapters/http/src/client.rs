//! A client for tests: it calls routes in process.

use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::BodyExt;
use partitura_runtime::error::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tower::ServiceExt;

/// Calls the routes of an application in process. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    router: Router,
    headers: HeaderMap,
    address: Option<SocketAddr>,
}

impl Client {
    /// One that calls this router.
    pub fn of(router: Router) -> Self {
        Client { router, headers: HeaderMap::new(), address: None }
    }

    /// One whose connection comes from this address.
    #[must_use]
    pub fn from_address(mut self, address: IpAddr) -> Self {
        self.address = Some(SocketAddr::new(address, 0));
        self
    }

    /// One that sends this header with every request.
    ///
    /// # Panics
    /// If it is no header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        let (name, value) = header(name, value);
        self.headers.insert(name, value);
        self
    }

    /// One that shows this token with every request.
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.with(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    /// `GET`
    pub fn get(&self, path: impl AsRef<str>) -> Request {
        self.request(Method::GET, path)
    }

    /// `POST`
    pub fn post(&self, path: impl AsRef<str>) -> Request {
        self.request(Method::POST, path)
    }

    /// `PUT`
    pub fn put(&self, path: impl AsRef<str>) -> Request {
        self.request(Method::PUT, path)
    }

    /// `PATCH`
    pub fn patch(&self, path: impl AsRef<str>) -> Request {
        self.request(Method::PATCH, path)
    }

    /// `DELETE`
    pub fn delete(&self, path: impl AsRef<str>) -> Request {
        self.request(Method::DELETE, path)
    }

    /// Any method.
    ///
    /// # Panics
    /// If the path is none.
    #[track_caller]
    pub fn request(&self, method: Method, path: impl AsRef<str>) -> Request {
        let request = axum::http::Request::builder().method(method).uri(path.as_ref());
        let mut request = match request.body(Body::empty()) {
            Ok(request) => request,
            Err(error) => panic!("`{}` is no path of a request: {error}", path.as_ref()),
        };
        *request.headers_mut() = self.headers.clone();
        if let Some(address) = self.address {
            request.extensions_mut().insert(ConnectInfo(address));
        }
        Request { router: self.router.clone(), request }
    }
}

#[track_caller]
fn header(name: &str, value: &str) -> (HeaderName, HeaderValue) {
    match (HeaderName::try_from(name), HeaderValue::try_from(value)) {
        (Ok(name), Ok(value)) => (name, value),
        _ => panic!("`{name}: {value}` is no header"),
    }
}

/// A request that is not sent yet.
#[must_use = "it is sent by `.send().await`"]
pub struct Request {
    router: Router,
    request: axum::http::Request<Body>,
}

impl Request {
    /// With a header.
    ///
    /// # Panics
    /// If it is none.
    #[track_caller]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let (name, value) = header(name, value);
        self.request.headers_mut().append(name, value);
        self
    }

    /// With a body of JSON.
    ///
    /// # Panics
    /// If it does not serialise.
    #[track_caller]
    pub fn json(self, value: &impl Serialize) -> Self {
        match serde_json::to_vec(value) {
            Ok(json) => self.body("application/json", json),
            Err(error) => panic!("the body does not serialise: {error}"),
        }
    }

    /// With the fields of a form.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.body("application/x-www-form-urlencoded", body)
    }

    /// With any body.
    pub fn body(mut self, content_type: &'static str, body: impl Into<Body>) -> Self {
        self.request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        *self.request.body_mut() = body.into();
        self
    }

    /// With a header that may be no text.
    pub fn header_value(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.request.headers_mut().append(name, value);
        self
    }

    /// With a body, and without saying what it is.
    pub fn raw(mut self, body: impl Into<Body>) -> Self {
        *self.request.body_mut() = body.into();
        self
    }

    /// Sends it, and waits for the whole answer. A stream that has no end has no answer: read one by [`Request::open`].
    pub async fn send(self) -> Answer {
        let (status, headers, body) = self.open().await;
        // A body of the server's own does not break.
        let body = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
        Answer { status, headers, body }
    }

    /// Sends it, and answers with status, headers and the body that is still to come.
    pub async fn open(self) -> (StatusCode, HeaderMap, Body) {
        let response = match self.router.oneshot(self.request).await {
            Ok(response) => response,
            Err(never) => match never {},
        };
        let (head, body) = response.into_parts();
        (head.status, head.headers, body)
    }
}

/// What a route answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Answer {
    /// A header; nothing if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// Kind internal, with the status and the body, if it is none, or another.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body)
            .map_err(|error| Error::internal(format!("{}: {error}: {}", self.status, self.text())))
    }
}
