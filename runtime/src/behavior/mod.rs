//! Behaviors: code around every handler of an application, or around chosen ones.
//!
//! A behavior sees the message, calls what is inside of it at most once, and may change the reply, answer by itself or turn
//! an error into another. `#[behavior]` writes the impls.

mod any;
mod chain;
mod shipped;

use std::future::Future;
use std::pin::Pin;

pub use any::{AnyMessage, AnyReply};
pub(crate) use chain::{Application, Check, Checks, apply};
pub use chain::{Chain, Infos, behind, behind_event};
pub use shipped::{
    Authorization, BehaviorsConfig, Cache, Cacheable, Deadline, Kept, Metrics, Retry, Tracing, Validation,
};
pub(crate) use shipped::{Caches, backoff, may_pass};

use crate::container::need::Need;
use crate::context::Context;
use crate::error::Result;
use crate::future::BoxFuture;
use crate::message::Message;

/// Code around handlers. Written by `#[behavior]`.
pub trait Behavior: 'static {
    /// Its name, for people.
    const NAME: &'static str;
    /// What it needs.
    const NEEDS: &'static [Need] = &[];
    /// Whether it reads the message. The message is cloned for those that do, since the handler owns its own.
    const READS: bool = true;
    /// How it is placed in an application.
    #[doc(hidden)]
    const ROLE: Role = Role::Around;
}

/// What a behavior of an application is, to the framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(hidden)]
pub enum Role {
    /// A behavior like any other.
    Around,
    /// The place of the check that `allow(..)` asks for.
    Authorization,
    /// The place of the check that `#[validate(..)]` asks for.
    Validation,
    /// Retries of idempotent handlers.
    Retry,
}

/// A behavior around the messages `M`: all of them, or one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no behavior that goes around `{M}` [PT0161]",
    label = "not a behavior for this message",
    note = "put `#[behavior]` on an `async fn name<M: Message>(message: &M, cx: &Context, next: Next<'_, M>, ..) -> Result<M::Reply>`, or on a struct that has such a method `around(&self, ..)`"
)]
pub trait Around<M: Message>: Behavior {
    /// Runs the behavior with what it needs. `message` is there if [`Behavior::READS`] says so.
    fn surround<'a>(
        message: Option<&'a M>,
        cx: &'a Context,
        next: Next<'a, M>,
    ) -> impl Future<Output = Result<M::Reply>> + Send + 'a;
}

/// A behavior that an application can list.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no behavior that goes around every message, as one of an application must [PT0162]",
    label = "not a behavior for all messages",
    note = "put `#[behavior]` on it; let it take `message: &M` for every `M: Message`, or name it at a handler that it is for: `#[handler(behaviors(..))]`"
)]
pub trait Everywhere: Behavior {
    /// Runs it around any message.
    fn around_any<'a>(
        message: Option<&'a AnyMessage>,
        cx: &'a Context,
        next: Next<'a, AnyMessage>,
    ) -> BoxFuture<'a, Result<AnyReply>>;
}

#[diagnostic::do_not_recommend]
impl<B: Around<AnyMessage>> Everywhere for B {
    fn around_any<'a>(
        message: Option<&'a AnyMessage>,
        cx: &'a Context,
        next: Next<'a, AnyMessage>,
    ) -> BoxFuture<'a, Result<AnyReply>> {
        Box::pin(B::surround(message, cx, next))
    }
}

/// What is inside of a behavior: further behaviors, and the handler.
///
/// It runs when it is asked to, and once: a behavior that drops it has answered by itself. Dropping the future of
/// [`Next::run`] cancels what is inside at its next await.
#[must_use = "the handler runs when `next.run()` is awaited"]
pub struct Next<'a, M: Message> {
    inside: Pin<&'a mut (dyn Future<Output = Result<M::Reply>> + Send + 'a)>,
}

impl<'a, M: Message> Next<'a, M> {
    pub(crate) fn new(inside: Pin<&'a mut (dyn Future<Output = Result<M::Reply>> + Send + 'a)>) -> Self {
        Next { inside }
    }

    /// Runs what is inside and answers with its reply.
    ///
    /// # Errors
    /// The handler's, or that of a behavior further inside.
    pub async fn run(self) -> Result<M::Reply> {
        self.inside.await
    }
}

/// `next.await` is `next.run().await`.
impl<'a, M: Message> IntoFuture for Next<'a, M> {
    type Output = Result<M::Reply>;
    type IntoFuture = Pin<&'a mut (dyn Future<Output = Result<M::Reply>> + Send + 'a)>;

    fn into_future(self) -> Self::IntoFuture {
        self.inside
    }
}

/// The method `around` of a behavior with state, with `cx` or without.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the method `around` of this behavior does not go around every message [PT0168]",
    label = "its `around` is of another form",
    note = "write `async fn around<M: Message>(&self, message: &M, cx: &Context, next: Next<'_, M>) -> Result<M::Reply>`",
    note = "a behavior for one message is no struct: `#[behavior] async fn name(message: &OpenAccount, next: Next<'_, OpenAccount>, ..) -> Result<..>`"
)]
pub trait AroundMethod<'a, S, M: Message, Form> {
    /// What it returns.
    type Future: Future;
    /// Calls it.
    fn call(self, this: &'a S, message: &'a M, cx: &'a Context, next: Next<'a, M>) -> Self::Future;
}

/// `around(&self, message, cx, next)`
#[doc(hidden)]
pub struct WithContext;

/// `around(&self, message, next)`
#[doc(hidden)]
pub struct WithoutContext;

#[diagnostic::do_not_recommend]
impl<'a, S: 'a, M: Message, F, R> AroundMethod<'a, S, M, WithContext> for F
where
    F: FnOnce(&'a S, &'a M, &'a Context, Next<'a, M>) -> R,
    R: Future,
{
    type Future = R;

    fn call(self, this: &'a S, message: &'a M, cx: &'a Context, next: Next<'a, M>) -> R {
        self(this, message, cx, next)
    }
}

#[diagnostic::do_not_recommend]
impl<'a, S: 'a, M: Message, F, R> AroundMethod<'a, S, M, WithoutContext> for F
where
    F: FnOnce(&'a S, &'a M, Next<'a, M>) -> R,
    R: Future,
{
    type Future = R;

    fn call(self, this: &'a S, message: &'a M, _: &'a Context, next: Next<'a, M>) -> R {
        self(this, message, next)
    }
}

/// Calls the method `around` of a behavior with state. Called by generated code.
#[doc(hidden)]
pub fn call_around<'a, S, M: Message, F: AroundMethod<'a, S, M, Form>, Form>(
    method: F,
    this: &'a S,
    message: &'a M,
    cx: &'a Context,
    next: Next<'a, M>,
) -> F::Future {
    method.call(this, message, cx, next)
}

/// The message, for a behavior that reads it. Called by generated code.
///
/// # Errors
/// Kind internal, code PT0164, when it could not be copied: what `verify` refuses at start.
pub fn seen<M: Message>(message: Option<&M>) -> Result<&M> {
    message.ok_or_else(|| {
        crate::error::Error::internal(format!("a behavior reads `{}`, which is not `Clone`", M::INFO.full_name()))
            .with_code("PT0164")
    })
}

/// What is known of a behavior without its message.
#[derive(Clone, Copy)]
pub struct BehaviorInfo {
    /// Its name.
    pub name: &'static str,
    /// What it needs.
    pub needs: &'static [Need],
    /// Whether it reads the message.
    pub reads: bool,
    /// How it is placed.
    pub role: Role,
}

impl BehaviorInfo {
    /// That of `B`.
    pub const fn of<B: Behavior>() -> Self {
        BehaviorInfo { name: B::NAME, needs: B::NEEDS, reads: B::READS, role: B::ROLE }
    }
}

/// A behavior that `app!` lists.
#[derive(Clone, Copy)]
pub struct Listed {
    /// What is known of it.
    pub info: BehaviorInfo,
    pub(crate) around: AnyAround,
}

pub(crate) type AnyAround =
    for<'a> fn(Option<&'a AnyMessage>, &'a Context, Next<'a, AnyMessage>) -> BoxFuture<'a, Result<AnyReply>>;

impl Listed {
    /// `B`, as `app!` lists it.
    pub const fn new<B: Everywhere>() -> Self {
        Listed { info: BehaviorInfo::of::<B>(), around: B::around_any }
    }
}
