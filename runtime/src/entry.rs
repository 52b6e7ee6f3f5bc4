//! What generated code calls to describe a handler or a subscriber: thin generic shells, so that an expansion stays
//! short and the same code is not written a thousand times.

use serde_json::Value;

use crate::behavior::{Chain, Infos};
use crate::config::Section;
use crate::container::all::All;
use crate::container::key::Slot;
use crate::container::need::Need;
use crate::container::provider::Made;
use crate::context::{Context, send_to, tell};
use crate::error::{Error, Result};
use crate::event::Listens;
use crate::future::BoxFuture;
use crate::message::{Decode, MessageInfo, Reply, Request};
use crate::module::{Check, ContractLink, Entry, Handler, NamedCall, Subscriber, name_hash};
use crate::stream::Streaming;
use crate::wiring::place::Place;
use crate::wiring::{Handles, Surround};

/// What the attribute `#[handler]` knows.
pub struct HandlerFacts {
    /// The fn's name.
    pub name: &'static str,
    /// The reply's type as written.
    pub reply: &'static str,
    /// The schema of the reply, if its type has one.
    pub reply_schema: fn() -> Option<Value>,
    /// Where the application puts it, if the message is a contract.
    pub contract: Option<fn() -> ContractLink>,
    /// Where it is.
    pub place: Place,
}

/// What the types of a handler say, for its entry.
pub struct HandlerTypes {
    message: &'static MessageInfo,
    needs: &'static [Need],
    call: NamedCall,
    check: Check,
    schema: fn() -> Option<Value>,
    timeout_ms: u64,
    around: &'static Surround,
    behaviors: Option<&'static Infos>,
    copied: bool,
    has_rules: bool,
    says: bool,
}

/// [`HandlerTypes`] of the handler of `M`.
pub(crate) const fn types<H: Handles<M>, M: Request>() -> HandlerTypes {
    HandlerTypes {
        message: M::INFO,
        needs: H::NEEDS,
        call: match H::STREAM {
            None => NamedCall::Once(call::<H, M>),
            Some(_) => NamedCall::Stream(stream::<H, M>),
        },
        check: check::<M>,
        schema: crate::message::schema_of::<M>(),
        timeout_ms: H::TIMEOUT_MS,
        around: const { &H::AROUND },
        behaviors: H::Behaviors::INFOS,
        copied: M::CLONE.is_some(),
        has_rules: M::RULES.is_some(),
        says: H::FACTS.is_some(),
    }
}

/// The entry of a handler of a command or query. No generics: a bound here would tell a second time what the impl of
/// [`Handles`] tells.
pub const fn handler(types: HandlerTypes, facts: HandlerFacts) -> Entry {
    Entry::Handler(Handler {
        message: types.message,
        name: facts.name,
        instance: None,
        name_hash: name_hash(types.message, None),
        needs: types.needs,
        call: types.call,
        check: types.check,
        schema: types.schema,
        reply: facts.reply,
        reply_schema: facts.reply_schema,
        timeout_ms: types.timeout_ms,
        around: types.around,
        behaviors: types.behaviors,
        copied: types.copied,
        has_rules: types.has_rules,
        says: types.says,
        contract: facts.contract,
        routes: &[],
        agent: None,
        plan: None,
        place: facts.place,
    })
}

fn call<'c, H: Handles<M>, M: Request>(cx: &'c Context, name: &'c str, input: Value) -> BoxFuture<'c, Result<Value>> {
    Box::pin(async move {
        let message = <M::Wire as Decode<M>>::decode(name, input)?;
        send_to::<H, M>(cx, message).await?.encode()
    })
}

fn stream<'c, H: Handles<M>, M: Request>(
    cx: &'c Context,
    name: &'c str,
    input: Value,
) -> BoxFuture<'c, Result<Streaming<Value>>> {
    Box::pin(async move {
        let message = <M::Wire as Decode<M>>::decode(name, input)?;
        let reply = send_to::<H, M>(cx, message).await?;
        match H::STREAM {
            Some(items) => Ok(items(reply)),
            None => Ok(Streaming::once(reply.encode()?)),
        }
    })
}

fn check<M: Request>(name: &str, input: Value) -> Result<()> {
    <M::Wire as Decode<M>>::decode(name, input).map(drop)
}

/// A handler of events. Written by `#[handler]` on a type of its own.
pub trait Subscribes: 'static {
    /// What it takes: an event, a set of them, or any.
    type Event: Listens;
    /// Its own behaviors, outermost first.
    type Behaviors: Chain<Self::Event>;
    /// The pattern that the event's topic must match, if it says one.
    const TOPIC: Option<&'static str> = None;
    /// As in [`Handles::NEEDS`].
    const NEEDS: &'static [Need] = &[];
    /// As in [`Handles::SCOPED`].
    const SCOPED: bool = Need::are_scoped(Self::NEEDS) || Infos::are_scoped(Self::Behaviors::INFOS);
    /// As in [`Handles::TIMEOUT_MS`].
    const TIMEOUT_MS: u64 = 0;
    /// As in [`Handles::AROUND`].
    const AROUND: Surround = Surround::NONE;

    /// Calls the fn with what it needs.
    fn handle<'c>(event: &'c Self::Event, cx: &'c Context) -> impl Future<Output = Result<()>> + Send;
}

/// The entry of a handler of events.
pub const fn subscriber<S: Subscribes>(name: &'static str, place: Place) -> Entry {
    Entry::Subscriber(Subscriber {
        events: S::Event::EVENTS,
        of: std::any::TypeId::of::<S>(),
        topic: S::TOPIC,
        name,
        needs: S::NEEDS,
        call: tell::<S>,
        timeout_ms: S::TIMEOUT_MS,
        around: const { &S::AROUND },
        behaviors: S::Behaviors::INFOS,
        place,
    })
}

/// The schema of a type that may have one: a constant that is found on `SchemaOf<T>` itself if `T` has a schema, and else
/// on every type by the trait [`HasNoSchema`]. A constant and no method, so that its user needs no body of its own.
pub struct SchemaOf<T>(std::marker::PhantomData<fn() -> T>);

impl<T: schemars::JsonSchema> SchemaOf<T> {
    /// The JSON Schema (2020-12).
    pub const SCHEMA: fn() -> Option<Value> = || Some(crate::input::schema_of::<T>());
}

/// For every type without a schema.
pub trait HasNoSchema {
    /// Nothing.
    const SCHEMA: fn() -> Option<Value> = || None;
}

impl<T> HasNoSchema for SchemaOf<T> {}

/// Every provider of `T`. Called by generated code for `All<T>`.
pub fn all<T: ?Sized + Send + Sync + 'static>(cx: &Context, slot: &'static Slot<All<T>>) -> All<T> {
    match cx.cells().pointer(slot) {
        Some(all) => all.clone(),
        // The list is made when the application is built; an empty one belongs to a module that is not listed.
        None => All::new([]),
    }
}

/// An object that is made at once.
pub fn ready<'c>(made: Result<Made>) -> BoxFuture<'c, Result<Made>> {
    Box::pin(std::future::ready(made))
}

/// A section of the configuration, read.
pub fn configured<'c, T: Section + Send + Sync + 'static>(cx: &Context) -> BoxFuture<'c, Result<Made>> {
    let section = cx.config().section::<T>().map_err(Error::from);
    ready(section.and_then(|section| Made::shared(std::sync::Arc::new(section))))
}
