//! A way in for threads that are nobody's runtime.

use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::task::{Context as Task, Poll, Waker};
use std::time::Duration;

use serde_json::Value;
use tokio::runtime::Handle;
use tokio::task::coop;

use super::{App, Call, Door};
use crate::error::{Error, Kind, Result};
use crate::event::EmitReport;
use crate::message::{Event, Request};
use crate::wiring::Handles;

/// An application, for plain threads and for threads of other runtimes: each call runs on the application's own tokio runtime,
/// and blocks its thread until there is an answer. Cheap to clone; may be used from many threads at once.
///
/// ```text
/// let bank = app.blocking().timeout(Duration::from_secs(5));
/// std::thread::spawn(move || bank.execute("accounts.OpenAccount", json!({ "owner": "Ada" })));
/// ```
///
/// On a thread that drives futures of tokio it would hold up everything else there, itself perhaps among it. So a call from
/// async code is refused with kind internal, code PT0456; `tokio::task::spawn_blocking` and `block_in_place` have threads from which
/// it may be called. It can see that by tokio's budget for a task, and so not within `tokio::task::unconstrained`: there the call
/// blocks until its timeout.
#[derive(Clone)]
pub struct Blocking {
    app: App,
    call: Call,
    limit: Option<Duration>,
}

/// What an answer may take longer than its deadline: then the runtime does not come to it, and the thread is let go.
const LEEWAY: Duration = Duration::from_millis(500);

impl App {
    /// A handle for code that is not async. See [`Blocking`].
    pub fn blocking(&self) -> Blocking {
        Blocking { app: self.clone(), call: Call::default(), limit: self.0.message_timeout() }
    }
}

impl Blocking {
    /// As this caller, within this trace and session. Default anonymous, in a trace of its own. A deadline of the call is not kept:
    /// [`Blocking::timeout`] is.
    #[must_use]
    pub fn with(mut self, call: Call) -> Self {
        self.call = Call { deadline: None, ..call };
        self
    }

    /// How long each call may take. Default: `runtime.timeout` of the configuration (30 s). Zero: as long as it takes.
    #[must_use]
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.limit = (!limit.is_zero()).then_some(limit);
        self
    }

    /// Sends by name, with the fields as JSON. See [`Door::execute`].
    ///
    /// # Errors
    /// As [`Door::execute`]; kind timeout, code PT0304, when there is no answer in time, and the handler is cancelled then; kind
    /// internal, code PT0456, on a thread of a runtime that it would block; kind unavailable, code PT0457, when the application's
    /// runtime is not there any more.
    pub fn execute(&self, name: &str, input: Value) -> Result<Value> {
        let own = name.to_owned();
        self.wait(name, move |door| async move { door.execute(&own, input).await })?
    }

    /// Sends a command or a query. The items of a handler that streams are asked for in async code: [`Blocking::execute`] collects
    /// them.
    ///
    /// # Errors
    /// As [`Blocking::execute`].
    pub fn send<M: Request>(&self, message: M) -> Result<<M::Home as Handles<M>>::Reply>
    where
        <M::Home as Handles<M>>::Reply: Send + 'static,
    {
        self.wait(M::INFO.name, move |door| async move { door.send(message).await })?
    }

    /// Emits an event outside of any message and waits for its subscribers.
    ///
    /// # Errors
    /// Those of [`Blocking::execute`] that are no answer of a handler; what subscribers answer is in the report.
    pub fn emit<E: Event>(&self, event: E) -> Result<EmitReport> {
        self.wait(E::INFO.name, move |door| async move { door.emit(event).await })
    }

    /// Runs `work` on the application's runtime, and blocks this thread until it is done.
    fn wait<T, F>(&self, name: &str, work: impl FnOnce(Door) -> F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        if drives_futures() {
            let text = format!(
                "`{name}` was sent by a blocking call on a thread of a tokio runtime, which must not block: in async code \
                 use the application itself, or `tokio::task::spawn_blocking`"
            );
            return Err(Error::new(Kind::Internal, text).with_code("PT0456"));
        }
        let Some(runtime) = &self.app.0.runtime else { return Err(gone(name)) };
        let env = self.app.env();
        let mut call = self.call.clone();
        call.deadline = self.limit.and_then(|limit| env.now().checked_add(limit));
        let (sender, answer) = sync_channel(1);
        let work = work(self.app.door(call));
        let task = {
            // For as long as the task is handed over: the tasks of an `Env` start where the caller is.
            let _entered = runtime.enter();
            env.spawn(async move { drop(sender.send(work.await)) })
        };
        let answered = match self.limit {
            None => answer.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(limit) => answer.recv_timeout(limit.saturating_add(LEEWAY)),
        };
        answered.map_err(|why| match why {
            RecvTimeoutError::Timeout => {
                task.abort();
                Error::timeout(format!("`{name}` did not answer in time")).with_code("PT0304")
            }
            RecvTimeoutError::Disconnected => gone(name),
        })
    }
}

#[cold]
fn gone(name: &str) -> Error {
    let text = format!("`{name}` cannot be sent: the tokio runtime that the application was built on is not there");
    Error::unavailable(text).with_code("PT0457")
}

/// Whether this thread polls futures for tokio at this moment. Only there does a budget bound what a task may do at once; on
/// other threads, `spawn_blocking`'s and `block_in_place`'s among them, there is none. Uses the budget up if there is one.
fn drives_futures() -> bool {
    let mut cx = Task::from_waker(Waker::noop());
    // Twice tokio's budget.
    (0..256).any(|_| match coop::poll_proceed(&mut cx) {
        Poll::Pending => true,
        Poll::Ready(proceed) => {
            proceed.made_progress();
            false
        }
    })
}

/// The runtime that this code runs in, for an application that is built here.
pub(super) fn here() -> Option<Handle> {
    Handle::try_current().ok()
}

impl std::fmt::Debug for Blocking {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blocking").field("app", &self.app.name()).field("limit", &self.limit).finish_non_exhaustive()
    }
}
