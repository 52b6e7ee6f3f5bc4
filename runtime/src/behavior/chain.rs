//! How behaviors are put around a handler.

use std::future::Future;
use std::pin::pin;

use super::{AnyAround, AnyMessage, AnyReply, Around, BehaviorInfo, Listed, Next, Role};
use crate::container::need::Need;
use crate::context::Context;
use crate::entry::Subscribes;
use crate::error::Result;
use crate::future::BoxFuture;
use crate::message::{Answered, Message, Request};
use crate::wiring::Handles;

/// The behaviors of one handler, outermost first: `(Audit, (Timing, ()))`.
pub trait Chain<M>: 'static {
    /// What is known of them.
    const INFOS: Option<&'static Infos>;

    /// Runs them around `inside`.
    fn run<'a>(
        message: Option<&'a M>,
        cx: &'a Context,
        inside: Next<'a, M>,
    ) -> impl Future<Output = Result<M::Reply>> + Send + 'a
    where
        M: Message;
}

/// What is known of the behaviors of a handler, outermost first.
pub struct Infos {
    /// The outermost.
    pub first: BehaviorInfo,
    /// Those further inside.
    pub rest: Option<&'static Infos>,
}

impl Infos {
    /// Each of them.
    pub fn each(infos: Option<&'static Infos>) -> impl Iterator<Item = &'static BehaviorInfo> {
        std::iter::successors(infos, |infos| infos.rest).map(|infos| &infos.first)
    }

    /// Whether one of them reads the message.
    pub const fn read(mut infos: Option<&'static Infos>) -> bool {
        while let Some(here) = infos {
            if here.first.reads {
                return true;
            }
            infos = here.rest;
        }
        false
    }

    /// Whether one of them needs something that is made for each message.
    pub const fn are_scoped(mut infos: Option<&'static Infos>) -> bool {
        while let Some(here) = infos {
            if Need::are_scoped(here.first.needs) {
                return true;
            }
            infos = here.rest;
        }
        false
    }
}

#[diagnostic::do_not_recommend]
impl<M> Chain<M> for () {
    const INFOS: Option<&'static Infos> = None;

    fn run<'a>(
        _: Option<&'a M>,
        _: &'a Context,
        inside: Next<'a, M>,
    ) -> impl Future<Output = Result<M::Reply>> + Send + 'a
    where
        M: Message,
    {
        inside.run()
    }
}

impl<M: Message, B: Around<M>, R: Chain<M>> Chain<M> for (B, R) {
    const INFOS: Option<&'static Infos> = Some(&Infos { first: BehaviorInfo::of::<B>(), rest: R::INFOS });

    async fn run<'a>(message: Option<&'a M>, cx: &'a Context, inside: Next<'a, M>) -> Result<M::Reply> {
        let rest = pin!(R::run(message, cx, inside));
        B::surround(message, cx, Next::new(rest)).await
    }
}

/// A handler behind its own behaviors. Called by generated code.
///
/// That the future is `Send` is said here, where it is known, so that a use does not look into it.
#[expect(clippy::manual_async_fn, reason = "an `async fn` does not say that it is `Send`")]
pub fn behind<H, M, F>(
    message: M,
    cx: &Context,
    handle: impl FnOnce(M) -> F + Send,
) -> impl Future<Output = Result<H::Reply>> + Send
where
    H: Handles<M>,
    M: Request + Answered<Reply = H::Reply>,
    F: Future<Output = Result<H::Reply>> + Send,
{
    async move {
        // That there is a way to copy it is asserted where the handler is declared.
        let reads = const { Infos::read(H::Behaviors::INFOS) };
        let copy = M::CLONE.filter(|_| reads).map(|clone| clone(&message));
        let handled = pin!(async { handle(message).await });
        H::Behaviors::run(copy.as_ref(), cx, Next::new(handled)).await
    }
}

/// A subscriber behind its own behaviors: what it takes is shared anyway.
#[expect(clippy::manual_async_fn, reason = "as above")]
pub fn behind_event<S, F>(event: &S::Event, cx: &Context, handled: F) -> impl Future<Output = Result<()>> + Send
where
    S: Subscribes<Event: Message + Answered<Reply = ()>>,
    F: Future<Output = Result<()>> + Send,
{
    async move {
        let handled = pin!(handled);
        S::Behaviors::run(Some(event), cx, Next::new(handled)).await
    }
}

/// What goes around every message of an application, outermost first.
pub(crate) struct Application {
    /// Up to the last behavior.
    places: Vec<Place>,
    /// Whether the caller is looked at behind them.
    pub(crate) authorizes_last: bool,
    /// Whether the rules are looked at behind them.
    pub(crate) validates_last: bool,
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
    Check(Check),
}

impl Application {
    pub(crate) fn new(listed: &'static [Listed]) -> Self {
        Application::without(listed, &[])
    }

    /// Less those of these names. A check whose place is listed is made where it is by default, if its place is left out.
    pub(crate) fn without(listed: &'static [Listed], names: &[String]) -> Self {
        let listed: Vec<&'static Listed> =
            listed.iter().filter(|listed| !names.iter().any(|name| name == listed.info.name)).collect();
        let mut places: Vec<Place> = Vec::new();
        for listed in &listed {
            match listed.info.role {
                Role::Around => places.push(Place::Around(listed.around)),
                Role::Authorization => places.push(Place::Check(Check::Authorization)),
                Role::Validation => places.push(Place::Check(Check::Validation)),
                Role::Retry => {}
            }
        }
        let is_listed = |role: Role| listed.iter().any(|listed| listed.info.role == role);
        if !is_listed(Role::Authorization) {
            // Never behind the validation, which tells a caller what the input should be.
            let at = places
                .iter()
                .position(|place| matches!(place, Place::Check(Check::Validation)))
                .unwrap_or(places.len());
            places.insert(at, Place::Check(Check::Authorization));
        }
        if !is_listed(Role::Validation) {
            places.push(Place::Check(Check::Validation));
        }
        // What is checked behind the last behavior is checked where the handler is called, without a place of its own.
        let behind = places.iter().rposition(|place| matches!(place, Place::Around(_))).map_or(0, |last| last + 1);
        let last = places.split_off(behind);
        Application {
            places,
            authorizes_last: last.iter().any(|place| matches!(place, Place::Check(Check::Authorization))),
            validates_last: last.iter().any(|place| matches!(place, Place::Check(Check::Validation))),
            reads: listed.iter().any(|listed| listed.info.reads),
            needs: listed.iter().map(|listed| listed.info.needs).collect(),
            scoped: listed.iter().any(|listed| Need::are_scoped(listed.info.needs)),
            retries: is_listed(Role::Retry),
        }
    }

    /// True if nothing stands around a message but what the message itself asks for.
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub(crate) fn places(&self) -> &[Place] {
        &self.places
    }
}

/// The checks of a message, by a behavior's place. One fn for both: each handler has a table of each future on the heap.
pub(crate) trait Checks: Sync {
    fn check(&self, what: Check) -> BoxFuture<'_, Result<()>>;
}

/// What a message is checked for.
#[derive(Clone, Copy)]
pub(crate) enum Check {
    /// Whether its caller may send it.
    Authorization,
    /// Whether it keeps its rules.
    Validation,
}

/// Runs `places` around `inside`.
pub(crate) fn apply<'a>(
    places: &'a [Place],
    checks: &'a dyn Checks,
    message: Option<&'a AnyMessage>,
    cx: &'a Context,
    inside: Next<'a, AnyMessage>,
) -> BoxFuture<'a, Result<AnyReply>> {
    let (first, rest) = match places {
        [] => return Box::pin(inside.run()),
        [Place::Around(around)] => return around(message, cx, inside),
        [first, rest @ ..] => (first, rest),
    };
    Box::pin(async move {
        match first {
            Place::Check(what) => checks.check(*what).await?,
            Place::Around(around) => {
                let mut rest = apply(rest, checks, message, cx, inside);
                return around(message, cx, Next::new(rest.as_mut())).await;
            }
        }
        apply(rest, checks, message, cx, inside).await
    })
}
