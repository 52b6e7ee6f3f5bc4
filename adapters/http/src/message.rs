//! One request to one message, and its reply back.

mod body;
mod reply;
pub(crate) mod stream;

use std::borrow::Cow;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, Method as HttpMethod, StatusCode, request};
use axum::response::Response;
use partitura_runtime::app::{Door, Routed};
use partitura_runtime::error::{Error, Kind, Result};
use partitura_runtime::input::parts::{Found, Parts};
use partitura_runtime::module::{Handler, NamedCall};
use partitura_runtime::route::{RouteCall, Success, Written};

use crate::call::{self, Shared};
use crate::layers::Guard;
use crate::problem;
use crate::table::Bound;
pub(crate) use body::{MEDIA, too_large, too_slow};

/// What a browser says that comes back to a stream of events (WHATWG HTML, 9.2).
static LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A route that leads to a message.
pub(crate) struct Route {
    shared: Arc<Shared>,
    handler: &'static Handler,
    name: String,
    /// The segments of its path up to the last field.
    template: Vec<Segment>,
    success: Success,
    if_match: Option<&'static str>,
    resume: Option<&'static str>,
    call: Option<RouteCall>,
    streams: bool,
    guard: Arc<Guard>,
}

/// A part of the path between two `/`.
enum Segment {
    Fixed,
    Field(String),
    Rest(String),
}

impl Route {
    /// The route of `bound`, which leads to `handler`.
    pub(crate) fn new(shared: Arc<Shared>, bound: &Bound, handler: &'static Handler) -> Arc<Self> {
        let segments = bound.path.split('/').skip(1).map(|segment| {
            match segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) {
                Some(name) => match name.strip_prefix('*') {
                    Some(rest) => Segment::Rest(rest.to_owned()),
                    None => Segment::Field(name.to_owned()),
                },
                None => Segment::Fixed,
            }
        });
        // What has no fields need not be taken apart.
        let mut template: Vec<Segment> = segments.collect();
        while template.last().is_some_and(|last| matches!(last, Segment::Fixed)) {
            template.pop();
        }
        // A message that was moved is decoded as where it was; one that declares no route goes by its name.
        let any = bound.declared.or(handler.routes.first());
        Arc::new(Route {
            handler,
            name: handler.full_name(),
            template,
            success: bound.success(),
            if_match: bound.declared.and_then(|route| route.if_match),
            resume: bound.declared.and_then(|route| route.resume),
            call: any.and_then(|route| route.call),
            streams: matches!(handler.call, NamedCall::Stream(_)),
            guard: shared.layers.limits.guard(bound),
            shared,
        })
    }

    /// Where the message is sent by its name: nothing of it is in the path.
    pub(crate) fn named(shared: Arc<Shared>, handler: &'static Handler) -> Arc<Self> {
        Arc::new(Route {
            handler,
            name: handler.full_name(),
            template: Vec::new(),
            success: Success::Plain,
            if_match: None,
            resume: None,
            call: handler.routes.first().and_then(|route| route.call),
            streams: matches!(handler.call, NamedCall::Stream(_)),
            guard: shared.layers.limits.of_message(&handler.full_name()),
            shared,
        })
    }

    /// Answers one request.
    ///
    /// No `async fn`, which would keep the request beside what it is taken apart into: this future is on the heap for each
    /// request, and what has up to a thousand bytes is allocated and freed by far fewer instructions.
    pub(crate) fn serve(self: Arc<Self>, request: Request) -> impl Future<Output = Response> + Send {
        let (head, body) = request.into_parts();
        async move {
            let (door, places) = match self.shared.door(&head, &self.guard).await {
                Ok(admitted) => admitted,
                Err(refused) => return *refused,
            };
            let response = match self.answer(&door, &head, body).await {
                Ok(response) => response,
                Err(error) => self.refuse(&error, &head, &door),
            };
            places.until_answered(response)
        }
    }

    async fn answer(&self, door: &Door, head: &request::Parts, body: Body) -> Result<Response> {
        let form = match self.streams {
            true => stream::form(&head.headers)?,
            false => {
                reply::acceptable(&head.headers)?;
                stream::Form::Collected
            }
        };
        let body = match body::is_nothing(head, &body) {
            true => body::Received::Nothing,
            // On the heap: a request without a body should not hold what one with a form of files waits for.
            false => Box::pin(body::read(&self.shared, &self.guard, head, body)).await?,
        };
        let mut parts = Parts::of_body(body.json());
        self.path(head.uri.path(), &mut parts)?;
        if let Some(query) = head.uri.query() {
            pairs(Found::Query, query.as_bytes(), &mut parts)?;
        }
        body.add_to(&mut parts)?;
        if let Some((field, seen)) = self.seen(head) {
            parts.push(Found::Header, field, seen);
        }
        if let Some(field) = self.if_match
            && let Some(version) = version(&head.headers)?
        {
            parts.push(Found::Header, field, version);
        }
        let sent = match self.call {
            Some(call) => door.route(&self.name, call, &parts).await,
            // On the heap, as all that not every request does.
            None => Box::pin(self.send_by_name(door, &parts)).await,
        };
        match sent? {
            Routed::Once(written) => Ok(self.reply(written, head)),
            Routed::Stream(items) => {
                let path = call::path(head).into_owned();
                // A caller who comes again has seen so many.
                let number = self.seen(head).and_then(|(_, seen)| seen.parse().ok()).unwrap_or(0);
                Box::pin(stream::answer(items, form, &self.shared, path, door.trace_id(), &self.name, number)).await
            }
        }
    }

    /// What the caller has seen of a stream, and the field that takes it.
    fn seen<'h>(&self, head: &'h request::Parts) -> Option<(&'static str, &'h str)> {
        Some((self.resume?, head.headers.get(&LAST_EVENT_ID)?.to_str().ok()?))
    }

    async fn send_by_name(&self, door: &Door, parts: &Parts<'_>) -> Result<Routed> {
        let input = parts.to_value(&self.name, (self.handler.schema)().as_ref())?;
        if self.streams {
            return door.stream(&self.name, input).await.map(Routed::Stream);
        }
        let reply = door.execute(&self.name, input).await?;
        let is_nothing = reply.is_null() && self.handler.reply == "()";
        let json = serde_json::to_vec(&reply).unwrap_or_default();
        Ok(Routed::Once(Written { json, is_nothing, facts: None }))
    }

    /// The fields in the path. The router has matched it: as many segments as the template has, from the end of it, where the
    /// router is nested.
    fn path<'a>(&'a self, path: &'a str, parts: &mut Parts<'a>) -> Result<()> {
        let mut rest = path.strip_prefix('/').unwrap_or(path);
        for segment in &self.template {
            let (text, after) = match segment {
                Segment::Rest(_) => (rest, ""),
                // As `split_once`, which is made for long texts.
                _ => match rest.bytes().position(|byte| byte == b'/') {
                    Some(end) => (&rest[..end], &rest[end + 1..]),
                    None => (rest, ""),
                },
            };
            rest = after;
            if let Segment::Field(name) | Segment::Rest(name) = segment {
                parts.push(Found::Path, name.as_str(), decoded(text)?);
            }
        }
        Ok(())
    }

    fn reply(&self, written: Written, head: &request::Parts) -> Response {
        let reads = matches!(head.method, HttpMethod::GET | HttpMethod::HEAD);
        if let Some(version) = written.facts.as_deref().and_then(|facts| facts.version)
            && reads
            && seen(&head.headers, version)
        {
            return reply::not_modified(version);
        }
        reply::answer(self.success, written, head)
    }

    #[cold]
    fn refuse(&self, error: &Error, head: &request::Parts, door: &Door) -> Response {
        let path = call::path(head);
        let told = self.shared.told(&path, Some(door.trace_id()));
        // What failed because of a header that is about a precondition, has a status of its own.
        if let Some(field) = self.if_match {
            let missing = |failure: &partitura_runtime::error::Failure| {
                failure.code == "missing" && failure.pointer.strip_prefix('/') == Some(field)
            };
            if error.kind() == Kind::Conflict && head.headers.contains_key(IF_MATCH) {
                return problem::answer_as(error, StatusCode::PRECONDITION_FAILED, told);
            }
            if error.is_malformed() && error.failures().len() == 1 && error.failures().iter().all(missing) {
                let text = format!("say which version was seen: `If-Match: \"<version>\"`, or the field `{field}`");
                let error = Error::new(Kind::Invalid, text).with_code("precondition_required");
                return problem::answer_as(&error, StatusCode::PRECONDITION_REQUIRED, told);
            }
        }
        match status(error) {
            Some(status) => problem::answer_as(error, status, told),
            None => self.shared.answer(error, told),
        }
    }
}

/// The status of an error that only HTTP knows.
pub(crate) fn status(error: &Error) -> Option<StatusCode> {
    match error.code() {
        body::MEDIA => Some(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        body::SLOW => Some(StatusCode::REQUEST_TIMEOUT),
        reply::ACCEPT => Some(StatusCode::NOT_ACCEPTABLE),
        _ => None,
    }
}

/// Percent-decoded.
pub(crate) fn decoded(text: &str) -> Result<Cow<'_, str>> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    percent_encoding::percent_decode_str(text)
        .decode_utf8()
        .map_err(|_| Error::malformed(format!("`{text}` in the path is not UTF-8 when it is decoded"), Vec::new()))
}

/// The most fields that a query or a form may have.
const MOST_FIELDS: usize = 1_000;

/// The fields of a query or a form.
pub(crate) fn pairs<'a>(found: Found, text: &'a [u8], parts: &mut Parts<'a>) -> Result<()> {
    for (name, value) in form_urlencoded::parse(text) {
        if parts.named.len() >= MOST_FIELDS {
            let text = format!("there are more than {MOST_FIELDS} fields");
            return Err(Error::new(Kind::TooLarge, text));
        }
        parts.push(found, name, value);
    }
    Ok(())
}

/// The version in `If-Match`: of `"3"` the 3. `*` says that any will do.
fn version(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(header) = headers.get(IF_MATCH) else { return Ok(None) };
    let text = header.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let tag = text.strip_prefix("W/").unwrap_or(text);
    match tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')) {
        Some(tag) if !tag.contains('"') => Ok(Some(tag.to_owned())),
        _ => Err(Error::malformed("`If-Match` holds one tag in quotes, as `ETag` had it", Vec::new())),
    }
}

/// Whether `If-None-Match` names the version.
fn seen(headers: &HeaderMap, version: u64) -> bool {
    let own = format!("\"{version}\"");
    let texts = headers.get_all(IF_NONE_MATCH).iter().filter_map(|header| header.to_str().ok());
    texts
        .flat_map(|text| text.split(','))
        .map(str::trim)
        .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == own)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// glibc keeps what has up to 1,032 bytes at hand for each thread; beyond that an allocation takes ten times as long. axum and
    /// the layer of `map` add eight.
    #[test]
    fn the_future_of_a_request_is_allocated_fast() {
        fn size<F>(_: impl FnOnce(Arc<Route>, Request) -> F) -> usize {
            size_of::<F>()
        }
        let size = size(Route::serve);
        assert!(size <= 1_000, "{size} bytes");
    }
}
