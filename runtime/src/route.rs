//! Routes as data: a method and a path that lead to a message, or to a method of a controller. What serves them is an
//! adapter; here they are declared, so that `describe` and `verify` know them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::access::Access;
use crate::context::{Context, send_to};
use crate::error::Result;
use crate::future::BoxFuture;
use crate::input::parts::Parts;
use crate::message::{Decode, MessageInfo, MessageKind, Reply, Request};
use crate::stream::Streaming;
use crate::wiring::Handles;
use crate::wiring::place::Place;
use crate::wiring::text::{Text, same};

/// A request method (RFC 9110).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Changes something, or makes something new.
    Post,
    /// Puts something in the place of what is there.
    Put,
    /// Changes a part (RFC 5789).
    Patch,
    /// Removes.
    Delete,
    /// Reads without a body. Every route that is read answers it anyway.
    Head,
    /// Asks what may be done. Every path answers it anyway.
    Options,
    /// Whatever the method is.
    Any,
}

impl Method {
    /// Each.
    pub const ALL: [Method; 8] = [
        Method::Get,
        Method::Post,
        Method::Put,
        Method::Patch,
        Method::Delete,
        Method::Head,
        Method::Options,
        Method::Any,
    ];

    /// As it stands in a request; `ANY` for all.
    pub const fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
            Method::Head => "HEAD",
            Method::Options => "OPTIONS",
            Method::Any => "ANY",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What leads from a method and a path to a handler, or to a method of a controller.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path: `/accounts/{id}`, without what a configuration puts before it.
    pub path: &'static str,
    /// The fn of a controller; empty for a message's route.
    pub name: &'static str,
    /// The doc comment of the fn of a controller; of a message's route see [`MessageInfo::docs`](crate::message::MessageInfo).
    pub docs: &'static str,
    /// Who may call the fn of a controller; a message has its own.
    pub access: Access,
    /// Milliseconds after which the fn of a controller is cancelled; 0 for none of its own.
    pub timeout_ms: u64,
    /// How a success is answered.
    pub success: Success,
    /// The field of the message that `If-Match` fills.
    pub if_match: Option<&'static str>,
    /// The field of the message that `Last-Event-ID` fills: the number of the last item that a caller has seen.
    pub resume: Option<&'static str>,
    /// Where it leads; `None` for a controller's.
    pub call: Option<RouteCall>,
    /// Where it is declared.
    pub place: Place,
}

/// How a success is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Success {
    /// 200 with the reply, or 204 where it is `()`.
    Plain,
    /// 201 with a `Location`: a path, with names of fields of the reply in it; `{}` is the reply itself.
    Created(&'static str),
    /// 202: it will be done.
    Accepted,
}

impl Route {
    /// A route.
    pub const fn new(method: Method, path: &'static str, place: Place) -> Self {
        Route {
            method,
            path,
            name: "",
            docs: "",
            access: Access::Undeclared,
            timeout_ms: 0,
            success: Success::Plain,
            if_match: None,
            resume: None,
            call: None,
            place,
        }
    }

    /// The fn of a controller that it leads to.
    #[must_use]
    pub const fn fn_of_controller(mut self, name: &'static str, docs: &'static str) -> Self {
        self.name = name;
        self.docs = docs;
        self
    }

    /// Anybody may call it.
    #[must_use]
    pub const fn public(mut self) -> Self {
        self.access = Access::Public;
        self
    }

    /// Whoever has one of the roles may call it.
    #[must_use]
    pub const fn allow(mut self, roles: &'static [&'static str]) -> Self {
        self.access = Access::Allow { roles, policies: &[] };
        self
    }

    /// Milliseconds after which it is cancelled.
    #[must_use]
    pub const fn timeout(mut self, timeout_ms: u64) -> Self {
        self.timeout_ms = timeout_ms;
        self
    }

    /// 201 with a `Location`.
    #[must_use]
    pub const fn created(mut self, location: &'static str) -> Self {
        self.success = Success::Created(location);
        self
    }

    /// 202.
    #[must_use]
    pub const fn accepted(mut self) -> Self {
        self.success = Success::Accepted;
        self
    }

    /// `If-Match` fills this field.
    #[must_use]
    pub const fn if_match(mut self, field: &'static str) -> Self {
        self.if_match = Some(field);
        self
    }

    /// `Last-Event-ID` fills this field.
    #[must_use]
    pub const fn resume(mut self, field: &'static str) -> Self {
        self.resume = Some(field);
        self
    }

    /// Where it leads.
    #[must_use]
    pub const fn to(mut self, call: RouteCall) -> Self {
        self.call = Some(call);
        self
    }

    /// The names in its path, in order: `id` of `/accounts/{id}`.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        names(self.path)
    }
}

/// The names in a path, in order; `{*rest}` is `rest`.
pub fn names(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        Some(name.strip_prefix('*').unwrap_or(name))
    })
}

/// The path without the names in it: two of one shape are one path.
pub fn shape(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment.strip_prefix('{') {
        Some(name) if name.starts_with('*') => "{*}",
        Some(_) => "{}",
        None => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

/// Decodes a message from its pieces, sends it to its handler, and writes what it answers as JSON.
#[derive(Clone, Copy)]
pub enum RouteCall {
    /// The reply.
    Once(for<'c, 'p> fn(&'c Context, &'c str, &'c Parts<'p>) -> BoxFuture<'c, Result<Written>>),
    /// The items of a streaming handler.
    Stream(RouteStream),
}

/// Decodes a message from its pieces, sends it to its streaming handler, and gives its items as JSON.
pub type RouteStream = for<'c, 'p> fn(&'c Context, &'c str, &'c Parts<'p>) -> BoxFuture<'c, Result<Streaming<Value>>>;

/// A reply, written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// As JSON.
    pub json: Vec<u8>,
    /// True for `()`.
    pub is_nothing: bool,
    /// What its type says of it, if it says anything. In a box: most say nothing, and a reply is handed on many times.
    pub facts: Option<Box<ReplyFacts>>,
}

/// What a reply says of itself, for entrypoints that have a place for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplyFacts {
    /// Its version: an `ETag`.
    pub version: Option<u64>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// How many there are on all pages.
    pub total: Option<u64>,
}

/// A reply that says something of itself: [`Page`](crate::reply::Page), [`Versioned`](crate::reply::Versioned).
pub trait SaysOfItself {
    /// What.
    fn facts(&self) -> ReplyFacts;
}

/// [`SaysOfItself`], asked of a type that may not: a constant that is found on `FactsOf<T>` itself if it does, and else by
/// [`SaysNothing`].
pub struct FactsOf<T>(std::marker::PhantomData<fn() -> T>);

impl<T: SaysOfItself> FactsOf<T> {
    /// How it is asked.
    pub const FACTS: Option<fn(&T) -> ReplyFacts> = Some(T::facts);
}

/// For every other type.
pub trait SaysNothing<T> {
    /// Nothing.
    const FACTS: Option<fn(&T) -> ReplyFacts> = None;
}

impl<T> SaysNothing<T> for FactsOf<T> {}

/// Where the routes of the handler of `M` lead. Called by generated code.
pub const fn routed<H: Handles<M>, M: Request>() -> RouteCall {
    match H::STREAM {
        None => RouteCall::Once(once::<H, M>),
        Some(_) => RouteCall::Stream(stream::<H, M>),
    }
}

fn once<'c, 'p, H: Handles<M>, M: Request>(
    cx: &'c Context,
    name: &'c str,
    parts: &'c Parts<'p>,
) -> BoxFuture<'c, Result<Written>> {
    Box::pin(async move {
        let message = <M::Wire as Decode<M>>::decode_parts(name, parts)?;
        let reply = send_to::<H, M>(cx, message).await?;
        let facts = H::FACTS.map(|facts| Box::new(facts(&reply)));
        let is_nothing = std::any::TypeId::of::<H::Reply>() == std::any::TypeId::of::<()>();
        Ok(Written { json: reply.write()?, is_nothing, facts })
    })
}

fn stream<'c, 'p, H: Handles<M>, M: Request>(
    cx: &'c Context,
    name: &'c str,
    parts: &'c Parts<'p>,
) -> BoxFuture<'c, Result<Streaming<Value>>> {
    Box::pin(async move {
        let message = <M::Wire as Decode<M>>::decode_parts(name, parts)?;
        let reply = send_to::<H, M>(cx, message).await?;
        match H::STREAM {
            Some(items) => Ok(items(reply)),
            None => Ok(Streaming::once(reply.encode()?)),
        }
    })
}

/// Refuses a route that only reads and leads to a command. Evaluated where the route is declared.
#[track_caller]
pub const fn reads<M: Request>() {
    assert!(
        matches!(M::INFO.kind, MessageKind::Query),
        "a command changes something, and what is read must not: browsers and proxies repeat it at will. Write `route(post, ..)`, or make the message a query: `#[derive(Query)]` [PT0403]"
    );
}

/// Refuses a path with a name that is no field of the message, or a field that one segment of a path cannot be.
#[track_caller]
pub const fn has_field<M: Request>(name: &str) {
    check_field::<M>(name, "{", "}", ": what stands in braces in a path fills the field of its name [PT0401]");
}

/// Refuses a `resume` of a name that is no field of the message.
#[track_caller]
pub const fn resumes<M: Request>(name: &str) {
    check_field::<M>(
        name,
        "",
        "",
        ": what the header `Last-Event-ID` says fills the field that `resume` names [PT0401]",
    );
}

/// Refuses an `if_match` of a name that is no field of the message.
#[track_caller]
pub const fn takes_version<M: Request>(name: &str) {
    check_field::<M>(name, "", "", ": what the header `If-Match` says fills the field that `if_match` names [PT0401]");
}

#[track_caller]
const fn check_field<M: Request>(name: &str, open: &str, close: &str, why: &str) {
    let Some(fields) = M::INFO.fields else { return };
    let mut left = fields;
    while let Some((field, is_one, rest)) = MessageInfo::first_field(left) {
        if same(field, name) {
            if !is_one {
                let mut text = Text::new();
                text.put("the field `");
                text.put(name);
                text.put("` of `");
                text.put(M::INFO.name);
                text.put(match open.is_empty() {
                    true => "` holds several values, and a version is one: `if_match` names a field such as `version: u64` [PT0402]",
                    false => "` holds several values, and a segment of a path is one: take it from the query or the body [PT0402]",
                });
                panic!("{}", text.as_str());
            }
            return;
        }
        left = rest;
    }
    let mut text = Text::new();
    text.put("`");
    text.put(open);
    text.put(name);
    text.put(close);
    text.put("` is no field of `");
    text.put(M::INFO.name);
    if fields.is_empty() {
        text.put("`, which has none");
    } else {
        text.put("`; its fields are ");
        let mut left = fields;
        while let Some((field, _, rest)) = MessageInfo::first_field(left) {
            if left.len() < fields.len() {
                text.put(", ");
            }
            text.put("`");
            text.put(field);
            text.put("`");
            left = rest;
        }
    }
    text.put(why);
    panic!("{}", text.as_str());
}
