//! The way in for one outside call.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use serde_json::Value;

use super::inner::Inner;
use crate::container::scope::LEAST;
use crate::context::{Context, Endpoint, Origin, Taker, Visited, isolated, late, panicked};
use crate::error::{Error, Kind, Result};
use crate::event::{AnyEvent, EmitReport};
use crate::identity::Identity;
use crate::input::parts::Parts;
use crate::message::{Event, Request};
use crate::module::Handler;
use crate::overrides::CODE;
use crate::queue::{IntoSpawn, JobId};
use crate::record::Record;
use crate::route::{RouteCall, Written};
use crate::stream::Streaming;
use crate::telemetry::trace::{TraceId, TraceParent};
use crate::wiring::Handles;

/// Who calls, within which trace, and until when. Anonymous, in a new trace, until the default deadline.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Call {
    /// Who calls.
    pub identity: Identity,
    /// The caller's trace, from a `traceparent` header or its like (W3C Trace Context).
    pub trace: Option<TraceParent>,
    /// When the call is cancelled; by default `runtime.timeout` of the configuration (30 s) from now.
    pub deadline: Option<Instant>,
    /// The caller's session: an id that the caller was given, in a cookie or a header.
    pub session: Option<Arc<str>>,
    /// The entrypoint that it comes in by.
    pub entrypoint: Option<&'static str>,
    /// Where a test follows it.
    pub(crate) record: Option<Arc<Record>>,
}

impl Call {
    /// A call by `identity`.
    #[inline]
    pub fn by(identity: Identity) -> Self {
        // Each field: the rest of a default would be made with an identity of its own, and that dropped.
        Call { identity, trace: None, deadline: None, session: None, record: None, entrypoint: None }
    }

    /// In by this entrypoint: one of [`DOORS`](crate::entrypoint::DOORS). The configuration may say of a message which of them it
    /// takes; a call that comes in by none is [`CODE`](crate::overrides::CODE).
    #[must_use]
    #[inline]
    pub fn at(mut self, entrypoint: &'static str) -> Self {
        self.entrypoint = Some(entrypoint);
        self
    }

    /// Within the caller's trace.
    #[must_use]
    pub fn within(mut self, trace: TraceParent) -> Self {
        self.trace = Some(trace);
        self
    }

    /// In the caller's session.
    #[must_use]
    pub fn in_session(mut self, id: impl Into<Arc<str>>) -> Self {
        self.session = Some(id.into());
        self
    }

    /// Until `deadline`.
    #[must_use]
    pub fn until(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }
}

/// One outside call: what is sent through it is an outermost message, isolated, with a deadline, and counted, so that
/// a stopping application waits for it.
pub struct Door {
    cx: Context,
}

impl Door {
    #[inline]
    pub(super) fn new(app: Arc<Inner>, call: Call) -> Self {
        let deadline = call.deadline.or_else(|| app.message_deadline());
        let taker = Taker::Door { until: call.deadline };
        let Call { identity, trace, session, record, entrypoint, .. } = call;
        let origin = Origin { identity: identity.shared(), trace, session, record, taker, entrypoint };
        Door { cx: Context::root(app, origin, deadline) }
    }

    /// Sends a command or a query.
    ///
    /// # Errors
    /// As [`App::send`](super::App::send).
    pub async fn send<M: Request>(&self, message: M) -> Result<<M::Home as Handles<M>>::Reply> {
        // Inside, also what a send does at once: the rules of a message are the user's.
        self.guarded(M::INFO.name, async { self.cx.send(message).await }).await
    }

    /// Sends by name, `module.Type` or `module.Type@version`, with the fields as JSON; the reply as JSON. A stream is collected
    /// into an array of at most 10,000 items and 16 MiB of text.
    ///
    /// # Errors
    /// Kind not found with near names for an unknown one; kind invalid with every mistake of the input, each with its
    /// JSON pointer; what the handler answers; kind too large, code PT0325, for a stream that is; and as [`App::send`](super::App::send).
    pub async fn execute(&self, name: &str, input: Value) -> Result<Value> {
        self.guarded(name, self.cx.call_named(self.seen(name), name, input)).await
    }

    /// As [`Door::execute`], for an entrypoint that can stream: the items as JSON. A handler that does not stream gives one.
    ///
    /// The stream counts as running until it has ended or is dropped. A default deadline is for the way to it only; one that
    /// the call or the handler sets is for all of it.
    ///
    /// # Errors
    /// Those of [`Door::execute`] before the first item; what follows is an item, the last.
    pub async fn stream(&self, name: &str, input: Value) -> Result<Streaming<Value>> {
        self.guarded(name, self.cx.stream_named(self.seen(name), name, input)).await
    }

    /// Sends the message that a route leads to, decoded from `parts`; `name` is the message's full name.
    ///
    /// # Errors
    /// Those of [`Door::execute`].
    pub async fn route(&self, name: &str, call: RouteCall, parts: &Parts<'_>) -> Result<Routed> {
        if !self.admits(name) {
            // In the words of a name that is none.
            return self.cx.app().registry.find_among(name, |_| false).and_then(|_| Err(stopping()));
        }
        match call {
            RouteCall::Once(call) => Ok(Routed::Once(self.guarded(name, call(&self.cx, name, parts)).await?)),
            RouteCall::Stream(call) => {
                Ok(Routed::Stream(Box::pin(self.guarded(name, call(&self.cx, name, parts))).await?))
            }
        }
    }

    /// Runs code that is no message as one is: in a context of its own, isolated, until the deadline, counted.
    ///
    /// # Errors
    /// What it answers; kind unauthenticated or forbidden if the caller has not the role; and as [`App::send`](super::App::send).
    pub fn visit<'c, I: Send + 'c, T: Send + 'c>(
        &'c self,
        endpoint: &'static Endpoint,
        call: Visited<I, T>,
        input: I,
    ) -> impl Future<Output = Result<T>> + Send + use<'c, I, T> {
        self.guarded(endpoint.info.name, self.cx.visit(endpoint, call, input))
    }

    /// Emits an event outside of any message and waits for its subscribers.
    pub async fn emit<E: Event>(&self, event: E) -> EmitReport {
        let Some(_running) = self.cx.app().running.enter() else {
            return EmitReport::untold(E::INFO, "(the application)", stopping());
        };
        // Its rules and its topic are the user's.
        let made = async {
            let mut event = AnyEvent::new(event)?;
            if let Some(overrides) = self.cx.overrides() {
                event.retopic(overrides)?;
            }
            Ok(event)
        };
        match isolated(E::INFO.name, made).await {
            Ok(event) => {
                if let Some(record) = self.cx.record() {
                    record.emitted(&self.cx, &event);
                }
                let mut report = EmitReport::new(event.name());
                crate::event::deliver(&self.cx, &event, Some(&mut report)).await;
                report
            }
            Err(error) => EmitReport::untold(E::INFO, "(the event)", error),
        }
    }

    /// Sends a command or a query one way. See [`Context::spawn`].
    ///
    /// # Errors
    /// As [`App::spawn`](super::App::spawn).
    pub fn spawn<M: Request>(&self, message: impl IntoSpawn<M>) -> Result<JobId> {
        if self.cx.app().running.is_closed() {
            return Err(stopping());
        }
        crate::queue::enter(&self.cx, message.into_spawn())
    }

    /// Whether the message of this full name may come in here. One that may not is not found.
    pub fn admits(&self, name: &str) -> bool {
        self.cx.overrides().is_none_or(|overrides| overrides.admits_name(name, self.entrypoint()))
    }

    /// The handler of `name`, if its message may come in here; else it is as if it were not there.
    fn seen(&self, name: &str) -> Result<&'static Handler> {
        match self.cx.overrides() {
            None => self.cx.app().registry.find(name),
            Some(overrides) => {
                let admits = |handler: &Handler| overrides.admits(handler.message, self.entrypoint());
                self.cx.app().registry.find_among(name, admits)
            }
        }
    }

    fn entrypoint(&self) -> &'static str {
        self.cx.entrypoint().unwrap_or(CODE)
    }

    /// The trace that the call belongs to, to be told to a caller whose call failed.
    pub fn trace_id(&self) -> TraceId {
        self.cx.trace_id()
    }

    async fn guarded<T>(&self, name: &str, work: impl Future<Output = Result<T>>) -> Result<T> {
        let app = self.cx.app();
        let Some(_running) = app.running.enter() else {
            return Err(stopping());
        };
        // As `isolated(until(..))`, in one future: every message from outside comes by here.
        let mut work = pin!(Some(app.env.timed(self.cx.deadline(), work)));
        let mut extended = false;
        let answer = poll_fn(|cx| {
            let polled = catch_unwind(AssertUnwindSafe(|| {
                let mut polled = work.as_mut().as_pin_mut().map_or(Poll::Pending, |work| work.poll(cx));
                // The message has noticed it, too, and disposes of its scope before it answers.
                if let Poll::Ready(Err(_)) = polled
                    && !extended
                    && self.cx.is_disposing()
                    && let Some(mut work) = work.as_mut().as_pin_mut()
                {
                    extended = true;
                    work.as_mut().extend(LEAST);
                    polled = work.poll(cx);
                }
                // What is dropped because its time is over may panic, too.
                if polled.is_ready() {
                    work.set(None);
                }
                polled
            }));
            match polled {
                Ok(polled) => polled.map(|answer| answer.unwrap_or_else(|_| Err(late(name)))),
                Err(panic) => Poll::Ready(Err(panicked(&name, &*panic))),
            }
        });
        let answer = answer.await;
        if let Err(error) = &answer {
            self.tell(name, error);
        }
        answer
    }

    /// A defect is always logged; of all else only what caused it: that it failed is told to the caller.
    #[cold]
    fn tell(&self, name: &str, error: &Error) {
        let entrypoint = self.entrypoint();
        if error.kind() == Kind::Internal {
            let trace_id = self.cx.trace_id();
            tracing::error!(target: "partitura", %trace_id, name, entrypoint, error = ?error, "a message failed");
        } else if error.source().is_some() {
            tracing::debug!(
                target: "partitura",
                trace_id = %self.cx.trace_id(), name, entrypoint, error = ?error,
                "a message failed"
            );
        }
    }
}

/// What a route answers with.
pub enum Routed {
    /// A reply.
    Once(Written),
    /// Items.
    Stream(Streaming<Value>),
}

#[cold]
pub(crate) fn stopping() -> Error {
    Error::unavailable("the application is stopping").with_code("PT0308")
}
