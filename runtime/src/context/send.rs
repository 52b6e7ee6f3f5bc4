//! How a message reaches its handler, and what stands around it on the way.

use std::any::{Any, TypeId};
use std::future::Future;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tokio::sync::Mutex;
use tracing::Instrument;

use super::{Context, Taker};
use crate::access::{check_policies, check_roles};
use crate::behavior::{self, AnyMessage, AnyReply, Chain, Check, Checks, Infos, Next};
use crate::container::need::Need;
use crate::container::scope::Scope;
use crate::entry::Subscribes;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::event::{AnyEvent, Listens};
use crate::future::BoxFuture;
use crate::future::Sending;
use crate::message::{MessageInfo, Request};
use crate::telemetry::log;
use crate::wiring::{Handles, Surround};

/// Sends `message` to the handler of `H`: its home, or the module that handles a contract.
#[inline]
pub(crate) fn send_to<'c, H: Handles<M>, M: Request>(
    cx: &'c Context,
    message: M,
) -> impl Future<Output = Result<H::Reply>> + Send + use<'c, H, M> {
    if const { H::PASSES_ON } || const { alone::<H, M>() } && cx.flow.plain && !log::spans_enabled() {
        if const { !H::PASSES_ON && (H::AROUND.access.is_checked() || M::RULES.is_some()) }
            && let Err(error) = check::<H, M>(cx, &message)
        {
            return Sending::Heap { future: Box::pin(std::future::ready(Err(error))) };
        }
        Sending::Direct { future: H::enter(message, cx) }
    } else {
        Sending::Heap { future: heap::<H, M>(cx, message) }
    }
}

/// Whether a handler asks for nothing around it.
const fn alone<H: Handles<M>, M: Request>() -> bool {
    !H::SCOPED
        && H::TIMEOUT_MS == 0
        && H::POLICIES.is_empty()
        && H::AROUND.retries == 0
        && !H::AROUND.idempotent
        && H::STREAM.is_none()
}

/// What may be checked without waiting.
#[inline(never)]
fn check<H: Handles<M>, M: Request>(cx: &Context, message: &M) -> Result<()> {
    check_roles(H::AROUND.access, M::INFO, cx)?;
    crate::validate::check(message)
}

/// The handler with all that may stand around it.
#[cold]
#[inline(never)]
fn heap<'c, H: Handles<M>, M: Request>(cx: &'c Context, message: M) -> BoxFuture<'c, Result<H::Reply>> {
    let work = async move {
        // Looked at here alone, so that the plain send is what it is without any configuration; and in one future with the rest,
        // since each handler has a table of each future on the heap.
        if const { alone::<H, M>() } && cx.flow.is_plain_for(M::INFO) && !log::spans_enabled() {
            check::<H, M>(cx, &message)?;
            return H::enter(message, cx).await;
        }
        let mut own = cx.child(M::INFO)?;
        let mut timeout_ms = H::TIMEOUT_MS;
        if let Some(set) = cx.flow.overridden(M::INFO) {
            set.check(M::INFO)?;
            timeout_ms = set.timeout_ms.unwrap_or(timeout_ms);
        }
        let late = match H::STREAM {
            None => own.shorten(timeout_ms),
            Some(_) => own.shorten_for_stream(timeout_ms),
        };
        let noted = own.flow.record.as_ref().map(|record| record.sent(&own, &message));
        // Pinned here, since a future that is handed on is copied each time.
        let surrounded = pin!(surrounded::<H, M>(&own, message, late));
        let answer = whole(&own, before(&own, late, surrounded)).await;
        // A stream that leaves with the reply ends the message.
        let streams = own.is_handed_over() && answer.is_ok();
        let answer = if streams { answer } else { own.finish(answer).await };
        if let Some(noted) = noted {
            noted.end(answer.as_ref().err());
        }
        answer
    };
    in_span(cx, M::INFO, Box::pin(work))
}

async fn surrounded<H: Handles<M>, M: Request>(own: &Context, message: M, late: Option<Instant>) -> Result<H::Reply> {
    let around = own.around(M::INFO);
    if around.scoped || const { Need::are_scoped(H::AROUND.policies) } {
        own.prepare_outside(around, H::AROUND).await?;
    }
    if !around.is_empty() {
        // On the heap, as all of a chain: the future of a message without behaviors should not hold it.
        return Box::pin(behind_application::<H, M>(own, message, late)).await;
    }
    admit::<H, M>(own, &message).await?;
    crate::validate::check(&message)?;
    handle::<H, M>(own, message).await
}

async fn behind_application<H: Handles<M>, M: Request>(
    own: &Context,
    message: M,
    late: Option<Instant>,
) -> Result<H::Reply> {
    let around = own.around(M::INFO);
    let seen = AnyMessage::copy_of(&message, around.reads);
    let held = Held::<H, M> { own, message: Mutex::new(Some(message)), handler: PhantomData };
    // The deadline of the whole passes inside first, and a panic stays there, so that the behaviors see both.
    let handled = before(own, late, held.handle());
    let inside = pin!(isolated(M::INFO.name, handled).map(|answer| answer.map(AnyReply::new)));
    let reply = behavior::apply(around.places(), &held, Some(&seen), own, Next::new(inside)).await?;
    reply.into_reply(M::INFO)
}

/// Whether the caller may send the message.
async fn admit<H: Handles<M>, M: Request>(own: &Context, message: &M) -> Result<()> {
    check_roles(H::AROUND.access, M::INFO, own)?;
    if const { !H::POLICIES.is_empty() } {
        check_policies(H::POLICIES, message, own).await?;
    }
    Ok(())
}

/// The handler, once, or as often as it may be tried.
async fn handle<H: Handles<M>, M: Request>(own: &Context, message: M) -> Result<H::Reply> {
    // Nothing is made for a message that may not be sent, or breaks a rule.
    if H::SCOPED {
        own.prepare_inside(H::NEEDS, H::Behaviors::INFOS).await?;
    }
    // Known when it is compiled, so that no handler has the code of retries that has none. Items of a stream may have left.
    if const { H::STREAM.is_none() && (H::AROUND.idempotent || H::AROUND.retries > 0) } {
        let set = own.flow.overridden(M::INFO).and_then(|set| set.retries);
        let retries = set.unwrap_or_else(|| match H::AROUND.retries {
            0 if own.around(M::INFO).retries => own.app().behaviors_config.retries,
            retries => retries,
        });
        if let (Some(clone), 1..) = (M::CLONE, retries) {
            return Box::pin(tried::<H, M>(own, message, clone, retries)).await;
        }
    }
    H::handle(message, own).await
}

async fn tried<H: Handles<M>, M: Request>(
    own: &Context,
    message: M,
    clone: fn(&M) -> M,
    retries: u32,
) -> Result<H::Reply> {
    let set = own.flow.overridden(M::INFO).and_then(|set| set.backoff_ms);
    let backoff_ms = set.unwrap_or(H::AROUND.backoff_ms);
    let first = if backoff_ms > 0 { Duration::from_millis(backoff_ms) } else { own.app().behaviors_config.backoff };
    let mut message = Some(message);
    for tried in 1.. {
        let next = if tried > retries { message.take() } else { message.as_ref().map(clone) };
        let Some(next) = next else { break };
        let attempt = own.attempt();
        match H::handle(next, &attempt).await {
            Err(error) if tried <= retries && behavior::may_pass(&error) => {
                let wait = behavior::backoff(first, tried, own.env().random_u64());
                let wait = error.retry_after().map_or(wait, |asked| asked.max(wait));
                own.retried(tried, &error);
                own.env().sleep(wait).await;
            }
            answer => {
                return answer.and_then(|reply| own.adopt(&attempt).map(|()| reply));
            }
        }
    }
    // The last try returns.
    Err(Error::internal(format!("`{}` was not tried", M::INFO.full_name())))
}

/// A message on its way through the behaviors, until its handler takes it.
struct Held<'a, H, M> {
    own: &'a Context,
    message: Mutex<Option<M>>,
    handler: PhantomData<fn() -> H>,
}

impl<H: Handles<M>, M: Request> Held<'_, H, M> {
    async fn handle(&self) -> Result<H::Reply> {
        let Some(message) = self.message.lock().await.take() else {
            return Err(Error::internal(format!("`{}` has been handled already", M::INFO.full_name())));
        };
        let around = self.own.around(M::INFO);
        if around.authorizes_last {
            admit::<H, M>(self.own, &message).await?;
        }
        if around.validates_last {
            crate::validate::check(&message)?;
        }
        handle::<H, M>(self.own, message).await
    }
}

impl<H: Handles<M>, M: Request> Checks for Held<'_, H, M> {
    fn check(&self, what: Check) -> BoxFuture<'_, Result<()>> {
        Box::pin(async move {
            match (&*self.message.lock().await, what) {
                (Some(message), Check::Authorization) => admit::<H, M>(self.own, message).await,
                (Some(message), Check::Validation) => crate::validate::check(message),
                (None, _) => Ok(()),
            }
        })
    }
}

/// Tells one subscriber of an event, in a message of its own.
pub(crate) fn tell<'c, S: Subscribes>(cx: &'c Context, event: &'c AnyEvent) -> BoxFuture<'c, Result<()>> {
    let info = event.info();
    let work = async move {
        let mut own = cx.child(info)?;
        let set = cx.overrides().and_then(|overrides| overrides.subscriber(TypeId::of::<S>()));
        let late = own.shorten(set.and_then(|set| set.timeout_ms).unwrap_or(S::TIMEOUT_MS));
        let answer = {
            let handled = async {
                if own.app().around.scoped {
                    own.prepare_outside(&own.app().around, S::AROUND).await?;
                }
                if S::SCOPED {
                    own.prepare_inside(S::NEEDS, S::Behaviors::INFOS).await?;
                }
                // The registry finds subscribers by what they take, so there is no other.
                let Some(taken) = S::Event::take(event) else { return Ok(()) };
                let around = &own.app().around;
                if around.is_empty() {
                    return S::handle(&taken, &own).await;
                }
                let seen = event.as_message();
                let inside = pin!(async { before(&own, late, S::handle(&taken, &own)).await.map(AnyReply::new) });
                let reply = behavior::apply(around.places(), &Unchecked, Some(&seen), &own, Next::new(inside)).await?;
                reply.into_reply(info)
            };
            whole(&own, before(&own, late, pin!(handled))).await
        };
        own.finish(answer).await
    };
    in_span(cx, info, Box::pin(work))
}

/// An event is a fact: nobody may refuse it.
struct Unchecked;

impl Checks for Unchecked {
    fn check(&self, _: Check) -> BoxFuture<'_, Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

fn in_span<'c, T: 'c>(
    cx: &Context,
    info: &'static MessageInfo,
    work: BoxFuture<'c, Result<T>>,
) -> BoxFuture<'c, Result<T>> {
    if !log::spans_enabled() {
        return work;
    }
    let span = log::message_span(&info.full_name(), &info.kind.to_string(), cx.trace_id(), cx.depth() + 1);
    Box::pin(work.instrument(span))
}

/// `work`; a panic in it goes on when the scope is disposed of.
pub(crate) async fn whole<T>(own: &Context, work: impl Future<Output = Result<T>>) -> Result<T> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(answer) => answer,
        Err(panic) => {
            own.dispose_scope().await;
            resume_unwind(panic)
        }
    }
}

/// `work`, until the deadline.
pub(crate) fn before<T>(
    cx: &Context,
    deadline: Option<Instant>,
    work: impl Future<Output = Result<T>>,
) -> impl Future<Output = Result<T>> {
    let name = std::fmt::from_fn(|f| cx.message().map_or(Ok(()), |message| f.write_str(&message.full_name())));
    until(cx.env(), deadline, name, work)
}

/// `work` of `name`, until the deadline, at which it is dropped. That is code of the user's, too: within [`isolated`], and
/// not around it.
pub(crate) fn until<T>(
    env: &Env,
    deadline: Option<Instant>,
    name: impl std::fmt::Display,
    work: impl Future<Output = Result<T>>,
) -> impl Future<Output = Result<T>> {
    // No `async fn`: a future that is handed on is kept twice.
    env.timed(deadline, work).map(|answer| answer.unwrap_or_else(|_| Err(late(name))))
}

/// The handler in a context of its own, on its sender's stack. Called by generated code for a handler that takes
/// `&Context`, or has behaviors, and needs nothing scoped.
#[inline]
pub async fn nested<H: Handles<M>, M: Request>(message: M, cx: &Context) -> Result<H::Reply> {
    let own = cx.child(M::INFO)?;
    let answer = H::handle(message, &own).await;
    // On the heap, since it is rare: a future that every message carries should not hold the end of a few.
    if own.depth == 1 && own.flow.outbox.get().is_some() { Box::pin(own.finish(answer)).await } else { answer }
}

#[cold]
pub(crate) fn late(name: impl std::fmt::Display) -> Error {
    Error::timeout(format!("`{name}` did not answer before its deadline")).with_code("PT0304")
}

impl Context {
    /// Makes what the application's behaviors and the policies need of the message's scope, so that the getters find it.
    async fn prepare_outside(&self, around: &behavior::Application, own: Surround) -> Result<()> {
        for needs in &around.needs {
            self.prepare(needs).await?;
        }
        self.prepare(own.policies).await
    }

    /// Makes what the handler and its own behaviors need.
    async fn prepare_inside(&self, needs: &'static [Need], behaviors: Option<&'static Infos>) -> Result<()> {
        for behavior in Infos::each(behaviors) {
            self.prepare(behavior.needs).await?;
        }
        self.prepare(needs).await
    }

    #[cold]
    fn retried(&self, tried: u32, error: &Error) {
        let name = self.name();
        tracing::info!(target: "partitura", trace_id = %self.trace_id(), name, tried, error = ?error, "failed, will be tried again");
        if let Some(record) = &self.flow.record {
            record.retried(self, tried, error);
        }
    }

    /// Takes the handler's own timeout into the deadline, and returns the deadline that must be kept here: one of its
    /// own, or, in an outermost message, the caller's. The caller keeps it, too, but cancels everything; here the scope is
    /// disposed of before the reply leaves.
    pub(super) fn shorten(&mut self, timeout_ms: u64) -> Option<Instant> {
        if timeout_ms == 0 {
            return if self.depth == 1 { self.deadline } else { None };
        }
        let deadline = self.env().now() + Duration::from_millis(timeout_ms);
        self.limit(deadline);
        self.deadline
    }

    /// The deadline for the way to a stream. The stream itself is bound by what its handler declares and by what the caller
    /// says, not by a door's default.
    fn shorten_for_stream(&mut self, timeout_ms: u64) -> Option<Instant> {
        let inherited = self.deadline;
        self.lengthen_for_stream();
        let own = self.shorten(timeout_ms);
        if self.depth > 1 { own } else { own.into_iter().chain(inherited).min() }
    }

    /// Without the deadline that is only a door's default.
    pub(crate) fn lengthen_for_stream(&mut self) {
        if let (1, Taker::Door { until }) = (self.depth, self.flow.taker) {
            self.deadline = until;
        }
    }

    /// Ends the message: lets its events go if it is the outermost one, and disposes of its scope.
    ///
    /// The events are on their way before anything is waited for: a caller who goes now takes none of them along.
    pub(crate) async fn finish<T>(&self, answer: Result<T>) -> Result<T> {
        let mut leaving = None;
        if self.depth == 1 {
            let emitted = self.take_emitted();
            if answer.is_ok() && !emitted.is_empty() {
                leaving = crate::event::leave(self, emitted);
            }
        }
        if self.scope().is_some_and(Scope::has_disposals) {
            self.dispose_scope().await;
        }
        if let Some(leaving) = leaving {
            // Whoever wants an answer by some time gets it by then: the message has succeeded.
            let _ = match self.deadline {
                Some(deadline) => self.env().timeout_at(deadline, leaving).await.is_ok(),
                None => leaving.await.is_ok(),
            };
        }
        answer
    }
}

/// Runs `work` so that a panic in it fails it alone.
pub(crate) fn isolated<T>(
    what: impl std::fmt::Display,
    work: impl Future<Output = Result<T>>,
) -> impl Future<Output = Result<T>> {
    let caught = AssertUnwindSafe(work).catch_unwind();
    caught.map(move |answer| answer.unwrap_or_else(|panic| Err(panicked(&what, &*panic))))
}

#[cold]
pub(crate) fn panicked(what: &dyn std::fmt::Display, panic: &(dyn Any + Send)) -> Error {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no text)");
    Error::internal(format!("{what} panicked: {text}")).with_code("PT0305")
}
