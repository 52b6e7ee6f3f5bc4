//! Stands around every message of an application under proof: sees what runs, and makes one message fail.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use partitura_runtime::behavior::{Around, Behavior, Next};
use partitura_runtime::config::{Field, Section, SectionInfo};
use partitura_runtime::context::Context;
use partitura_runtime::entrypoint::SECTIONS;
use partitura_runtime::error::{Error, Kind, Result};
use partitura_runtime::message::Message;
use serde::Deserialize;

/// What the message under proof does in place of what its handler does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Conflict,
    Panic,
    /// Far beyond every deadline.
    Sleep,
}

/// A message that ran.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seen {
    depth: u32,
    name: String,
    cause: Option<String>,
    outcome: &'static str,
}

/// What one application under proof does and did.
#[derive(Default)]
pub(crate) struct Watched {
    fault: Option<(String, Fault)>,
    seen: Vec<Seen>,
    traces: Vec<String>,
    watches: bool,
}

/// By the number that the configuration of the application says: a behavior is a type, and has no state of its own.
static WATCHED: Mutex<BTreeMap<u64, Watched>> = Mutex::new(BTreeMap::new());

fn watched() -> MutexGuard<'static, BTreeMap<u64, Watched>> {
    WATCHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An application that is watched, until it is dropped.
pub(crate) struct Watch(u64);

impl Watch {
    pub(crate) fn new(fault: Option<(String, Fault)>) -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        watched().insert(number, Watched { fault, ..Watched::default() });
        Watch(number)
    }

    /// For `--set`.
    pub(crate) fn setting(&self) -> String {
        format!("parity.application={}", self.0)
    }

    pub(crate) fn number(&self) -> u64 {
        self.0
    }

    /// What runs from now on counts.
    pub(crate) fn begin(&self) {
        if let Some(watched) = watched().get_mut(&self.0) {
            watched.watches = true;
        }
    }

    /// What ran, in an order that does not depend on who was faster, and the traces that it ran in.
    pub(crate) fn seen(&self) -> (Shape, Vec<String>) {
        let all = watched();
        let Some(watched) = all.get(&self.0) else { return (Shape(Vec::new()), Vec::new()) };
        let mut seen = watched.seen.clone();
        seen.sort();
        let mut traces = watched.traces.clone();
        traces.sort();
        traces.dedup();
        (Shape(seen), traces)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        watched().remove(&self.0);
    }
}

/// What ran below one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shape(Vec<Seen>);

impl Shape {
    /// Nothing ran.
    pub(crate) fn none() -> Self {
        Shape(Vec::new())
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each = self.0.iter().map(|seen| match &seen.cause {
            Some(cause) => format!("{} {} (from {cause}): {}", seen.depth, seen.name, seen.outcome),
            None => format!("{} {}: {}", seen.depth, seen.name, seen.outcome),
        });
        match self.0.is_empty() {
            true => f.write_str("nothing ran"),
            false => f.write_str(&each.collect::<Vec<_>>().join("; ")),
        }
    }
}

/// The section `parity`: which application under proof this is. Set by the proof.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ParityConfig {
    application: u64,
}

impl Section for ParityConfig {
    const NAME: &'static str = "parity";
    const FIELDS: &'static [Field] = &[Field::optional("application", "u64")];
}

#[linkme::distributed_slice(SECTIONS)]
static SECTION: SectionInfo = SectionInfo::of::<ParityConfig>();

/// Around every message, inside all other behaviors of the application.
pub(crate) struct Probe;

impl Behavior for Probe {
    const NAME: &'static str = "Probe";
    const READS: bool = false;
}

impl<M: Message> Around<M> for Probe {
    async fn surround<'a>(_: Option<&'a M>, cx: &'a Context, next: Next<'a, M>) -> Result<M::Reply> {
        let number = cx.config().section::<ParityConfig>().map_or(0, |config| config.application);
        let name = cx.message().map_or_else(String::new, partitura_runtime::message::MessageInfo::full_name);
        let (fault, watches) = match watched().get(&number) {
            Some(all) => (all.fault.clone().filter(|(of, _)| *of == name && cx.depth() <= 1), all.watches),
            None => (None, false),
        };
        let answer = match fault.filter(|_| watches) {
            None => next.run().await,
            Some((_, Fault::Conflict)) => {
                // What the handler asks of its caller comes first, as at every entrypoint.
                let answer = next.run().await;
                answer.and_then(|_| Err(Error::new(Kind::Conflict, "it fails").with_code("parity.failed")))
            }
            // Without the hook, which would fill the screen.
            Some((_, Fault::Panic)) => std::panic::resume_unwind(Box::new("a panic, for the proof of parity")),
            Some((_, Fault::Sleep)) => {
                cx.env().sleep(Duration::from_secs(3_600)).await;
                next.run().await
            }
        };
        if watches && let Some(own) = watched().get_mut(&number) {
            own.seen.push(Seen {
                depth: cx.depth(),
                name,
                cause: cx.cause().map(partitura_runtime::message::MessageInfo::full_name),
                outcome: answer.as_ref().map_or_else(|error| error.kind().name(), |_| "ok"),
            });
            own.traces.push(cx.trace_id().to_string());
        }
        answer
    }
}
