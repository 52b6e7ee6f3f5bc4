//! Events: what happened, told to any number of subscribers, each on its own.

use std::any::{Any, TypeId};
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock, RwLockReadGuard, Weak};
use std::time::Instant;

use serde_json::Value;
use tokio::sync::oneshot;

use crate::app::inner::{Counted, Inner};
use crate::app::registry::Subscribed;
use crate::behavior::AnyMessage;
use crate::context::{Context, isolated, until};
use crate::env::Task;
use crate::error::{Error, Result};
use crate::future::BoxFuture;
use crate::message::{Event, Message, MessageInfo};
use crate::overrides::Overrides;
use crate::queue::Job;
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
    as_message: fn(&AnyEvent) -> AnyMessage,
}

struct FactsOf<E>(std::marker::PhantomData<E>);

impl<E: Event> FactsOf<E> {
    const FACTS: &'static Facts =
        &Facts { info: E::INFO, as_message: |event| AnyMessage::shared::<E>(event.event.clone()) };
}

impl AnyEvent {
    /// `event`, on its way.
    ///
    /// # Errors
    /// Kind invalid when it breaks its rules, or a field that is part of the topic cannot be one word of it.
    pub(crate) fn new<E: Event>(event: E) -> Result<Self> {
        crate::validate::check(&event)?;
        let topic = match E::TOPIC.is_empty() {
            true => OnceLock::new(),
            false => OnceLock::from(event.topic()?),
        };
        Ok(AnyEvent { topic, event: Arc::new(event), facts: FactsOf::<E>::FACTS })
    }

    /// Puts it under the topic that the configuration says, if it says one.
    ///
    /// # Errors
    /// Kind invalid when a field that is part of the topic cannot be one word of it.
    #[cold]
    #[inline(never)]
    pub(crate) fn retopic(&mut self, overrides: &Overrides) -> Result<()> {
        if let Some(template) = overrides.event(self.info()) {
            self.topic = OnceLock::from(template.topic(self)?);
        }
        Ok(())
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
        self.seen()
    }

    /// The event to keep, if it is an `E`.
    pub fn downcast<E: Event>(&self) -> Option<Arc<E>> {
        self.kept()
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
        self.as_message().to_json()
    }

    pub(crate) fn as_message(&self) -> AnyMessage {
        (self.facts.as_message)(self)
    }

    fn of(&self) -> TypeId {
        self.facts.info.of
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
    /// The topic as declared, [`Event::TOPIC`].
    pub topic: &'static str,
}

impl EventInfo {
    /// That of `E`.
    pub const fn of<E: Event>() -> Self {
        EventInfo { info: E::INFO, schema: crate::message::schema_of::<E>(), topic: E::TOPIC }
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

    pub(crate) fn new(event: String) -> Self {
        EmitReport { event, handled: Vec::new(), failed: Vec::new() }
    }

    /// Nobody was told, since `what` is not as it should be.
    pub(crate) fn untold(event: &MessageInfo, what: &str, error: Error) -> Self {
        EmitReport { failed: vec![(what.to_owned(), error)], ..EmitReport::new(event.full_name()) }
    }
}

/// Lets the events of a message go, in order, by the queue; by its sender, if the queue is full or closed: after a message
/// has succeeded, nobody can be told that its events were lost. Then the sender waits for what is returned. If it does
/// not, they are told nevertheless.
pub(crate) fn leave(cx: &Context, events: Vec<AnyEvent>) -> Option<Task<()>> {
    if let Some(record) = cx.record() {
        for event in &events {
            record.emitted(cx, event);
        }
    }
    let app = cx.app();
    let info = events.iter().find(|event| has_listeners(app, event))?.info();
    let job = Job::events(cx.follower(), info, events, app.env.now());
    let job = match crate::queue::reserve(app) {
        Ok(place) => place.enter(job).err()?,
        Err(_) => job,
    };
    let (goes_on, app) = (Counted::new(app.clone()), app.clone());
    Some(cx.env().spawn(async move {
        job.deliver(&app).await;
        drop(goes_on);
    }))
}

fn has_listeners(app: &Inner, event: &AnyEvent) -> bool {
    let mut any = false;
    app.registry.each_subscriber(event, |_| any = true);
    any || app.listeners.has(event)
}

/// Tells every subscriber, in declared order, each in a context of its own. One that fails, panics or takes longer than a
/// message may stops no other and is logged with the trace. Answers with what failed, for the history of the queue.
pub(crate) async fn deliver(cx: &Context, event: &AnyEvent, mut report: Option<&mut EmitReport>) -> Option<String> {
    let app = cx.app();
    app.listeners.wake(event);
    let mut declared = Vec::new();
    app.registry.each_subscriber(event, |subscriber| declared.push(subscriber));
    let added = app.listeners.matching(event);
    let hearers = declared.into_iter().map(Hearer::Declared).chain(added.iter().map(|added| Hearer::Added(added)));
    let mut failed: Option<String> = None;
    for hearer in hearers {
        // By one who was told before.
        if hearer.is_removed() {
            continue;
        }
        let noted = cx.record().map(|record| record.told(cx, event, &hearer));
        let answer = match cx.follow(event.info()) {
            Ok(own) => hearer.tell(own, event).await,
            Err(error) => Err(error),
        };
        if let Some(noted) = noted {
            noted.end(answer.as_ref().err());
        }
        let Err(error) = answer else {
            if let Some(report) = &mut report {
                report.handled.push(hearer.to_string());
            }
            continue;
        };
        tracing::error!(
            target: "partitura",
            trace_id = %cx.trace_id(), event = event.name(), subscriber = %hearer, error = ?error,
            "a subscriber failed"
        );
        let failed = failed.get_or_insert_default();
        let separator = if failed.is_empty() { "" } else { "; " };
        failed.push_str(&format!("{separator}{hearer}: {}", error.message()));
        if let Some(report) = &mut report {
            report.failed.push((hearer.to_string(), error));
        }
    }
    failed
}

/// Somebody who is told of an event.
enum Hearer<'a> {
    Declared(&'a Subscribed),
    Added(&'a Listener),
}

impl Hearer<'_> {
    /// In `own`, until its deadline.
    async fn tell(&self, own: Context, event: &AnyEvent) -> Result<()> {
        match self {
            Hearer::Declared(subscriber) => isolated(subscriber, (subscriber.entry.call)(&own, event)).await,
            Hearer::Added(listener) => listener.tell(own, event.clone()).await,
        }
    }

    fn is_removed(&self) -> bool {
        matches!(self, Hearer::Added(listener) if listener.removed.load(Ordering::SeqCst))
    }
}

impl fmt::Display for Hearer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hearer::Declared(subscriber) => subscriber.fmt(f),
            Hearer::Added(listener) => listener.fmt(f),
        }
    }
}

type Call = Box<dyn Fn(AnyEvent, Context) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// A subscriber that was added by hand.
struct Listener {
    id: u64,
    pattern: Pattern,
    call: Call,
    removed: AtomicBool,
}

impl Listener {
    /// In `own`, until its deadline.
    async fn tell(&self, own: Context, event: AnyEvent) -> Result<()> {
        let (env, deadline) = (own.env().clone(), own.deadline());
        isolated(self, until(&env, deadline, self, async { (self.call)(event, own).await })).await
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "subscription {} to `{}`", self.id, self.pattern)
    }
}

/// Who listens since the application runs: subscribers added by hand, and those who wait for one event.
#[derive(Default)]
pub(crate) struct Listeners {
    added: RwLock<Added>,
    /// How many were added: mostly none, and then nothing is locked.
    listening: AtomicUsize,
    waiting: Mutex<Vec<Waiting>>,
    /// How many wait; as above.
    waits: AtomicUsize,
    next: AtomicU64,
}

/// Those added by hand. To add or to remove one costs its own pattern only, on the average: one that went leaves its place
/// empty, and when more are empty than taken the rest is compiled anew.
#[derive(Default)]
struct Added {
    /// By rising ids, which is the order in which they were added.
    matcher: Matcher<Place>,
    taken: usize,
    /// What all of this cost.
    #[cfg(test)]
    compiled: usize,
}

struct Place {
    id: u64,
    /// `None` once it was removed: what it holds goes at once, not when the rest is compiled.
    listener: Option<Arc<Listener>>,
}

impl Added {
    /// So many empty places are never worth it.
    const EMPTY: usize = 32;

    fn add(&mut self, listener: Arc<Listener>) {
        #[cfg(test)]
        {
            self.compiled += 1;
        }
        let place = Place { id: listener.id, listener: Some(listener.clone()) };
        self.matcher.insert(&listener.pattern, place);
        self.taken += 1;
    }

    /// What has to be dropped, without the lock: what they hold may do anything then.
    #[must_use]
    fn remove(&mut self, id: u64) -> Option<Arc<Listener>> {
        let places = self.matcher.values_mut();
        let index = places.binary_search_by_key(&id, |place| place.id).ok()?;
        let removed = places[index].listener.take()?;
        self.taken -= 1;
        if self.matcher.len() - self.taken > self.taken + Self::EMPTY {
            let mut rest = Added::default();
            #[cfg(test)]
            {
                rest.compiled = self.compiled;
            }
            self.matcher
                .values_mut()
                .iter_mut()
                .filter_map(|place| place.listener.take())
                .for_each(|one| rest.add(one));
            *self = rest;
        }
        Some(removed)
    }

    /// In the order in which they were added.
    fn matching<'a>(&'a self, event: &AnyEvent) -> impl Iterator<Item = &'a Arc<Listener>> {
        self.matcher.matches(event.topic()).filter_map(|place| place.listener.as_ref())
    }
}

struct Waiting {
    id: u64,
    of: TypeId,
    /// Shared with whoever asks it, so that it is asked without the lock of the list: it is the user's.
    filter: Arc<Mutex<Filter>>,
    tell: oneshot::Sender<AnyEvent>,
}

type Filter = Box<dyn Fn(&AnyEvent) -> bool + Send>;

impl Listeners {
    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn added(&self) -> RwLockReadGuard<'_, Added> {
        self.added.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Added) -> T) -> T {
        let mut added = self.added.write().unwrap_or_else(PoisonError::into_inner);
        let changed = change(&mut added);
        self.listening.store(added.taken, Ordering::SeqCst);
        changed
    }

    fn has(&self, event: &AnyEvent) -> bool {
        let waits = self.waits.load(Ordering::SeqCst) > 0 && self.waiting().iter().any(|one| one.of == event.of());
        waits || self.listening.load(Ordering::SeqCst) > 0 && self.added().matching(event).next().is_some()
    }

    /// In the order in which they were added.
    fn matching(&self, event: &AnyEvent) -> Vec<Arc<Listener>> {
        match self.listening.load(Ordering::SeqCst) {
            0 => Vec::new(),
            _ => self.added().matching(event).cloned().collect(),
        }
    }

    /// Tells those who wait for this event.
    fn wake(&self, event: &AnyEvent) {
        if self.waits.load(Ordering::SeqCst) == 0 {
            return;
        }
        let of = event.of();
        let asked: Vec<_> =
            self.waiting().iter().filter(|one| one.of == of).map(|one| (one.id, one.filter.clone())).collect();
        for (id, filter) in asked {
            let filter = || filter.lock().unwrap_or_else(PoisonError::into_inner)(event);
            // One that panics accepts nothing, and fails nobody else.
            if std::panic::catch_unwind(std::panic::AssertUnwindSafe(filter)).unwrap_or(false)
                && let Some(one) = self.forget(id)
            {
                // Whoever does not wait any more has missed nothing.
                let _ = one.tell.send(event.clone());
            }
        }
    }

    fn forget(&self, id: u64) -> Option<Waiting> {
        let mut waiting = self.waiting();
        let index = waiting.iter().position(|one| one.id == id)?;
        self.waits.fetch_sub(1, Ordering::SeqCst);
        Some(waiting.swap_remove(index))
    }

    /// Lets go of everybody: what they hold may hold the application.
    pub(crate) fn clear(&self) {
        let added = self.change(std::mem::take);
        let mut waiting = self.waiting();
        let waited = std::mem::take(&mut *waiting);
        self.waits.store(0, Ordering::SeqCst);
        drop(waiting);
        drop((added, waited));
    }
}

/// A subscriber that was added while the application runs. It listens until it is dropped or removed.
#[must_use = "the subscriber is removed when this is dropped; `forget` keeps it for as long as the application runs"]
pub struct Subscription {
    app: Weak<Inner>,
    listener: Option<Arc<Listener>>,
}

impl Subscription {
    pub(crate) fn new<F, W>(app: &Arc<Inner>, pattern: Pattern, listener: F) -> Result<Self>
    where
        F: Fn(AnyEvent, Context) -> W + Send + Sync + 'static,
        W: Future<Output = Result<()>> + Send + 'static,
    {
        let call: Call = Box::new(move |event, cx| Box::pin(listener(event, cx)));
        let listener = app.listeners.change(|added| {
            if added.taken >= SUBSCRIPTION_LIMIT {
                // Handed out: what it holds may do anything when it is dropped.
                return Err(call);
            }
            // Within the lock, so that ids rise.
            let id = app.listeners.number();
            let listener = Arc::new(Listener { id, pattern, call, removed: AtomicBool::new(false) });
            added.add(listener.clone());
            Ok(listener)
        });
        match listener {
            Ok(listener) => Ok(Subscription { app: Arc::downgrade(app), listener: Some(listener) }),
            Err(_) => {
                let text = format!(
                    "there are {SUBSCRIPTION_LIMIT} subscriptions already: is each dropped when it is not needed?"
                );
                Err(Error::new(crate::error::Kind::TooMany, text).with_code("PT0314"))
            }
        }
    }

    /// Removes the subscriber: it is told of nothing more. A call of it that has begun goes on.
    pub fn remove(self) {}

    /// Lets it listen for as long as the application runs.
    pub fn forget(mut self) {
        self.listener = None;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let Some(listener) = self.listener.take() else { return };
        listener.removed.store(true, Ordering::SeqCst);
        let Some(app) = self.app.upgrade() else { return };
        let removed = app.listeners.change(|added| added.remove(listener.id));
        drop((removed, listener));
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Subscription").field(&self.listener.as_ref().map(ToString::to_string)).finish()
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

/// How many subscriptions there may be at once, in one application.
const SUBSCRIPTION_LIMIT: usize = 10_000;

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
    /// when 10,000 wait already. Kind unavailable, code PT0308, when the application stops meanwhile.
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
            told.map_err(|_| crate::queue::stopped())?.downcast().ok_or_else(late)
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
        let filter: Filter = Box::new(move |event| event.downcast_ref::<E>().is_some_and(&filter));
        let one = Waiting { id, of: TypeId::of::<E>(), filter: Arc::new(Mutex::new(filter)), tell };
        let mut waiting = app.listeners.waiting();
        if waiting.len() >= WAITING_LIMIT {
            drop(waiting);
            return Err(Error::new(crate::error::Kind::TooMany, format!("{WAITING_LIMIT} wait for events already"))
                .with_code("PT0314"));
        }
        waiting.push(one);
        app.listeners.waits.fetch_add(1, Ordering::SeqCst);
        drop(waiting);
        Ok((Listening { app: app.clone(), id }, told))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        drop(self.app.listeners.forget(self.id));
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn listener(id: u64, pattern: &str) -> Arc<Listener> {
        let call: Call = Box::new(|_, _| Box::pin(std::future::ready(Ok(()))));
        Arc::new(Listener { id, pattern: pattern.parse().unwrap(), call, removed: AtomicBool::new(false) })
    }

    fn found(added: &Added, topic: &str) -> Vec<u64> {
        let places = added.matcher.matches(&topic.parse().unwrap()).collect::<Vec<_>>();
        places.into_iter().filter_map(|place| place.listener.as_ref()).map(|one| one.id).collect()
    }

    proptest! {
        /// `Some` adds a pattern, `None` removes one of those that there are.
        #[test]
        fn subscriptions_come_and_go_as_in_a_plain_list(
            steps in vec((prop::option::weighted(0.5, select(vec!["a", "a.b", "a.*", "#", "b.#"])), any::<prop::sample::Index>()), 0..400),
        ) {
            let (mut added, mut plain) = (Added::default(), Vec::<Arc<Listener>>::new());
            for (id, (pattern, index)) in (0..).zip(&steps) {
                match pattern {
                    Some(pattern) => {
                        plain.push(listener(id, pattern));
                        added.add(plain.last().unwrap().clone());
                    }
                    None if plain.is_empty() => prop_assert!(added.remove(id).is_none()),
                    None => {
                        let gone = plain.remove(index.index(plain.len()));
                        drop(added.remove(gone.id));
                        prop_assert_eq!(Arc::strong_count(&gone), 1, "what it holds goes with it");
                        prop_assert!(added.remove(gone.id).is_none());
                    }
                }
                prop_assert_eq!(added.taken, plain.len());
                prop_assert!(added.matcher.len() <= 2 * plain.len() + Added::EMPTY);
            }
            for topic in ["a", "a.b", "b", "b.c.d"] {
                let alone = |one: &&Arc<Listener>| Matcher::new([(one.pattern.clone(), ())]).matches(&topic.parse().unwrap()).count() == 1;
                let expect: Vec<u64> = plain.iter().filter(alone).map(|one| one.id).collect();
                prop_assert_eq!(found(&added, topic), expect);
            }
        }
    }

    #[test]
    fn a_subscription_costs_its_own_pattern_only() {
        let mut added = Added::default();
        for id in 0..10_000 {
            added.add(listener(id, "a.*"));
        }
        assert_eq!(added.compiled, 10_000);
        for id in 0..10_000 {
            assert!(added.remove(id).is_some());
        }
        assert!(added.compiled <= 20_000, "{} patterns were compiled", added.compiled);
        // One that comes and goes beside many that stay.
        (0..1_000).for_each(|id| added.add(listener(20_000 + id, "a.b")));
        let before = added.compiled;
        for id in 30_000..40_000 {
            added.add(listener(id, "#"));
            drop(added.remove(id));
        }
        assert!(added.compiled - before <= 20_000, "{} patterns were compiled", added.compiled - before);
    }
}
