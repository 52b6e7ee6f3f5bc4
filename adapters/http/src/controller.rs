//! Methods of controllers: what `#[controller]` writes of them, and how one request runs through one.

mod answer;
mod body;
mod docs;
mod download;
mod extract;
mod streams;
mod take;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::MethodRouter;
use partitura_runtime::container::need::Need;
use partitura_runtime::context::{Context, Endpoint, Visited};
use partitura_runtime::error::{Error, Result};
use partitura_runtime::future::BoxFuture;
use partitura_runtime::message::{MessageInfo, MessageKind};
use partitura_runtime::module::Mounted;
use partitura_runtime::route::Route;

use crate::call::{self, Shared};
use crate::layers::Guard;
use crate::{message, problem};
use body::Faults;
pub(crate) use body::guarded;

pub use answer::{Accepted, Created, NoContent};
pub use docs::{Input, Known, MethodDocs, Output, Source};
pub use download::Download;
pub use extract::{Form, Json, Path, Query, Refusal};
pub use streams::{Events, Lines};

/// What generated code refers to.
pub(crate) mod generated {
    pub use axum::response::Response;
    pub use axum::routing::MethodRouter;

    pub use super::answer::{Answers, Given, Otherwise};
    pub use super::docs::{InputOf, MethodDocs, NoInput, NoOutput, OutputOf, Streamed};
    pub use super::take::{
        BySchema, NoBody, NoHead, NoRules, NoSchema, OfBody, OfHead, RulesOf, Take, check_value, take,
    };
    pub use super::{Controller, Incoming, Method, finished, layered};
}

/// A controller: what stands in the table of its module.
pub struct Controller {
    methods: &'static [Method],
}

impl Controller {
    /// With its methods, in the order of their routes.
    pub const fn new(methods: &'static [Method]) -> Self {
        Controller { methods }
    }

    /// The controller of an entry; `None` if the entry is of another adapter.
    pub fn of(mounted: &Mounted) -> Option<&'static Controller> {
        mounted.what.downcast_ref()
    }

    /// What is wrong with its paths.
    pub(crate) fn mistakes(&'static self) -> impl Iterator<Item = String> {
        self.methods.iter().flat_map(|method| docs::mistakes(method.path, &method.docs))
    }

    /// The method at a place among the routes.
    pub fn method(&'static self, at: usize) -> Option<&'static Method> {
        self.methods.get(at)
    }
}

/// A method of a controller, on one route.
pub struct Method {
    endpoint: Endpoint,
    path: &'static str,
    call: Visited<Incoming, Response>,
    layers: Option<fn(MethodRouter) -> MethodRouter>,
    docs: MethodDocs,
}

impl Method {
    /// The method that `route` leads to: `name` with its type, what it needs, and how it is called.
    pub const fn new<C: 'static>(
        module: &'static str,
        name: &'static str,
        route: &Route,
        needs: &'static [Need],
        call: Visited<Incoming, Response>,
    ) -> Self {
        let info = MessageInfo::new::<C>(MessageKind::Command, module, name, route.place).docs(route.docs);
        Method {
            endpoint: Endpoint { info, needs, access: route.access, timeout_ms: route.timeout_ms },
            path: route.path,
            call,
            layers: None,
            docs: MethodDocs::NONE,
        }
    }

    /// What stands around it.
    #[must_use]
    pub const fn layers(mut self, layers: fn(MethodRouter) -> MethodRouter) -> Self {
        self.layers = Some(layers);
        self
    }

    /// What a document says of it.
    #[must_use]
    pub const fn docs(mut self, docs: MethodDocs) -> Self {
        self.docs = docs;
        self
    }

    /// What a document says of it.
    pub const fn document(&self) -> &MethodDocs {
        &self.docs
    }

    /// With its layers around it.
    pub(crate) fn layered(&self, router: MethodRouter) -> MethodRouter {
        match self.layers {
            Some(layers) => layers(router),
            None => router,
        }
    }

    /// Answers one request.
    pub(crate) fn serve(
        &'static self,
        shared: Arc<Shared>,
        guard: Arc<Guard>,
        mut request: Request,
    ) -> impl Future<Output = Response> + Send {
        DefaultBodyLimit::disable().apply(&mut request);
        // Outside of the future, which would keep the request beside its parts: it is on the heap for each request.
        let (mut head, body) = request.into_parts();
        async move {
            let (door, places) = match shared.door(&head, &guard).await {
                Ok(admitted) => admitted,
                Err(refused) => return *refused,
            };
            let path = call::path(&head).into_owned();
            head.extensions.insert(extract::Template(self.path));
            let (body, faults) = body::guarded(&shared, &guard, &head, body);
            let told =
                Told { shared: shared.clone(), path: path.clone(), faults, is_bounded: self.endpoint.timeout_ms > 0 };
            let incoming = Incoming { told, request: Request::from_parts(head, body) };
            let response = match door.visit(&self.endpoint, self.call, incoming).await {
                Ok(response) => response,
                Err(error) => {
                    let told = shared.told(&path, Some(door.trace_id()));
                    match message::status(&error) {
                        Some(status) => problem::answer_as(&error, status, told),
                        None => shared.answer(&error, told),
                    }
                }
            };
            places.until_answered(response)
        }
    }
}

/// A request on its way to a method.
pub struct Incoming {
    told: Told,
    request: Request,
}

/// What is known of a request when its answer is made.
#[derive(Clone)]
pub struct Told {
    shared: Arc<Shared>,
    path: String,
    faults: Arc<Faults>,
    is_bounded: bool,
}

impl Incoming {
    /// What its answer needs to know.
    pub fn told(&self) -> Told {
        self.told.clone()
    }
}

/// Why a method is not called, or has no answer.
pub enum Refused {
    /// An error.
    Error(Error),
    /// What an extractor answers with.
    Response(Box<Response>),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Refused::Error(error)
    }
}

/// The work of a method, with its answer made ready: streams are opened, what an extractor refuses becomes a problem.
pub fn finished<'c>(
    cx: &'c Context,
    told: Told,
    work: impl Future<Output = Result<Response, Refused>> + Send + 'c,
) -> BoxFuture<'c, Result<Response>> {
    Box::pin(async move {
        match work.await {
            Ok(mut response) => match response.extensions_mut().remove::<Arc<Error>>() {
                // What a response of our own could not say.
                Some(error) => told_again(error, response),
                None => streams::opened(response, cx, &told).await,
            },
            Err(Refused::Error(error)) => Err(told.faults.error().unwrap_or(error)),
            Err(Refused::Response(response)) => match told.faults.error() {
                Some(error) => Err(error),
                None => rejected(*response, cx, &told).await,
            },
        }
    })
}

/// The error that a response of our own was made of.
fn told_again(error: Arc<Error>, response: Response) -> Result<Response> {
    match Arc::try_unwrap(error) {
        Ok(error) => Err(error),
        Err(_) => Ok(response),
    }
}

/// The most that is read of what an extractor says.
const MOST_TEXT: usize = 16 * 1024;

/// What an extractor of somebody else's answers, as problem details; an answer that has a form of its own is left as it is.
async fn rejected(mut response: Response, cx: &Context, told: &Told) -> Result<Response> {
    if let Some(error) = response.extensions_mut().remove::<Arc<Error>>() {
        return told_again(error, response);
    }
    let status = response.status();
    let is_text = match response.headers().get(axum::http::header::CONTENT_TYPE) {
        None => true,
        Some(media) => media.as_bytes().starts_with(b"text/plain"),
    };
    if !is_text || !(status.is_client_error() || status.is_server_error()) {
        return Ok(response);
    }
    let (_, body) = response.into_parts();
    let text = axum::body::to_bytes(body, MOST_TEXT).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let error = refusal(status, &text);
    Ok(problem::answer_as(&error, status, told.shared.told(&told.path, Some(cx.trace_id()))))
}

/// An error of this status.
fn refusal(status: StatusCode, text: &str) -> Error {
    use partitura_runtime::error::Kind;
    let kind = match status {
        StatusCode::UNAUTHORIZED => Kind::Unauthenticated,
        StatusCode::FORBIDDEN => Kind::Forbidden,
        StatusCode::NOT_FOUND => Kind::NotFound,
        StatusCode::CONFLICT => Kind::Conflict,
        StatusCode::GONE => Kind::Gone,
        StatusCode::PAYLOAD_TOO_LARGE => Kind::TooLarge,
        StatusCode::TOO_MANY_REQUESTS => Kind::TooMany,
        StatusCode::SERVICE_UNAVAILABLE => Kind::Unavailable,
        StatusCode::BAD_REQUEST => return Error::malformed(text, Vec::new()),
        status if status.is_client_error() => Kind::Invalid,
        _ => Kind::Internal,
    };
    let error = Error::new(kind, text);
    match status {
        StatusCode::UNSUPPORTED_MEDIA_TYPE => error.with_code(message::MEDIA),
        _ => error,
    }
}

/// `router` with a layer around it.
pub fn layered<L>(router: MethodRouter, layer: L) -> MethodRouter
where
    L: tower::Layer<axum::routing::Route> + Clone + Send + Sync + 'static,
    L::Service: tower::Service<Request, Response: axum::response::IntoResponse, Error: Into<std::convert::Infallible>>
        + Clone
        + Send
        + Sync
        + 'static,
    <L::Service as tower::Service<Request>>::Future: Send,
{
    router.layer(layer)
}

/// An empty body.
pub(crate) fn nothing() -> Body {
    Body::empty()
}
