//! Events: what happened, told to any number of subscribers, each on its own.

use std::any::{Any, TypeId};
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, Weak};
use std::time::Instant;

use serde_json::Value;
use tokio::sync::oneshot;

use crate::app::inner::Inner;
use crate::behavior::AnyMessage;
use crate::context::{Context, isolated};
use crate::error::{Error, Result};
use crate::future::BoxFuture;
use crate::message::{Event, Message, MessageInfo};
use crate::queue::{Job, State};
use crate::topic::{Matcher, Pattern, Topic};

/// An event whose type is not known where it is taken: what a subscriber of a topic gets. Cheap to clone; every clone is
/// the same event.
#[derive(Clone)]
pub struct AnyEvent {
    /// Made when it is asked for, unless fields are part of it.
    topic: OnceLock<Topic>,
    event: Arc<dyn Any + Send + Sync>,
    facts: &'static Facts,
}

/// What is known of an event's type.
struct Facts {
    info: &'static MessageInfo,
    encode: fn(&AnyEvent) -> Result<Option<Value>>,
    as_message: fn(&AnyEvent) -> AnyMessage,
}

struct FactsOf<E>(std::marker::PhantomData<E>);

impl<E: Event> FactsOf<E> {
    const FACTS: &'static Facts = &Facts {
        info: E::INFO,
        encode: |event| event.downcast_ref::<E>().map_or(Ok(None), Message::to_json),
        as_message: |event| AnyMessage::shared::<E>(event.event.clone()),
    };
}

impl AnyEvent {
    /// `event`, on its way.
    ///
    /// # Errors
    /// Kind invalid when a field that is part of the topic cannot be one word of it.
    pub(crate) fn new<E: Event>(event: E) -> Result<Self> {
        let topic = match E::TOPIC.is_empty() {
            true => OnceLock::new(),
            false => OnceLock::from(event.topic()?),
        };
        Ok(AnyEvent { topic, event: Arc::new(event), facts: FactsOf::<E>::FACTS })
    }

    /// The full name, `orders.Placed` or `orders.Placed@2`.
    pub fn name(&self) -> String {
        self.facts.info.full_name()
    }

    /// The topic that it was emitted under.
    pub fn topic(&self) -> &Topic {
        self.topic.get_or_init(|| self.facts.info.topic())
    }

    /// The event, for whoever keeps it.
    pub(crate) fn content(&self) -> Arc<dyn Any + Send + Sync> {
        self.event.clone()
    }

    /// What the derive knows of the event.
    pub fn info(&self) -> &'static MessageInfo {
        self.facts.info
    }

    /// The event, if it is an `E`.
    pub fn downcast_ref<E: Event>(&self) -> Option<&E> {
        self.event.downcast_ref()
    }

    /// The event to keep, if it is an `E`.
    pub fn downcast<E: Event>(&self) -> Option<Arc<E>> {
        self.event.clone().downcast().ok()
    }

    /// As [`AnyEvent::downcast_ref`], for generated code, which says elsewhere that it is an event.
    #[doc(hidden)]
    pub fn seen<E: Send + Sync + 'static>(&self) -> Option<&E> {
        self.event.downcast_ref()
    }

    /// As [`AnyEvent::downcast`], for generated code.
    #[doc(hidden)]
    pub fn kept<E: Send + Sync + 'static>(&self) -> Option<Arc<E>> {
        self.event.clone().downcast().ok()
    }

    /// The event as JSON. `None` for a local one.
    ///
    /// # Errors
    /// Kind internal, code PT0311, when the type's `Serialize` fails.
    pub fn to_json(&self) -> Result<Option<Value>> {
        (self.facts.encode)(self)
    }

    pub(crate) fn as_message(&self) -> AnyMessage {
        (self.facts.as_message)(self)
    }

    fn of(&self) -> TypeId {
        (self.facts.info.of)()
    }
}

impl fmt::Debug for AnyEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyEvent").field("name", &self.name()).field("topic", &self.topic().as_str()).finish()
    }
}

/// What a handler of events takes by reference: an event, [`AnyEvent`], or an enum with `#[derive(EventSet)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event [PT0106]",
    label = "what is emitted, and what a handler takes by reference, is an event",
    note = "a command or query is sent, and taken by value: `message: {Self}`",
    note = "or put `#[derive(Event)]` on `{Self}`, beside `Serialize, Deserialize, JsonSchema`; an enum of several events derives `EventSet`"
)]
pub trait Listens: Send + Sync + Sized + 'static {
    /// The events; none for every event.
    const EVENTS: &'static [EventInfo];
    /// The event as the subscriber takes it, if it is one of them.
    fn take(event: &AnyEvent) -> Option<Taken<'_, Self>>;
}

/// An event that somebody listens to.
#[derive(Clone, Copy)]
pub struct EventInfo {
    /// What the derive knows of it.
    pub info: &'static MessageInfo,
    /// Its JSON Schema.
    pub schema: fn() -> Option<Value>,
}

impl EventInfo {
    /// That of `E`.
    pub const fn of<E: Event>() -> Self {
        EventInfo { info: E::INFO, schema: <E::Wire as crate::message::Decode<E>>::schema }
    }
}

/// What a subscriber takes: the event itself, or something made of it.
pub enum Taken<'a, T> {
    /// The event itself.
    Borrowed(&'a T),
    /// Made for this subscriber.
    Owned(T),
}

impl<T> Deref for Taken<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match self {
            Taken::Borrowed(event) => event,
            Taken::Owned(event) => event,
        }
    }
}

#[diagnostic::do_not_recommend]
impl<E: Event> Listens for E {
    const EVENTS: &'static [EventInfo] = &[EventInfo::of::<E>()];

    fn take(event: &AnyEvent) -> Option<Taken<'_, E>> {
        event.downcast_ref().map(Taken::Borrowed)
    }
}

impl Listens for AnyEvent {
    const EVENTS: &'static [EventInfo] = &[];

    fn take(event: &AnyEvent) -> Option<Taken<'_, AnyEvent>> {
        Some(Taken::Borrowed(event))
    }
}

/// The topic whose words are these: fixed ones, and fields of the event.
///
/// # Errors
/// Kind invalid when one cannot be a word of a topic, or all together are too long.
pub fn topic_of(words: &[&dyn fmt::Display]) -> Result<Topic> {
    let invalid = |error: crate::topic::InvalidTopic| Error::invalid(error.to_string());
    let mut text = String::new();
    for word in words {
        if !text.is_empty() {
            text.push('.');
        }
        let word = word.to_string();
        text.push_str(Topic::word(&word).map_err(invalid)?);
    }
    Topic::new(text).map_err(invalid)
}

/// What became of an event that was emitted outside of a message.
#[derive(Debug)]
pub struct EmitReport {
    /// The full name of the event.
    pub event: String,
    /// The subscribers that took it, in declared order; those added at run time after them.
    pub handled: Vec<String>,
    /// The subscribers that failed or panicked, and how.
    pub failed: Vec<(String, Error)>,
}

impl EmitReport {
    /// True if no subscriber failed.
    pub fn is_ok(&self) -> bool {
        self.failed.is_empty()
    }

    pub(crate) fn untold(event: &MessageInfo, error: Error) -> Self {
        EmitReport { event: event.full_name(), handled: Vec::new(), failed: vec![("(its topic)".to_owned(), error)] }
    }
}

/// Lets the events of a message go, in order, by the queue; by its sender, if the queue is full or closed: after a message
/// has succeeded, nobody can be told that its events were lost.
pub(crate) async fn leave(cx: &Context, events: Vec<AnyEvent>) {
    if let Some(record) = cx.record() {
        for event in &events {
            record.emitted(cx, event);
        }
    }
    if !events.iter().any(|event| has_listeners(cx.app(), event)) {
        return;
    }
    let Some(first) = events.first() else { return };
    let info = first.info();
    match cx.follower(info).and_then(|follower| crate::queue::reserve(cx.app()).map(|place| (follower, place))) {
        Ok((follower, place)) => {
            place.enter(Job::events(follower, info, events));
        }
        Err(_) => {
            for event in events {
                deliver(cx, event).await;
            }
        }
    }
}

fn has_listeners(app: &Inner, event: &AnyEvent) -> bool {
    let mut any = false;
    app.registry.each_subscriber(event, |_| any = true);
    any || app.listeners.has(event)
}

/// Tells every subscriber, in declared order, each in a context of its own. One that fails or panics stops no other
/// and is logged with the trace.
pub(crate) async fn deliver(cx: &Context, event: AnyEvent) -> EmitReport {
    let mut report = EmitReport { event: event.name(), handled: Vec::new(), failed: Vec::new() };
    cx.app().listeners.wake(&event);
    let mut declared = Vec::new();
    cx.app().registry.each_subscriber(&event, |subscriber| declared.push(subscriber));
    for subscriber in declared {
        let name = format!("{}.{}", subscriber.module, subscriber.entry.name);
        // On the heap: a subscriber may emit again, and its future would contain this one.
        let work: BoxFuture<'_, Result<()>> = Box::pin(async {
            let cx = cx.follow(event.info())?;
            (subscriber.entry.call)(&cx, &event).await
        });
        let answer = isolated(&name, work).await;
        report.end(cx, &event, name, answer);
    }
    for (name, listener) in cx.app().listeners.matching(event.topic()) {
        let work: BoxFuture<'_, Result<()>> = Box::pin(async {
            let cx = cx.follow(event.info())?;
            listener(event.clone(), cx).await
        });
        let answer = isolated(&name, work).await;
        report.end(cx, &event, name, answer);
    }
    report
}

impl EmitReport {
    fn end(&mut self, cx: &Context, event: &AnyEvent, subscriber: String, answer: Result<()>) {
        if let Some(record) = cx.record() {
            record.told(cx, event, &subscriber, answer.as_ref().err());
        }
        match answer {
            Ok(()) => self.handled.push(subscriber),
            Err(error) => {
                tracing::error!(
                    target: "partitura",
                    trace_id = %cx.trace_id(), event = self.event, subscriber, error = ?error,
                    "a subscriber failed"
                );
                self.failed.push((subscriber, error));
            }
        }
    }

    /// How it went, for the history of the queue.
    pub(crate) fn state(&self) -> (State, Option<String>) {
        if self.is_ok() {
            return (State::Done, None);
        }
        let failed: Vec<String> =
            self.failed.iter().map(|(name, error)| format!("{name}: {}", error.message())).collect();
        (State::Failed, Some(failed.join("; ")))
    }
}

type Listener = Arc<dyn Fn(AnyEvent, Context) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// Who listens since the application runs: subscribers added by hand, and those who wait for one event.
#[derive(Default)]
pub(crate) struct Listeners {
    added: RwLock<Added>,
    waiting: Mutex<Vec<Waiting>>,
    next: std::sync::atomic::AtomicU64,
}

#[derive(Default)]
struct Added {
    list: Vec<(u64, Pattern, String, Listener)>,
    matcher: Option<Arc<Matcher<usize>>>,
}

impl Added {
    fn compile(&mut self) {
        let patterns = self.list.iter().enumerate().map(|(index, (_, pattern, _, _))| (pattern.clone(), index));
        self.matcher = (!self.list.is_empty()).then(|| Arc::new(Matcher::new(patterns)));
    }
}

struct Waiting {
    id: u64,
    of: TypeId,
    matches: Box<dyn Fn(&AnyEvent) -> bool + Send>,
    tell: Option<oneshot::Sender<AnyEvent>>,
}

impl Listeners {
    fn number(&self) -> u64 {
        self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }

    fn has(&self, event: &AnyEvent) -> bool {
        let waited = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waited.iter().any(|waiting| waiting.of == event.of()) || !self.matching(event.topic()).is_empty()
    }

    fn matching(&self, topic: &Topic) -> Vec<(String, Listener)> {
        let added = self.added.read().unwrap_or_else(PoisonError::into_inner);
        let Some(matcher) = &added.matcher else { return Vec::new() };
        let found = matcher.matches(topic).filter_map(|index| added.list.get(*index));
        found.map(|(_, _, name, listener)| (name.clone(), listener.clone())).collect()
    }

    /// Tells those who wait for this event.
    fn wake(&self, event: &AnyEvent) {
        let mut woken = Vec::new();
        {
            let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.retain_mut(|one| {
                // The user's filter runs under the lock: it is asked about an event and returns.
                let matches = one.of == event.of()
                    && std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| (one.matches)(event))).unwrap_or(false);
                if matches {
                    woken.extend(one.tell.take());
                }
                !matches
            });
        }
        for tell in woken {
            // Whoever does not wait any more has missed nothing.
            let _ = tell.send(event.clone());
        }
    }
}

/// A subscriber that was added while the application runs. It listens until it is dropped or removed.
#[must_use = "the subscriber is removed when this is dropped; `forget` keeps it for as long as the application runs"]
pub struct Subscription {
    app: Weak<Inner>,
    id: Option<u64>,
}

impl Subscription {
    pub(crate) fn new<F, W>(app: &Arc<Inner>, pattern: Pattern, listener: F) -> Self
    where
        F: Fn(AnyEvent, Context) -> W + Send + Sync + 'static,
        W: Future<Output = Result<()>> + Send + 'static,
    {
        let id = app.listeners.number();
        let name = format!("subscription {id} to `{pattern}`");
        let listener: Listener = Arc::new(move |event, cx| Box::pin(listener(event, cx)));
        let mut added = app.listeners.added.write().unwrap_or_else(PoisonError::into_inner);
        added.list.push((id, pattern, name, listener));
        added.compile();
        Subscription { app: Arc::downgrade(app), id: Some(id) }
    }

    /// Removes the subscriber. Deliveries that have begun go on.
    pub fn remove(self) {}

    /// Lets it listen for as long as the application runs.
    pub fn forget(mut self) {
        self.id = None;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let (Some(app), Some(id)) = (self.app.upgrade(), self.id) else { return };
        let mut added = app.listeners.added.write().unwrap_or_else(PoisonError::into_inner);
        let gone = added.list.iter().position(|(other, ..)| *other == id).map(|index| added.list.remove(index));
        added.compile();
        drop(added);
        // Without the lock: what it held may do anything when it is dropped.
        drop(gone);
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscription").field(&self.id).finish()
    }
}

/// Until when something is waited for: a `Duration` from now, or an `Instant`.
pub struct Until(UntilKind);

enum UntilKind {
    After(std::time::Duration),
    At(Instant),
}

impl From<std::time::Duration> for Until {
    fn from(duration: std::time::Duration) -> Self {
        Until(UntilKind::After(duration))
    }
}

impl From<Instant> for Until {
    fn from(at: Instant) -> Self {
        Until(UntilKind::At(at))
    }
}

/// How many may wait at once, in one application.
const WAITING_LIMIT: usize = 10_000;

impl Context {
    /// Waits for an event `E` that `filter` accepts, of this or any other message of the application, until `deadline`: a
    /// `Duration` from now or an `Instant`. It listens from this call on, not from the first poll: call it before you send
    /// what leads to the event, and await it after.
    ///
    /// An event leaves when its outermost message has succeeded, so a handler cannot wait for one of its own.
    ///
    /// # Errors
    /// Kind timeout, code PT0304, at the deadline, or when this message's own passes before. Kind too many, code PT0314,
    /// when 10,000 wait already.
    ///
    /// # Cancel safety
    /// Dropping the future stops listening.
    pub fn wait_for<E: Event>(
        &self,
        filter: impl Fn(&E) -> bool + Send + 'static,
        deadline: impl Into<Until>,
    ) -> BoxFuture<'static, Result<Arc<E>>> {
        let app = self.app().clone();
        let at = match deadline.into().0 {
            UntilKind::After(duration) => app.env.now().checked_add(duration),
            UntilKind::At(at) => Some(at),
        };
        let at = match (at, self.deadline()) {
            (Some(at), Some(own)) => Some(at.min(own)),
            (at, own) => at.or(own),
        };
        let guard = Listening::begin::<E>(&app, filter);
        Box::pin(async move {
            let (guard, told) = guard?;
            let late = || crate::context::late(format_args!("wait for {}", E::INFO.full_name()));
            let told = match at {
                Some(at) => app.env.timeout_at(at, told).await.map_err(|_| late())?,
                None => told.await,
            };
            drop(guard);
            told.ok().and_then(|event| event.downcast()).ok_or_else(late)
        })
    }
}

/// Somebody who waits; forgotten when dropped.
struct Listening {
    app: Arc<Inner>,
    id: u64,
}

impl Listening {
    fn begin<E: Event>(
        app: &Arc<Inner>,
        filter: impl Fn(&E) -> bool + Send + 'static,
    ) -> Result<(Self, oneshot::Receiver<AnyEvent>)> {
        let (tell, told) = oneshot::channel();
        let id = app.listeners.number();
        let matches = Box::new(move |event: &AnyEvent| event.downcast_ref::<E>().is_some_and(&filter));
        let mut waiting = app.listeners.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= WAITING_LIMIT {
            return Err(Error::new(crate::error::Kind::TooMany, format!("{WAITING_LIMIT} wait for events already"))
                .with_code("PT0314"));
        }
        waiting.push(Waiting { id, of: TypeId::of::<E>(), matches, tell: Some(tell) });
        Ok((Listening { app: app.clone(), id }, told))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut waiting = self.app.listeners.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = waiting.iter().position(|one| one.id == self.id).map(|index| waiting.swap_remove(index));
        drop(waiting);
        drop(gone);
    }
}
