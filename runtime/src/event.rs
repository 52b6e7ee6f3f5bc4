//! Events: what happened, told to any number of subscribers, each on its own.

use std::any::Any;

use futures_util::FutureExt;

use crate::context::{Context, isolated};
use crate::error::Error;
use crate::message::{Event, MessageInfo};

/// An event on its way.
pub(crate) struct Emitted {
    pub(crate) info: &'static MessageInfo,
    pub(crate) event: Box<dyn Any + Send + Sync>,
}

impl Emitted {
    pub(crate) fn new<E: Event>(event: E) -> Self {
        Emitted { info: E::INFO, event: Box::new(event) }
    }
}

/// What became of an event that was emitted outside of a message.
#[derive(Debug)]
pub struct EmitReport {
    /// The full name of the event.
    pub event: String,
    /// The subscribers that took it, in declared order.
    pub handled: Vec<String>,
    /// The subscribers that failed or panicked, and how.
    pub failed: Vec<(String, Error)>,
}

impl EmitReport {
    /// True if no subscriber failed.
    pub fn is_ok(&self) -> bool {
        self.failed.is_empty()
    }
}

/// Tells every subscriber, in declared order, each in a context of its own. One that fails or panics stops no other
/// and is logged with the trace.
pub(crate) async fn deliver(cx: &Context, emitted: Emitted) -> EmitReport {
    let mut report = EmitReport { event: emitted.info.full_name(), handled: Vec::new(), failed: Vec::new() };
    for subscriber in cx.app().registry.subscribers((emitted.info.of)()) {
        let name = format!("{}.{}", subscriber.module, subscriber.entry.name);
        // On the heap: a subscriber may emit again, and its future would contain this one.
        let answer = isolated(&name, async {
            let cx = cx.follow(emitted.info)?;
            (subscriber.entry.call)(&cx, &*emitted.event).await
        })
        .boxed()
        .await;
        match answer {
            Ok(()) => report.handled.push(name),
            Err(error) => {
                tracing::error!(
                    target: "partitura",
                    trace_id = %cx.trace_id(), event = report.event, subscriber = name, error = ?error,
                    "a subscriber failed"
                );
                report.failed.push((name, error));
            }
        }
    }
    report
}
