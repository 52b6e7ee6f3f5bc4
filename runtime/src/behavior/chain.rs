//! How behaviors are put around a handler.

use std::future::Future;
use std::pin::pin;

use super::{AnyAround, AnyMessage, AnyReply, Around, Listed, Next, Role};
use crate::container::need::Need;
use crate::context::Context;
use crate::error::Result;
use crate::future::BoxFuture;
use crate::message::Message;

/// The behaviors of one handler, outermost first: `(Audit, (Timing, ()))`.
pub trait Chain<M: Message>: 'static {
    /// Runs them around `inside`.
    fn run<'a>(
        message: Option<&'a M>,
        cx: &'a Context,
        inside: Next<'a, M>,
    ) -> impl Future<Output = Result<M::Reply>> + Send + 'a;
}

#[diagnostic::do_not_recommend]
impl<M: Message> Chain<M> for () {
    fn run<'a>(
        _: Option<&'a M>,
        _: &'a Context,
        inside: Next<'a, M>,
    ) -> impl Future<Output = Result<M::Reply>> + Send + 'a {
        inside.run()
    }
}

#[diagnostic::do_not_recommend]
impl<M: Message, B: Around<M>, R: Chain<M>> Chain<M> for (B, R) {
    async fn run<'a>(message: Option<&'a M>, cx: &'a Context, inside: Next<'a, M>) -> Result<M::Reply> {
        let rest = pin!(R::run(message, cx, inside));
        B::around(message, cx, Next::new(rest)).await
    }
}

/// A handler behind its own behaviors. Called by generated code. `reads` is known when this is compiled.
pub async fn behind<C, M, F>(
    message: M,
    cx: &Context,
    reads: bool,
    handle: impl FnOnce(M) -> F + Send,
) -> Result<M::Reply>
where
    C: Chain<M>,
    M: Message,
    F: Future<Output = Result<M::Reply>> + Send,
{
    // That there is a way to copy it is asserted where the handler is declared.
    let copy = M::CLONE.filter(|_| reads).map(|clone| clone(&message));
    let handled = pin!(async { handle(message).await });
    C::run(copy.as_ref(), cx, Next::new(handled)).await
}

/// A subscriber behind its own behaviors: what it takes is shared anyway.
pub async fn behind_event<C, M, F>(event: &M, cx: &Context, handled: F) -> Result<()>
where
    C: Chain<M>,
    M: Message<Reply = ()>,
    F: Future<Output = Result<()>> + Send,
{
    let handled = pin!(handled);
    C::run(Some(event), cx, Next::new(handled)).await
}

/// What goes around every message of an application, outermost first.
pub(crate) struct Application {
    places: Vec<Place>,
    /// Whether somebody reads the message.
    pub(crate) reads: bool,
    /// What all of them need.
    pub(crate) needs: Vec<&'static [Need]>,
    /// Whether something of that is made for each message.
    pub(crate) scoped: bool,
    /// Whether idempotent handlers are tried again.
    pub(crate) retries: bool,
}

/// One place of the chain.
pub(crate) enum Place {
    Around(AnyAround),
    Authorization,
    Validation,
}

impl Application {
    pub(crate) fn new(listed: &'static [Listed]) -> Self {
        let mut places: Vec<Place> = Vec::new();
        for listed in listed {
            match listed.info.role {
                Role::Around => places.push(Place::Around(listed.around)),
                Role::Authorization => places.push(Place::Authorization),
                Role::Validation => places.push(Place::Validation),
                Role::Retry => {}
            }
        }
        let is_listed = |role: Role| listed.iter().any(|listed| listed.info.role == role);
        if !is_listed(Role::Authorization) {
            // Never behind the validation, which tells a caller what the input should be.
            let at = places.iter().position(|place| matches!(place, Place::Validation)).unwrap_or(places.len());
            places.insert(at, Place::Authorization);
        }
        if !is_listed(Role::Validation) {
            places.push(Place::Validation);
        }
        Application {
            places,
            reads: listed.iter().any(|listed| listed.info.reads),
            needs: listed.iter().map(|listed| listed.info.needs).collect(),
            scoped: listed.iter().any(|listed| Need::are_scoped(listed.info.needs)),
            retries: is_listed(Role::Retry),
        }
    }

    /// True if nothing stands around a message but what the message itself asks for.
    pub(crate) fn is_empty(&self) -> bool {
        !self.places.iter().any(|place| matches!(place, Place::Around(_)))
    }

    pub(crate) fn places(&self) -> &[Place] {
        &self.places
    }
}

/// The checks of a message, by a behavior's place.
pub(crate) trait Checks: Sync {
    fn authorize(&self) -> BoxFuture<'_, Result<()>>;
    fn validate(&self) -> BoxFuture<'_, Result<()>>;
}

/// Runs `places` around `inside`.
pub(crate) fn apply<'a>(
    places: &'a [Place],
    checks: &'a dyn Checks,
    message: Option<&'a AnyMessage>,
    cx: &'a Context,
    inside: Next<'a, AnyMessage>,
) -> BoxFuture<'a, Result<AnyReply>> {
    let Some((first, rest)) = places.split_first() else { return Box::pin(inside.run()) };
    Box::pin(async move {
        match first {
            Place::Authorization => checks.authorize().await?,
            Place::Validation => checks.validate().await?,
            Place::Around(around) => {
                let mut rest = apply(rest, checks, message, cx, inside);
                return around(message, cx, Next::new(rest.as_mut())).await;
            }
        }
        apply(rest, checks, message, cx, inside).await
    })
}
