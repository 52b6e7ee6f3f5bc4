//! How a message reaches its handler.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use tracing::Instrument;

use super::Context;
use crate::container::scope::Scope;
use crate::entry::Subscribes;
use crate::error::{Error, Result};
use crate::future::BoxFuture;
use crate::future::Sending;
use crate::message::{Message, MessageInfo, Request};
use crate::telemetry::log;
use crate::wiring::Handles;

/// Sends `message` to the handler of `H`: its home, or the module that handles a contract.
#[inline]
pub(crate) fn send_to<'c, H: Handles<M>, M: Request>(
    cx: &'c Context,
    message: M,
) -> impl Future<Output = Result<H::Reply>> + Send + use<'c, H, M> {
    let handler_alone = !H::SCOPED && H::TIMEOUT_MS == 0;
    if handler_alone && !log::spans_enabled() {
        Sending::Direct { future: H::enter(message, cx) }
    } else {
        Sending::Heap { future: heap::<H, M>(cx, message) }
    }
}

/// The handler with all that may stand around it.
#[cold]
#[inline(never)]
fn heap<'c, H: Handles<M>, M: Request>(cx: &'c Context, message: M) -> BoxFuture<'c, Result<H::Reply>> {
    let work = async move {
        let mut own = cx.child(M::INFO)?;
        let late = own.shorten(H::TIMEOUT_MS);
        let answer = {
            let handled = async {
                if H::SCOPED {
                    own.prepare(H::NEEDS).await?;
                }
                H::handle(message, &own).await
            };
            before(&own, late, handled).await
        };
        own.finish(answer).await
    };
    in_span(cx, M::INFO, Box::pin(work))
}

/// Tells one subscriber of an event, in a message of its own.
pub(crate) fn tell<'c, S: Subscribes>(cx: &'c Context, event: &'c S::Event) -> BoxFuture<'c, Result<()>> {
    let info = S::Event::INFO;
    let work = async move {
        let mut own = cx.child(info)?;
        let late = own.shorten(S::TIMEOUT_MS);
        let answer = {
            let handled = async {
                if S::SCOPED {
                    own.prepare(S::NEEDS).await?;
                }
                S::handle(event, &own).await
            };
            before(&own, late, handled).await
        };
        own.finish(answer).await
    };
    in_span(cx, info, Box::pin(work))
}

fn in_span<'c, T: 'c>(
    cx: &Context,
    info: &'static MessageInfo,
    work: BoxFuture<'c, Result<T>>,
) -> BoxFuture<'c, Result<T>> {
    if !log::spans_enabled() {
        return work;
    }
    let span = log::message_span(&info.full_name(), &info.kind.to_string(), cx.trace_id(), cx.depth + 1);
    Box::pin(work.instrument(span))
}

/// `work`, until the deadline.
async fn before<T>(cx: &Context, deadline: Option<Instant>, work: impl Future<Output = Result<T>>) -> Result<T> {
    let Some(deadline) = deadline else { return work.await };
    match cx.env().timeout_at(deadline, work).await {
        Ok(answer) => answer,
        Err(_) => Err(late(cx.message().map_or_else(String::new, MessageInfo::full_name))),
    }
}

/// The handler in a context of its own, on its sender's stack. Called by generated code for a handler that takes
/// `&Context` and needs nothing scoped.
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
    /// Takes the handler's own timeout into the deadline, and returns the deadline that must be kept here: one of its
    /// own, or, in an outermost message, the caller's. The caller keeps it, too, but cancels everything; here the scope is
    /// disposed of before the reply leaves.
    fn shorten(&mut self, timeout_ms: u64) -> Option<Instant> {
        if timeout_ms == 0 {
            return if self.depth == 1 { self.deadline } else { None };
        }
        let deadline = self.env().now() + Duration::from_millis(timeout_ms);
        self.limit(deadline);
        self.deadline
    }

    /// Ends the message: disposes of its scope, and lets its events go if it is the outermost one.
    async fn finish<T>(&self, answer: Result<T>) -> Result<T> {
        if self.scope().is_some_and(Scope::has_disposals) {
            Box::pin(self.dispose_scope()).await;
        }
        if self.depth == 1
            && let Some(outbox) = self.flow.outbox.get()
        {
            let outbox = std::mem::take(&mut *outbox.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
            if answer.is_ok() && !outbox.is_empty() {
                Box::pin(async {
                    for event in outbox {
                        crate::event::deliver(self, event).await;
                    }
                })
                .await;
            }
        }
        answer
    }
}

/// Runs `work` so that a panic in it fails it alone.
pub(crate) async fn isolated<T>(what: impl std::fmt::Display, work: impl Future<Output = Result<T>>) -> Result<T> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(answer) => answer,
        Err(panic) => Err(panicked(&what, &*panic)),
    }
}

#[cold]
fn panicked(what: &dyn std::fmt::Display, panic: &(dyn Any + Send)) -> Error {
    let text = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(no text)");
    Error::internal(format!("{what} panicked: {text}")).with_code("PT0305")
}
