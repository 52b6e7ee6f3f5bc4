//! Extractors that check what they read: every mistake of it is told, each with its JSON pointer.

use std::sync::Arc;

use axum::extract::{
    FromRequest, FromRequestParts, OptionalFromRequest, OptionalFromRequestParts, RawPathParams, Request,
};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, request};
use axum::response::{IntoResponse, Response};
use partitura_runtime::error::{Error, Failure, Result};
use partitura_runtime::input::parts::{Found, Parts, decode_parts};
use partitura_runtime::input::shape::Shape;
use partitura_runtime::input::{decode_text, explain, given, schema_of};
use partitura_runtime::route::names;
use schemars::JsonSchema;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::message::{self, MEDIA, pairs};
use crate::problem::{self, Told};

/// A body of JSON, and an answer of it.
///
/// As a parameter of a controller's method it is read with every mistake told if `T` has a schema (`JsonSchema`), and checked by
/// the rules of `T` if it has any (`Validate`). A field that `T` does not know is a mistake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Json<T>(pub T);

/// The fields of the path: one value, a tuple in their order, or a struct by their names. Told as [`Json`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Path<T>(pub T);

/// The fields of the query. Told as [`Json`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Query<T>(pub T);

/// The fields of a form: of the body, or for what only reads of the query. Told as [`Json`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Form<T>(pub T);

/// Why an extractor of ours has no value: problem details, wherever it is used.
#[derive(Debug)]
pub struct Refusal(Error);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        failed(self.0)
    }
}

/// Problem details that a method's caller makes anew, with what it knows of the request.
pub(super) fn failed(error: Error) -> Response {
    let told = Told::default();
    let mut response = match message::status(&error) {
        Some(status) => problem::answer_as(&error, status, told),
        None => problem::answer(&error, told),
    };
    response.extensions_mut().insert(Arc::new(error));
    response
}

/// The path of the route that a request came by.
#[derive(Clone, Copy)]
pub(super) struct Template(pub(super) &'static str);

/// One of ours that holds a value.
pub trait Holds {
    /// What it holds.
    type Value;

    /// It; `None` if nothing was sent.
    fn held(&self) -> Option<&Self::Value>;
}

/// One of ours, of a type with a schema.
pub trait ReadsBySchema: Sized {
    /// Reads it.
    fn read(request: &mut Request) -> impl Future<Output = Result<Self>> + Send;
}

macro_rules! holds {
    ($($extractor:ident)*) => {$(
        impl<T> Holds for $extractor<T> {
            type Value = T;

            fn held(&self) -> Option<&T> {
                Some(&self.0)
            }
        }

        impl<T> Holds for Option<$extractor<T>> {
            type Value = T;

            fn held(&self) -> Option<&T> {
                self.as_ref().map(|extractor| &extractor.0)
            }
        }
    )*};
}

holds!(Json Path Query Form);

impl<T: DeserializeOwned + JsonSchema> ReadsBySchema for Json<T> {
    async fn read(request: &mut Request) -> Result<Self> {
        is_json(request.headers())?;
        decode_text("body", &bytes(request).await?).map(Json)
    }
}

impl<T: DeserializeOwned + JsonSchema> ReadsBySchema for Option<Json<T>> {
    async fn read(request: &mut Request) -> Result<Self> {
        let says_nothing = !request.headers().contains_key(CONTENT_TYPE);
        if says_nothing && http_body::Body::is_end_stream(request.body()) {
            return Ok(None);
        }
        Json::read(request).await.map(Some)
    }
}

impl<T: DeserializeOwned + JsonSchema> ReadsBySchema for Form<T> {
    async fn read(request: &mut Request) -> Result<Self> {
        if matches!(*request.method(), Method::GET | Method::HEAD) {
            let query = request.uri().query().unwrap_or_default();
            return fields(Found::Query, query.as_bytes(), "form").map(Form);
        }
        let essence = essence(request.headers());
        if essence != "application/x-www-form-urlencoded" {
            return Err(media(&essence, "application/x-www-form-urlencoded"));
        }
        fields(Found::Form, &bytes(request).await?, "form").map(Form)
    }
}

impl<T: DeserializeOwned + JsonSchema> ReadsBySchema for Query<T> {
    async fn read(request: &mut Request) -> Result<Self> {
        let query = request.uri().query().unwrap_or_default();
        fields(Found::Query, query.as_bytes(), "query").map(Query)
    }
}

/// The fields of a query or a form.
fn fields<T: DeserializeOwned + JsonSchema>(found: Found, text: &[u8], name: &str) -> Result<T> {
    let mut parts = Parts::default();
    pairs(found, text, &mut parts)?;
    decode_parts(name, &parts)
}

impl<T: DeserializeOwned + JsonSchema + Send> ReadsBySchema for Path<T> {
    async fn read(request: &mut Request) -> Result<Self> {
        let (mut head, body) = std::mem::take(request).into_parts();
        let read = path(&mut head).await;
        *request = Request::from_parts(head, body);
        read.map(Path)
    }
}

/// At once by serde; only what it does not take is looked at by the schema.
async fn path<T: DeserializeOwned + JsonSchema + Send>(head: &mut request::Parts) -> Result<T> {
    let refused = match <axum::extract::Path<T> as FromRequestParts<()>>::from_request_parts(head, &()).await {
        Ok(axum::extract::Path(value)) => return Ok(value),
        Err(refused) if refused.status().is_server_error() => return Err(Error::internal(refused.body_text())),
        Err(refused) => refused.body_text(),
    };
    let Ok(params) = RawPathParams::from_request_parts(head, &()).await else {
        return Err(Error::malformed(refused, Vec::new()));
    };
    let own = head.extensions.get::<Template>().map(|template| names(template.0).collect::<Vec<_>>());
    let is_own = |name: &str| own.as_ref().is_none_or(|own| own.contains(&name));
    let fields: Vec<(&str, &str)> = params.iter().filter(|(name, _)| is_own(name)).collect();
    let schema = schema_of::<T>();
    let mut failures = mistakes(&schema, &fields)?;
    if failures.is_empty() {
        let pointer = fields.first().map(|(name, _)| format!("/{name}")).unwrap_or_default();
        failures.push(Failure::new(pointer, "type", refused));
    }
    let text = match failures.len() {
        1 => "the path has 1 mistake".to_owned(),
        all => format!("the path has {all} mistakes"),
    };
    Err(Error::malformed(text, failures))
}

/// What the schema finds wrong with the fields of a path, each by the name of its field.
fn mistakes(schema: &Value, fields: &[(&str, &str)]) -> Result<Vec<Failure>> {
    let shape = Shape::new(schema);
    if !shape.fields().is_empty() {
        let mut parts = Parts::default();
        for (name, text) in fields {
            parts.push(Found::Path, *name, *text);
        }
        return Ok(explain(schema, &parts.to_value("path", Some(schema))?));
    }
    let each = schema.get("prefixItems").and_then(Value::as_array);
    let value = match each {
        None => match fields.first() {
            Some((_, text)) => given::parse(&shape, schema, text),
            None => Value::Null,
        },
        Some(each) => each.iter().zip(fields).map(|(own, (_, text))| given::parse(&shape, own, text)).collect(),
    };
    let named = |failure: Failure| {
        let at = failure.pointer.trim_start_matches('/').parse().unwrap_or(0);
        let pointer = fields.get(at).map_or(failure.pointer.clone(), |(name, _)| format!("/{name}"));
        Failure::new(pointer, failure.code, failure.message)
    };
    Ok(explain(schema, &value).into_iter().map(named).collect())
}

async fn bytes(request: &mut Request) -> Result<axum::body::Bytes> {
    let body = std::mem::replace(request.body_mut(), super::nothing());
    // The limits of size and time are kept by the body itself, which also says which of them it was.
    axum::body::to_bytes(body, usize::MAX).await.map_err(|_| Error::malformed("the body broke off", Vec::new()))
}

fn essence(headers: &HeaderMap) -> String {
    let text = headers.get(CONTENT_TYPE).and_then(|text| text.to_str().ok()).unwrap_or_default();
    text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A body that says nothing is JSON.
fn is_json(headers: &HeaderMap) -> Result<()> {
    let essence = essence(headers);
    match essence.is_empty() || essence == "application/json" || essence.ends_with("+json") {
        true => Ok(()),
        false => Err(media(&essence, "application/json")),
    }
}

fn media(essence: &str, wanted: &str) -> Error {
    let given = if essence.is_empty() { "no type" } else { essence };
    Error::invalid(format!("a body of `{given}` is not understood: send {wanted}")).with_code(MEDIA)
}

/// What axum's extractor of the same name says, as ours.
macro_rules! refused {
    ($rejection:expr) => {{
        let rejection = $rejection;
        let (status, text) = (rejection.status(), rejection.body_text());
        Refusal(match status.as_u16() {
            415 => Error::invalid(text).with_code(MEDIA),
            413 => Error::new(partitura_runtime::error::Kind::TooLarge, text),
            400..500 => Error::malformed(text, Vec::new()),
            _ => Error::internal(text),
        })
    }};
}

// Without a schema they read as axum's do.

impl<T: DeserializeOwned> FromRequest<()> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &()) -> Result<Self, Refusal> {
        match <axum::Json<T> as FromRequest<()>>::from_request(request, &()).await {
            Ok(axum::Json(value)) => Ok(Json(value)),
            Err(rejection) => Err(refused!(rejection)),
        }
    }
}

impl<T: DeserializeOwned> OptionalFromRequest<()> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &()) -> Result<Option<Self>, Refusal> {
        match <axum::Json<T> as OptionalFromRequest<()>>::from_request(request, &()).await {
            Ok(value) => Ok(value.map(|axum::Json(value)| Json(value))),
            Err(rejection) => Err(refused!(rejection)),
        }
    }
}

impl<T: DeserializeOwned> FromRequest<()> for Form<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &()) -> Result<Self, Refusal> {
        match axum::Form::<T>::from_request(request, &()).await {
            Ok(axum::Form(value)) => Ok(Form(value)),
            Err(rejection) => Err(refused!(rejection)),
        }
    }
}

impl<T: DeserializeOwned> FromRequestParts<()> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(head: &mut request::Parts, _: &()) -> Result<Self, Refusal> {
        match axum::extract::Query::<T>::from_request_parts(head, &()).await {
            Ok(axum::extract::Query(value)) => Ok(Query(value)),
            Err(rejection) => Err(refused!(rejection)),
        }
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<()> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(head: &mut request::Parts, _: &()) -> Result<Self, Refusal> {
        match <axum::extract::Path<T> as FromRequestParts<()>>::from_request_parts(head, &()).await {
            Ok(axum::extract::Path(value)) => Ok(Path(value)),
            Err(rejection) => Err(refused!(rejection)),
        }
    }
}

impl<T: DeserializeOwned + Send + 'static> OptionalFromRequestParts<()> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(head: &mut request::Parts, _: &()) -> Result<Option<Self>, Refusal> {
        match <axum::extract::Path<T> as OptionalFromRequestParts<()>>::from_request_parts(head, &()).await {
            Ok(value) => Ok(value.map(|axum::extract::Path(value)| Path(value))),
            Err(rejection) => Err(refused!(rejection)),
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(json) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
            Err(error) => failed(Error::internal(format!("the answer does not serialise: {error}"))),
        }
    }
}
