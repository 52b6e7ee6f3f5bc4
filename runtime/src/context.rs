//! What a running message carries: who sent it, its trace, its deadline, its scope, and the way to send more.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::app::door::stopping;
use crate::app::inner::{Counted, Inner};
use crate::container::cells::Cells;
use crate::container::key::Key;
use crate::container::scope::Scope;
use crate::env::Env;
use crate::error::{Error, Kind, Result};
use crate::event::AnyEvent;
use crate::future::BoxFuture;
use crate::identity::Identity;
use crate::message::{Event, MessageInfo, Request};
use crate::module::{Handler, NamedCall};
use crate::overrides::{Override, Overrides};
use crate::record::Record;
use crate::session::{Session, SessionId};
use crate::stream::{self, Streaming};
use crate::telemetry::trace::{SpanId, TraceId, TraceParent};
use crate::wiring::Handles;

mod join;
mod send;
mod visit;

pub use join::{JOIN_LIMIT, Join, ReplyOf};
pub use send::nested;
pub(crate) use send::{before, isolated, late, panicked, send_to, tell, until, whole};
pub use visit::{Endpoint, Visited};

/// How deep messages may be nested: a handler that sends to itself without end answers an error instead of running
/// out of memory.
pub const DEPTH_LIMIT: u32 = 64;

/// The depth of a context through which nothing is sent. More than any other, so that nobody has to ask for it who asks for
/// [`DEPTH_LIMIT`].
const CLOSED: u8 = u8::MAX;

/// The context of one message. A handler that asks for `&Context` gets its own; it lives as long as the message.
///
/// `Context` has no lifetime parameter, so that `async fn f(message: M, cx: &Context)` compiles as written.
pub struct Context {
    flow: Arc<Flow>,
    message: Option<&'static MessageInfo>,
    cause: Option<&'static MessageInfo>,
    number: u32,
    parent: u32,
    /// The number of the outermost message that this one is nested in, or is; 0 outside of a message.
    outermost: u32,
    /// At most [`DEPTH_LIMIT`], or [`CLOSED`].
    depth: u8,
    deadline: Option<Instant>,
    /// Shared by the tries of one message.
    scope: OnceLock<Arc<Scope>>,
    /// Whether a stream has taken over, with whose end the message ends.
    handed_over: AtomicBool,
}

/// What all messages share that one caller sends, and those nested in them.
pub(crate) struct Flow {
    pub(crate) app: Arc<Inner>,
    /// `None` for an anonymous caller: what follows from a message shares it.
    pub(crate) identity: Option<Arc<Identity>>,
    /// The caller's.
    given: Option<TraceParent>,
    /// One that begins here, drawn when somebody asks for it: most messages tell it to nobody. (Beside the other: to make a
    /// `OnceLock` of what is known costs a hundred instructions.)
    drawn: OnceLock<TraceParent>,
    /// The caller's session, if it has one.
    pub(crate) session: Option<Arc<str>>,
    /// Where a test follows everything.
    pub(crate) record: Option<Arc<Record>>,
    /// Who takes the reply.
    taker: Taker,
    /// True if nothing of the application stands around a message, nobody follows it, and the configuration says nothing of any.
    pub(crate) plain: bool,
    /// What the configuration says of messages, as it was when this began: a reload is for what begins after it.
    overrides: Option<Arc<Overrides>>,
    /// Where the call came in, if that has a name.
    entrypoint: Option<&'static str>,
    next: AtomicU32,
    /// Another one for each flow, so that no two messages of one trace have one id.
    seed: u64,
    /// How many events or jobs led here, one from the other.
    hops: u32,
    /// True if it runs a job: its first message is the one that was spawned.
    pub(crate) job: bool,
    /// Made by the first event: most messages emit none, and then their end is one look here.
    outbox: OnceLock<Outbox>,
    /// Whether an outermost message disposes of its scope at the moment.
    disposing: AtomicBool,
}

/// What messages that have not ended have emitted, each with the number of the outermost message: several may be on their
/// way from one context.
type Outbox = Mutex<Vec<(u32, AnyEvent)>>;

/// Where a flow comes from.
#[derive(Clone)]
pub(crate) struct Origin {
    /// `None` for an anonymous caller: what follows from a message shares it.
    pub(crate) identity: Option<Arc<Identity>>,
    /// `None` where a trace begins.
    pub(crate) trace: Option<TraceParent>,
    pub(crate) session: Option<Arc<str>>,
    pub(crate) record: Option<Arc<Record>>,
    pub(crate) taker: Taker,
    pub(crate) entrypoint: Option<&'static str>,
}

/// Who takes the reply of an outermost message, which is what a stream must know.
#[derive(Clone, Copy)]
pub(crate) enum Taker {
    /// Whoever called through a door, until when the call says; a default deadline is for the way to the stream only.
    Door { until: Option<Instant> },
    /// Code within the application.
    Code,
    /// Nobody: it was sent one way, and is to run to its end.
    Nobody,
}

impl Origin {
    #[inline]
    fn flow(self, app: Arc<Inner>, hops: u32, job: bool) -> Flow {
        let overrides = app.overrides();
        let plain = self.record.is_none() && app.around.is_empty() && overrides.is_none();
        let Origin { identity, trace, session, record, taker, entrypoint } = self;
        let (next, seed, outbox) = (AtomicU32::new(1), app.next_seed(), OnceLock::new());
        Flow {
            app,
            identity,
            given: trace,
            drawn: OnceLock::new(),
            session,
            record,
            taker,
            plain,
            overrides,
            entrypoint,
            next,
            seed,
            hops,
            job,
            outbox,
            disposing: AtomicBool::new(false),
        }
    }
}

impl Flow {
    /// What the configuration says of a message, if it says something.
    pub(crate) fn overridden(&self, message: &MessageInfo) -> Option<&Override> {
        self.overrides.as_ref()?.of(message)
    }

    /// Whether a message is as [`Flow::plain`] says, since the configuration speaks of others only.
    #[cold]
    #[inline(never)]
    fn is_plain_for(&self, message: &'static MessageInfo) -> bool {
        let alone = self.record.is_none() && self.app.around.is_empty();
        alone && self.overrides.is_some() && self.overridden(message).is_none()
    }
}

impl Context {
    /// The context outside of any message.
    #[inline]
    pub(crate) fn root(app: Arc<Inner>, origin: Origin, deadline: Option<Instant>) -> Self {
        Context::begin(origin.flow(app, 0, false), deadline)
    }

    #[inline]
    fn begin(flow: Flow, deadline: Option<Instant>) -> Self {
        Context {
            flow: Arc::new(flow),
            message: None,
            cause: None,
            number: 0,
            parent: 0,
            outermost: 0,
            depth: 0,
            deadline,
            scope: OnceLock::new(),
            handed_over: AtomicBool::new(false),
        }
    }

    /// The context of a message that is sent from this one.
    ///
    /// # Errors
    /// Kind internal, code PT0302, when messages are nested deeper than [`DEPTH_LIMIT`].
    #[inline]
    pub(crate) fn child(&self, message: &'static MessageInfo) -> Result<Context> {
        if u32::from(self.depth) >= DEPTH_LIMIT {
            return Err(self.refused(message));
        }
        let number = self.flow.next.fetch_add(1, Ordering::Relaxed);
        Ok(Context {
            flow: self.flow.clone(),
            message: Some(message),
            cause: self.message,
            number,
            parent: self.number,
            outermost: if self.depth == 0 { number } else { self.outermost },
            depth: self.depth + 1,
            deadline: self.deadline,
            scope: OnceLock::new(),
            handed_over: AtomicBool::new(false),
        })
    }

    /// The context for what follows from this one and is no part of it, a subscriber or a job: the same caller and
    /// trace, a flow of its own, so that what it emits leaves when it succeeds.
    ///
    /// # Errors
    /// Kind internal, code PT0302, when more than [`DEPTH_LIMIT`] of them led one to the other.
    pub(crate) fn follow(&self, next: &'static MessageInfo) -> Result<Context> {
        let app = self.flow.app.clone();
        let deadline = app.message_deadline();
        Ok(Follower { job: false, ..self.job_follower(next)? }.begin(app, deadline))
    }

    /// As [`Context::follow`], for a job that sends a message later.
    pub(crate) fn job_follower(&self, next: &'static MessageInfo) -> Result<Follower> {
        if self.flow.hops >= DEPTH_LIMIT || self.depth == CLOSED {
            return Err(self.refused(next));
        }
        Ok(Follower { hops: self.flow.hops + 1, ..self.follower() })
    }

    /// For a job that delivers events later: each delivery is a [`Context::follow`], so that the job itself is none.
    pub(crate) fn follower(&self) -> Follower {
        let trace = self.trace_parent();
        let origin = Origin {
            identity: self.flow.identity.clone(),
            trace: Some(trace),
            session: self.flow.session.clone(),
            record: self.flow.record.clone(),
            taker: Taker::Code,
            entrypoint: self.flow.entrypoint,
        };
        Follower { origin, trace_id: trace.trace_id, hops: self.flow.hops, job: true, cause: self.message }
    }

    /// One more try of this message: the same scope, and an outbox of its own, since what a failed try emitted must not
    /// leave.
    pub(crate) fn attempt(&self) -> Context {
        let flow = &*self.flow;
        let flow = Flow {
            app: flow.app.clone(),
            identity: flow.identity.clone(),
            given: Some(self.trace()),
            drawn: OnceLock::new(),
            session: flow.session.clone(),
            record: flow.record.clone(),
            taker: flow.taker,
            plain: flow.plain,
            overrides: flow.overrides.clone(),
            entrypoint: flow.entrypoint,
            // Numbers of its own, so that no two messages of a trace share one.
            next: AtomicU32::new(flow.next.fetch_add(1 << 16, Ordering::Relaxed)),
            seed: flow.seed,
            hops: flow.hops,
            job: flow.job,
            outbox: OnceLock::new(),
            disposing: AtomicBool::new(false),
        };
        self.copy(Arc::new(flow))
    }

    /// This message in a context of another owner: the same scope.
    fn copy(&self, flow: Arc<Flow>) -> Context {
        let scope = OnceLock::new();
        if let Some(own) = self.scope.get() {
            let _ = scope.set(own.clone());
        }
        Context { flow, scope, handed_over: AtomicBool::new(false), ..*self }
    }

    /// The context for the stream that this message is answered with, and with whose end it ends.
    pub(crate) fn handed_over(&self) -> Context {
        self.handed_over.store(true, Ordering::Relaxed);
        self.copy(self.flow.clone())
    }

    pub(crate) fn is_handed_over(&self) -> bool {
        self.handed_over.load(Ordering::Relaxed)
    }

    /// True for an outermost message whose reply nobody takes.
    pub(crate) fn is_one_way(&self) -> bool {
        self.depth == 1 && matches!(self.flow.taker, Taker::Nobody)
    }

    /// What counts as running until it is dropped, if the call came through a door.
    pub(crate) fn counted(&self) -> Option<Counted> {
        matches!(self.flow.taker, Taker::Door { .. }).then(|| Counted::new(self.flow.app.clone()))
    }

    /// Takes over what a try that succeeded has emitted.
    pub(crate) fn adopt(&self, attempt: &Context) -> Result<()> {
        self.put(attempt.take_emitted().into_iter())
    }

    /// Keeps events until the outermost message has succeeded: all of them, or none.
    fn put(&self, events: impl ExactSizeIterator<Item = AnyEvent>) -> Result<()> {
        let outbox = self.flow.outbox.get_or_init(Mutex::default);
        let mut outbox = outbox.lock().unwrap_or_else(PoisonError::into_inner);
        if outbox.len() + events.len() > OUTBOX_LIMIT {
            // Without the lock: an event may do anything when it is dropped.
            drop(outbox);
            let text = format!("more than {OUTBOX_LIMIT} events were emitted by messages that have not ended");
            return Err(Error::new(Kind::TooMany, text).with_code("PT0303"));
        }
        outbox.extend(events.map(|event| (self.outermost, event)));
        Ok(())
    }

    /// What the outermost message has emitted so far, with all that is nested in it.
    fn take_emitted(&self) -> Vec<AnyEvent> {
        let Some(outbox) = self.flow.outbox.get() else { return Vec::new() };
        let mut outbox = outbox.lock().unwrap_or_else(PoisonError::into_inner);
        outbox.extract_if(.., |(outermost, _)| *outermost == self.outermost).map(|(_, event)| event).collect()
    }

    /// From now on nothing is sent through it. For one that nobody else has yet.
    #[cold]
    pub(crate) fn close(&mut self) {
        self.depth = CLOSED;
        if let Some(flow) = Arc::get_mut(&mut self.flow) {
            // A plain send makes no context, and would not be refused.
            flow.plain = false;
            flow.overrides = None;
        }
    }

    #[cold]
    fn refused(&self, message: &MessageInfo) -> Error {
        if self.depth == CLOSED {
            return stopping();
        }
        Error::internal(format!(
            "messages are nested more than {DEPTH_LIMIT} deep; the last one, `{}`, was not sent",
            message.full_name()
        ))
        .with_code("PT0302")
    }

    /// Sends a command or a query to its handler and waits for the reply.
    ///
    /// It is a static call of the handler's fn: with nothing scoped and nothing around it, it costs no allocation and no
    /// look-up by name. The message runs in its own scope and inherits identity, trace and deadline. For handlers
    /// that send to each other in a circle, put one of the sends in a box: `Box::pin(cx.send(m)).await`.
    ///
    /// # Errors
    /// What the handler answers; what a scoped provider answers when it fails; kind timeout when a deadline passes.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the handler at its next await.
    #[inline]
    pub fn send<'c, M: Request>(
        &'c self,
        message: M,
    ) -> impl Future<Output = Result<<M::Home as Handles<M>>::Reply>> + Send + use<'c, M> {
        send_to::<M::Home, M>(self, message)
    }

    /// As [`Context::send`], on the heap: for chains of handlers so deep that their futures, one inside the other,
    /// become too large for the compiler or the stack.
    ///
    /// # Errors
    /// As [`Context::send`].
    pub fn send_boxed<'c, M: Request>(
        &'c self,
        message: M,
    ) -> crate::future::BoxFuture<'c, Result<<M::Home as Handles<M>>::Reply>> {
        Box::pin(send_to::<M::Home, M>(self, message))
    }

    /// Sends by name, as an entrypoint does: the reply as JSON. A stream is collected into an array of at most 10,000 items
    /// and 16 MiB of text.
    ///
    /// # Errors
    /// Kind not found with near names for an unknown one; kind invalid with every mistake of the input; what the
    /// handler answers; kind too large, code PT0325, for a stream that is.
    pub fn execute<'c>(&'c self, name: &'c str, input: serde_json::Value) -> BoxFuture<'c, Result<serde_json::Value>> {
        self.call_named(self.flow.app.registry.find(name), name, input)
    }

    /// Sends to the handler that was found for `name`.
    pub(crate) fn call_named<'c>(
        &'c self,
        found: Result<&'static Handler>,
        name: &'c str,
        input: serde_json::Value,
    ) -> BoxFuture<'c, Result<serde_json::Value>> {
        match found.map(|handler| handler.call) {
            Ok(NamedCall::Once(call)) => call(self, name, input),
            Ok(NamedCall::Stream(call)) => {
                Box::pin(async move { stream::collect(name, call(self, name, input).await?).await })
            }
            Err(unknown) => Box::pin(std::future::ready(Err(unknown))),
        }
    }

    /// Sends by name, as an entrypoint does that can stream: the items as JSON. A handler that does not stream gives one.
    ///
    /// # Errors
    /// Those of [`Context::execute`] before the first item; what follows is an item.
    pub async fn stream(&self, name: &str, input: serde_json::Value) -> Result<Streaming<serde_json::Value>> {
        self.stream_named(self.flow.app.registry.find(name), name, input).await
    }

    pub(crate) async fn stream_named(
        &self,
        found: Result<&'static Handler>,
        name: &str,
        input: serde_json::Value,
    ) -> Result<Streaming<serde_json::Value>> {
        match found?.call {
            NamedCall::Once(call) => call(self, name, input).await.map(Streaming::once),
            NamedCall::Stream(call) => call(self, name, input).await,
        }
    }

    /// Says that something happened. The event leaves when the outermost message has succeeded, in order, and not at
    /// all if it fails. Outside of a message (in a context that [`App::context`](crate::App::context) made) it leaves
    /// now.
    ///
    /// # Errors
    /// Kind too many, code PT0303, when messages of one context that have not ended emitted more than 100,000 events.
    /// Kind invalid when the event breaks its rules, or a field that is part of the topic cannot be one word of it.
    pub async fn emit<E: Event>(&self, event: E) -> Result<()> {
        let mut event = AnyEvent::new(event)?;
        if let Some(overrides) = self.overrides() {
            event.retopic(overrides)?;
        }
        if self.depth == CLOSED {
            return Err(stopping());
        }
        if self.depth == 0 {
            if let Some(record) = self.record() {
                record.emitted(self, &event);
            }
            // On the heap: few who emit are no message, and their futures should not be larger for it.
            Box::pin(crate::event::deliver(self, &event, None)).await;
            return Ok(());
        }
        self.put(std::iter::once(event))
    }

    /// Who sent the outermost message.
    pub fn identity(&self) -> &Identity {
        static ANONYMOUS: Identity = Identity::ANONYMOUS;
        self.flow.identity.as_deref().unwrap_or(&ANONYMOUS)
    }

    /// What is remembered of the caller from one call to the next: values by key, each with its history.
    ///
    /// # Errors
    /// Kind invalid, when the call came without a session, or with an id that is none.
    pub fn session(&self) -> Result<Session> {
        let Some(id) = &self.flow.session else {
            return Err(Error::invalid("this call has no session: the caller sends no session id"));
        };
        let app = &self.flow.app;
        let (store, keep) = (app.sessions.clone(), app.session_history);
        Ok(Session::new(store, SessionId::new(id)?, app.env.clone(), self.trace_id(), keep))
    }

    pub(crate) fn session_id(&self) -> Option<&str> {
        self.flow.session.as_deref()
    }

    /// The trace that this message belongs to.
    pub fn trace_id(&self) -> TraceId {
        self.trace().trace_id
    }

    fn trace(&self) -> TraceParent {
        match self.flow.given {
            Some(trace) => trace,
            None => *self.flow.drawn.get_or_init(|| TraceParent::root(&self.flow.app.env, true)),
        }
    }

    /// What to send along to another process, so that its work belongs to this trace (W3C Trace Context).
    pub fn trace_parent(&self) -> TraceParent {
        TraceParent { parent_id: self.id(), ..self.trace() }
    }

    /// The identity of this message within its trace.
    pub fn id(&self) -> SpanId {
        self.span(self.number)
    }

    /// The identity of the message that sent this one, or of the caller's span.
    pub fn parent_id(&self) -> SpanId {
        self.span(self.parent)
    }

    /// What runs here; `None` outside of a message.
    pub fn message(&self) -> Option<&'static MessageInfo> {
        self.message
    }

    /// The full name of what runs here; empty outside of a message.
    pub(crate) fn name(&self) -> String {
        self.message.map_or_else(String::new, MessageInfo::full_name)
    }

    /// The message whose handler sent this one; `None` for an outermost message.
    pub fn cause(&self) -> Option<&'static MessageInfo> {
        self.cause
    }

    /// How many messages this one is nested in: 1 for an outermost one, 0 outside of a message.
    pub fn depth(&self) -> u32 {
        if self.depth == CLOSED { 0 } else { u32::from(self.depth) }
    }

    /// The entrypoint that the outermost call came in by, as it [names itself](crate::app::Call::at): `http`. None for code of the
    /// program's own.
    pub fn entrypoint(&self) -> Option<&'static str> {
        self.flow.entrypoint
    }

    pub(crate) fn overrides(&self) -> Option<&Arc<Overrides>> {
        self.flow.overrides.as_ref()
    }

    /// What stands around `message` in this application: less for one of which the configuration says so.
    pub(crate) fn around(&self, message: &MessageInfo) -> &crate::behavior::Application {
        let own = self.flow.overridden(message).and_then(|own| own.around.as_ref());
        own.unwrap_or(&self.flow.app.around)
    }

    /// When this message is cancelled, if it has a deadline.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// The time left until the deadline; zero when it has passed, `None` without one.
    pub fn remaining(&self) -> Option<Duration> {
        self.deadline.map(|deadline| deadline.saturating_duration_since(self.env().now()))
    }

    /// The source of time, randomness, ids and spawning.
    pub fn env(&self) -> &Env {
        &self.flow.app.env
    }

    /// A span id that needs no randomness of its own: the number of the message, mixed with the trace and the flow.
    fn span(&self, number: u32) -> SpanId {
        if number == 0 {
            return self.trace().parent_id;
        }
        // SplitMix64's finaliser: neighbours in a trace get ids that look nothing alike.
        let mut id = (self.trace_id().get() as u64) ^ self.flow.seed ^ u64::from(number) << 32 ^ u64::from(number);
        id = (id ^ (id >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        id = (id ^ (id >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        SpanId::new(id ^ (id >> 31)).unwrap_or(self.trace().parent_id)
    }

    #[inline]
    pub(crate) fn cells(&self) -> &Cells {
        &self.flow.app.cells
    }

    pub(crate) fn app(&self) -> &Arc<Inner> {
        &self.flow.app
    }

    pub(crate) fn record(&self) -> Option<&Arc<Record>> {
        self.flow.record.as_ref()
    }

    /// True if this is the message that a job sends.
    pub(crate) fn is_of_job(&self) -> bool {
        self.flow.job && self.depth == 1
    }

    pub(crate) fn scope(&self) -> Option<&Scope> {
        self.scope.get().map(|scope| &**scope)
    }

    /// Whether what an outermost message made is being disposed of: its caller, whose deadline is the same, waits a little for that.
    pub(crate) fn is_disposing(&self) -> bool {
        self.flow.disposing.load(Ordering::Relaxed)
    }

    pub(crate) fn set_disposing(&self, disposing: bool) {
        if self.depth == 1 {
            self.flow.disposing.store(disposing, Ordering::Relaxed);
        }
    }

    pub(crate) fn open_scope(&self) -> &Scope {
        self.scope.get_or_init(|| Arc::new(Scope::new(&self.flow.app)))
    }

    pub(crate) fn limit(&mut self, deadline: Instant) {
        self.deadline = Some(self.deadline.map_or(deadline, |own| own.min(deadline)));
    }

    /// The configuration of the application.
    pub fn config(&self) -> &crate::config::Config {
        &self.flow.app.config
    }
}

const OUTBOX_LIMIT: usize = 100_000;

/// What is needed to begin a [`Context::follow`] later. It does not hold the application, which holds the queue.
#[derive(Clone)]
pub(crate) struct Follower {
    pub(crate) origin: Origin,
    /// That of its origin.
    pub(crate) trace_id: TraceId,
    hops: u32,
    job: bool,
    cause: Option<&'static MessageInfo>,
}

impl Follower {
    /// The context.
    pub(crate) fn begin(self, app: Arc<Inner>, deadline: Option<Instant>) -> Context {
        let mut cx = Context::begin(self.origin.flow(app, self.hops, self.job), deadline);
        cx.message = self.cause;
        cx
    }

    /// The message that it follows from.
    pub(crate) fn cause(&self) -> Option<&'static MessageInfo> {
        self.cause
    }
}

/// What an outermost message emitted that was cancelled does not leave, nor stay.
impl Drop for Context {
    #[inline]
    fn drop(&mut self) {
        if self.depth == 1 && self.flow.outbox.get().is_some() && !self.is_handed_over() {
            drop(self.take_emitted());
        }
    }
}

impl std::fmt::Debug for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("message", &self.message.map(MessageInfo::full_name))
            .field("trace_id", &self.trace_id())
            .field("id", &self.id())
            .field("depth", &self.depth)
            .field("subject", &self.identity().subject)
            .finish_non_exhaustive()
    }
}

/// The object of `key`, shared. Called by generated code for `&T`.
#[inline]
pub fn provided<T: ?Sized + 'static>(cx: &Context, key: Key<T>) -> &T {
    match cx.cells().pointer(key.slot) {
        Some(object) => object,
        None => scope_object(cx, key),
    }
}

/// The object of `key`, to keep. Called by generated code for `Arc<T>`.
#[inline]
pub fn kept<T: ?Sized + 'static>(cx: &Context, key: Key<T>) -> Arc<T> {
    match cx.cells().shared(key.slot) {
        Some(object) => object.clone(),
        None => match scoped(cx, key) {
            Some(object) => object.clone(),
            None => absent(key),
        },
    }
}

/// The object of `key`, if there is one. Called by generated code for `Option<&T>`.
#[inline]
pub fn optional<T: ?Sized + 'static>(cx: &Context, key: Key<T>) -> Option<&T> {
    cx.cells().pointer(key.slot).or_else(|| scoped(cx, key).map(|object| &**object))
}

/// The object of `key`, to keep, if there is one. Called by generated code for `Option<Arc<T>>`.
#[inline]
pub fn optional_kept<T: ?Sized + 'static>(cx: &Context, key: Key<T>) -> Option<Arc<T>> {
    cx.cells().shared(key.slot).or_else(|| scoped(cx, key)).cloned()
}

#[cold]
fn scope_object<T: ?Sized + 'static>(cx: &Context, key: Key<T>) -> &T {
    match scoped(cx, key) {
        Some(object) => object,
        None => absent(key),
    }
}

fn scoped<T: ?Sized + 'static>(cx: &Context, key: Key<T>) -> Option<&Arc<T>> {
    cx.scope()?.get(cx.cells(), key.slot.number())?.get()
}

/// The wiring that the compiler checked is not there: the module is in no list of the running application.
#[cold]
fn absent<T: ?Sized>(key: Key<T>) -> ! {
    let node = key.node.get();
    panic!(
        "`{}` ({}) is not built: the application that runs does not list the module that needs it [PT0301]",
        node.name, node.place
    )
}
