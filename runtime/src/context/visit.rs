//! Code that runs as a message does and is none: a method of a controller.

use crate::access::{Access, check_roles};
use crate::container::need::Need;
use crate::context::{Context, before, whole};
use crate::error::Result;
use crate::future::BoxFuture;
use crate::message::MessageInfo;
use crate::telemetry::log;

/// What is known of such code. It has a context of its own, with a scope, a deadline and roles, and is isolated.
pub struct Endpoint {
    /// Its name, and where it is: messages that it sends have it for their cause.
    pub info: MessageInfo,
    /// What it needs.
    pub needs: &'static [Need],
    /// Who may call it.
    pub access: Access,
    /// Milliseconds after which it is cancelled; 0 for as long as its caller has.
    pub timeout_ms: u64,
}

/// The code, called with its context and with what it was called with.
pub type Visited<I, T> = for<'c> fn(&'c Context, I) -> BoxFuture<'c, Result<T>>;

impl Context {
    /// On the heap, and no `async fn`: what it is called with is a whole request, of which each future around it would have a
    /// copy.
    pub(crate) fn visit<'c, I: Send + 'c, T: Send + 'c>(
        &'c self,
        endpoint: &'static Endpoint,
        call: Visited<I, T>,
        input: I,
    ) -> BoxFuture<'c, Result<T>> {
        let work = self.visited(endpoint, call, input);
        if log::spans_enabled() {
            use tracing::Instrument;
            let info = &endpoint.info;
            let span = log::message_span(&info.full_name(), "route", self.trace_id(), self.depth() + 1);
            return Box::pin(work.instrument(span));
        }
        Box::pin(work)
    }

    async fn visited<I, T>(&self, endpoint: &'static Endpoint, call: Visited<I, T>, input: I) -> Result<T> {
        let mut own = self.child(&endpoint.info)?;
        let late = own.shorten(endpoint.timeout_ms);
        check_roles(endpoint.access, &endpoint.info, &own)?;
        let is_plain = !Need::are_scoped(endpoint.needs);
        let answer = if is_plain && endpoint.timeout_ms == 0 {
            // The caller keeps the deadline, and there is nothing to dispose of before the reply leaves.
            call(&own, input).await
        } else {
            // In a box of its own: it holds what it is called with once more.
            let work = Box::pin(async {
                if !is_plain {
                    own.prepare(endpoint.needs).await?;
                }
                call(&own, input).await
            });
            whole(&own, before(&own, late, work)).await
        };
        // A stream that leaves with the answer ends it.
        if own.is_handed_over() && answer.is_ok() {
            return answer;
        }
        own.finish(answer).await
    }
}
