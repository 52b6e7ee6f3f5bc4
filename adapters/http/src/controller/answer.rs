//! What a method may answer with.

use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use partitura_runtime::error::{Error, Result};
use serde::Serialize;

use super::Refused;
use super::extract::{Json, failed};

/// 201, with a `Location` and what is there now, as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created<T> {
    location: String,
    value: T,
}

impl<T> Created<T> {
    /// It is at `location`, a path from the root of the server or a whole address.
    pub fn at(location: impl Into<String>, value: T) -> Self {
        Created { location: location.into(), value }
    }
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let Ok(location) = HeaderValue::try_from(self.location) else {
            return failed(Error::internal("a `Location` is a path in ASCII, percent-encoded where it must be"));
        };
        let mut response = Json(self.value).into_response();
        if response.status() == StatusCode::OK {
            *response.status_mut() = StatusCode::CREATED;
            response.headers_mut().insert(LOCATION, location);
        }
        response
    }
}

/// 202: it will be done. What is known by now, as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted<T>(pub T);

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.0).into_response();
        if response.status() == StatusCode::OK {
            *response.status_mut() = StatusCode::ACCEPTED;
        }
        response
    }
}

/// 204: it is done, and there is nothing to say. No body, no content type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

/// What a method gave, asked how it is an answer: a `Result` whose error becomes one of the framework's is found first.
pub struct Given<R>(pub R);

/// A `Result`, whose error is told as a problem.
pub struct Fails;
/// What axum makes an answer of.
pub struct Responds;

impl<T, E: Into<Error>> Given<std::result::Result<T, E>> {
    /// By its error.
    pub const fn how(&self) -> Fails {
        Fails
    }
}

/// Of everything else.
pub trait Otherwise {
    /// As it is.
    fn how(&self) -> Responds {
        Responds
    }
}

impl<R> Otherwise for Given<R> {}

/// What a method may answer with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no answer of a route [PT0425]",
    label = "no response is made of it",
    note = "answer with `partitura::http::Json<T>` of a type that serialises, `Created<T>`, `Accepted<T>`, `NoContent`, or whatever axum makes a response of (`IntoResponse`)",
    note = "the error of a `Result` is `partitura::Error`, an enum with `#[derive(Debug, Problem)]`, or a response itself"
)]
pub trait Answers {
    /// The answer.
    fn answer(self) -> Response;
}

#[diagnostic::do_not_recommend]
impl<R: IntoResponse> Answers for R {
    fn answer(self) -> Response {
        self.into_response()
    }
}

impl Fails {
    /// What it answers with.
    ///
    /// # Errors
    /// The method's own.
    pub fn value<T, E: Into<Error>>(self, given: Given<std::result::Result<T, E>>) -> Result<T, Refused> {
        given.0.map_err(|error| Refused::Error(error.into()))
    }
}

impl Responds {
    /// What it answers with.
    ///
    /// # Errors
    /// None: an error is an answer, too.
    pub fn value<R>(self, given: Given<R>) -> Result<R, Refused> {
        Ok(given.0)
    }
}
