//! What a module says of itself: the tables that `module!` and the attributes write.

use std::any::Any;

use serde_json::Value;

use crate::app::registry::hash;
use crate::behavior::Infos;
use crate::container::key::{AnySlot, Slot};
use crate::container::need::Need;
use crate::container::provider::Provider;
use crate::context::Context;
use crate::error::Result;
use crate::event::{AnyEvent, EventInfo};
use crate::future::BoxFuture;
use crate::message::{MessageInfo, MessageKind, Request};
use crate::plan::PlanCode;
use crate::route::Route;
use crate::stream::Streaming;
use crate::table::Table;
use crate::wiring::Surround;
use crate::wiring::node::{Holder, Lifetime};
use crate::wiring::place::Place;

/// Every module that is linked into the process, listed or not. Descriptions only: what an application consists of is
/// said by its list, and this only tells what may have been forgotten there.
#[linkme::distributed_slice]
pub static LINKED: [&'static Module];

/// One crate of an application.
pub struct Module {
    /// Its name, the first part of its messages' names.
    pub name: &'static str,
    /// Its package.
    pub package: &'static str,
    /// Its package's version.
    pub version: &'static str,
    /// Where `module!` or `app!` stands.
    pub place: Place,
    /// What its attributes registered, in the linker's order.
    pub entries: &'static Table,
    /// What it needs from other modules.
    pub imports: &'static [Import],
    /// What it gives to other modules.
    pub exports: &'static [Export],
    /// The contract messages that it handles.
    pub handles: &'static [&'static MessageInfo],
    /// The contract messages that it declares.
    pub contracts: &'static [&'static MessageInfo],
}

/// Something that a module needs from another.
pub struct Import {
    /// Where the module looks for it.
    pub slot: &'static AnySlot,
    /// The type as written.
    pub name: &'static str,
    /// How long it was promised to live.
    pub lifetime: Lifetime,
    /// Whether the module can do without.
    pub optional: bool,
}

impl Import {
    /// An import that must be there.
    pub const fn new<T: ?Sized + 'static>(this: &Holder, slot: &'static Slot<T>) -> Self {
        Import { slot: slot.any(), name: this.name, lifetime: this.lifetime, optional: false }
    }

    /// The module can do without.
    pub const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
}

/// Something that a module gives to others.
pub struct Export {
    /// Where the module has it.
    pub slot: &'static AnySlot,
    /// The type as written.
    pub name: &'static str,
}

/// One thing that an attribute registers.
pub enum Entry {
    /// An `#[injectable]`, a `#[provider]` or a `#[config]`.
    Provider(Provider),
    /// A `#[handler]` of a command or a query.
    Handler(Handler),
    /// A `#[handler]` of an event.
    Subscriber(Subscriber),
    /// A `#[controller]`, or whatever else one adapter understands.
    Mounted(Mounted),
}

impl Entry {
    /// An instance of a generic handler: its types as written.
    pub const fn instance(mut self, types: &'static str) -> Self {
        if let Entry::Handler(handler) = &mut self {
            handler.instance = Some(types);
            handler.name_hash = name_hash(handler.message, Some(types));
        }
        self
    }

    /// The routes of a handler.
    pub const fn routes(mut self, routes: &'static [Route]) -> Self {
        if let Entry::Handler(handler) = &mut self {
            handler.routes = routes;
        }
        self
    }

    /// Its message is a tool of agents.
    pub const fn agent(mut self, agent: &'static Agent) -> Self {
        if let Entry::Handler(handler) = &mut self {
            handler.agent = Some(agent);
        }
        self
    }

    /// The handler of a plan's message.
    pub const fn plan(mut self, plan: &'static PlanCode) -> Self {
        if let Entry::Handler(handler) = &mut self {
            handler.plan = Some(plan);
        }
        self
    }

    /// Where it is declared. Entries are sorted by it, since the linker's order means nothing.
    pub fn place(&self) -> Place {
        match self {
            Entry::Provider(provider) => provider.place,
            Entry::Handler(handler) => handler.place,
            Entry::Subscriber(subscriber) => subscriber.place,
            Entry::Mounted(mounted) => mounted.place,
        }
    }

    /// Asks for what it needs, and what stands around it needs. By calling, not by turns: of a thousand handlers most have nothing
    /// around them, and an iterator would look for it each time.
    pub(crate) fn each_need(&self, ask: &mut impl FnMut(&'static Need)) {
        let (needs, around) = match self {
            Entry::Provider(provider) => (provider.needs, None),
            Entry::Handler(handler) => (handler.needs, Some((handler.around, handler.behaviors))),
            Entry::Subscriber(subscriber) => (subscriber.needs, Some((subscriber.around, subscriber.behaviors))),
            Entry::Mounted(mounted) => (mounted.needs, None),
        };
        needs.iter().for_each(&mut *ask);
        if let Some((around, behaviors)) = around {
            Infos::each(behaviors).flat_map(|info| info.needs).for_each(&mut *ask);
            around.policies.iter().for_each(&mut *ask);
        }
        if let Entry::Handler(Handler { plan: Some(plan), .. }) = self {
            plan.needs().for_each(ask);
        }
    }
}

/// The handler of a command or a query.
pub struct Handler {
    /// The message.
    pub message: &'static MessageInfo,
    /// The fn's name.
    pub name: &'static str,
    /// The types of an instance of a generic handler: `User` of `Create<User>`.
    pub instance: Option<&'static str>,
    /// [`name_hash`] of its message and instance, from the compiler: to sort a thousand handlers by name, no name is read.
    pub name_hash: u64,
    /// What it needs.
    pub needs: &'static [Need],
    /// The named door: decodes, handles, encodes.
    pub call: NamedCall,
    /// Whether an input can be decoded.
    pub check: Check,
    /// The schema of the message.
    pub schema: fn() -> Option<Value>,
    /// The schema of the reply, or of one item of a stream, if its type has one.
    pub reply_schema: fn() -> Option<Value>,
    /// The reply's type, or that of the items of a stream, as written.
    pub reply: &'static str,
    /// Milliseconds after which it is cancelled; 0 for none of its own.
    pub timeout_ms: u64,
    /// What stands around it. Most have nothing, and a reference is a tenth of it in a table that is written when the program
    /// is loaded.
    pub around: &'static Surround,
    /// Its own behaviors.
    pub behaviors: Option<&'static Infos>,
    /// Whether its message is `Clone`.
    pub copied: bool,
    /// Whether its message has rules: `#[validate(..)]`.
    pub has_rules: bool,
    /// Whether it has routes and a reply that [says something of itself](crate::route::SaysOfItself).
    pub says: bool,
    /// Where the application puts it, if the message is a contract.
    pub contract: Option<fn() -> ContractLink>,
    /// What leads to it.
    pub routes: &'static [Route],
    /// What agents are told of it, if its message is a tool of theirs.
    pub agent: Option<&'static Agent>,
    /// The plan that it runs, if its message is one.
    pub plan: Option<&'static PlanCode>,
    /// Where it is declared.
    pub place: Place,
}

/// The hash of [`Handler::base_name`].
pub const fn name_hash(message: &MessageInfo, instance: Option<&str>) -> u64 {
    match instance {
        Some(instance) => hash(&[message.module, ".", message.name, "<", instance, ">"]),
        None => message.name_hash(),
    }
}

impl Handler {
    /// `module.Type`, or `module.Create<User>` for an instance of a generic one; without the version.
    pub fn base_name(&self) -> String {
        match self.instance {
            Some(instance) => format!("{}.{}<{instance}>", self.message.module, self.message.name),
            None => format!("{}.{}", self.message.module, self.message.name),
        }
    }

    /// The base name, and `@version` behind it when the version is not 1.
    pub fn full_name(&self) -> String {
        match self.message.version {
            1 => self.base_name(),
            version => format!("{}@{version}", self.base_name()),
        }
    }
}

/// What agents are told of a message that is a tool of theirs: `agent(title = "..", destructive = false)`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Agent {
    /// Its name for people.
    pub title: Option<&'static str>,
    /// Whether it may destroy something, where the declaration says so.
    pub destructive: Option<bool>,
    /// Whether it reaches into the world beyond the application, where the declaration says so.
    pub open_world: Option<bool>,
}

impl Agent {
    /// Nothing beside that it is one.
    pub const fn new() -> Self {
        Agent { title: None, destructive: None, open_world: None }
    }

    /// Its name for people.
    pub const fn title(mut self, title: &'static str) -> Self {
        self.title = Some(title);
        self
    }

    /// Whether it may destroy something.
    pub const fn destructive(mut self, is: bool) -> Self {
        self.destructive = Some(is);
        self
    }

    /// Whether it reaches into the world beyond the application.
    pub const fn open_world(mut self, does: bool) -> Self {
        self.open_world = Some(does);
        self
    }
}

/// Refuses a message that agents cannot call. Evaluated where the handler is declared.
#[track_caller]
pub const fn for_agents<M: Request>() {
    assert!(
        !M::INFO.local,
        "a local message is never serialised, so that no agent can call it: leave `local` out of its derive, or `agent` out here [PT0480]"
    );
}

/// Refuses to say of a query whether it destroys. Evaluated where the handler is declared.
#[track_caller]
pub const fn may_destroy<M: Request>() {
    assert!(
        matches!(M::INFO.kind, MessageKind::Command),
        "a query reads, and agents are told so: `destructive` is for commands [PT0480]"
    );
}

/// Decodes a message, sends it to its handler and encodes what it answers.
#[derive(Clone, Copy)]
pub enum NamedCall {
    /// The reply.
    Once(for<'c> fn(&'c Context, &'c str, Value) -> BoxFuture<'c, Result<Value>>),
    /// The items of a streaming handler.
    Stream(NamedStream),
}

/// Decodes a message, sends it to its streaming handler and encodes each item.
pub type NamedStream = for<'c> fn(&'c Context, &'c str, Value) -> BoxFuture<'c, Result<Streaming<Value>>>;

/// Decodes a message, and tells what is wrong with it.
pub type Check = fn(&str, Value) -> Result<()>;

/// A handler of a contract message, for the slot that its senders look into.
pub struct ContractLink {
    /// The slot.
    pub slot: &'static AnySlot,
    /// The handler, as the slot wants it.
    pub handler: crate::container::cells::Shared,
}

/// A handler of events.
pub struct Subscriber {
    /// The events that it takes; none for every event.
    pub events: &'static [EventInfo],
    /// Its identity: that of the type that stands for it.
    pub of: std::any::TypeId,
    /// The pattern that the event's topic must match, if it says one.
    pub topic: Option<&'static str>,
    /// The fn's name.
    pub name: &'static str,
    /// What it needs.
    pub needs: &'static [Need],
    /// Calls it.
    pub call: for<'c> fn(&'c Context, &'c AnyEvent) -> BoxFuture<'c, Result<()>>,
    /// Milliseconds after which it is cancelled; 0 for none of its own.
    pub timeout_ms: u64,
    /// What stands around it.
    pub around: &'static Surround,
    /// Its own behaviors.
    pub behaviors: Option<&'static Infos>,
    /// Where it is declared.
    pub place: Place,
}

/// What a module declares for one adapter: the runtime knows its routes and its needs, and the adapter what it is.
pub struct Mounted {
    /// The entrypoint that takes it: `http`.
    pub onto: &'static str,
    /// Its name: the type of a controller.
    pub name: &'static str,
    /// What it needs.
    pub needs: &'static [Need],
    /// Its routes.
    pub routes: &'static [Route],
    /// What it is; the adapter knows the type.
    pub what: &'static (dyn Any + Send + Sync),
    /// Where it is declared.
    pub place: Place,
}
