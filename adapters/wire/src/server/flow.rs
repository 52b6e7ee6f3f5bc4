//! What the caller says while its request runs: that it has room, that it wants no more.

use partitura_runtime::error::{Error, Kind};
use tokio::sync::watch;

/// One request, stream or subscription in flight.
pub(crate) struct Flow(watch::Sender<State>);

#[derive(Default)]
struct State {
    credit: u32,
    ended: Option<Why>,
}

/// Why a request ends before its handler does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The caller said so.
    Cancelled,
    /// Nobody is there to be told.
    Gone,
    /// The application stops.
    Stopping,
    /// The caller takes events too slowly.
    Behind,
}

impl Why {
    pub(crate) fn error(self, name: &str) -> Error {
        match self {
            Why::Cancelled => Error::new(Kind::Cancelled, format!("`{name}` was cancelled by its caller")),
            Why::Gone => Error::new(Kind::Cancelled, format!("the caller of `{name}` has gone")),
            Why::Stopping => stopping(),
            Why::Behind => {
                let text = format!("events of `{name}` came faster than they were taken, and some are lost");
                Error::new(Kind::TooMany, text).with_code("PT0446")
            }
        }
    }
}

/// What is answered while the application stops.
pub(crate) fn stopping() -> Error {
    Error::unavailable("the application is stopping").with_code("PT0308")
}

impl Flow {
    pub(crate) fn new(credit: u32) -> Self {
        Flow(watch::Sender::new(State { credit, ended: None }))
    }

    /// The caller has room for `items` more, up to `most` in all.
    pub(crate) fn grant(&self, items: u32, most: u32) {
        self.0.send_modify(|state| state.credit = state.credit.saturating_add(items).min(most));
    }

    /// It is over. The first reason counts.
    pub(crate) fn end(&self, why: Why) {
        self.0.send_if_modified(|state| state.ended.is_none() && state.ended.replace(why).is_none());
    }

    /// Waits until it is over. Cancel safe.
    pub(crate) async fn ended(&self) -> Why {
        let mut seen = self.0.subscribe();
        loop {
            if let Some(why) = seen.borrow_and_update().ended {
                return why;
            }
            if seen.changed().await.is_err() {
                return Why::Gone;
            }
        }
    }

    /// Waits until the caller has room for an item, and takes that room. Cancel safe: what is given up has taken nothing.
    pub(crate) async fn room(&self) {
        let mut seen = self.0.subscribe();
        loop {
            let mut taken = false;
            self.0.send_if_modified(|state| {
                taken = state.credit > 0;
                state.credit = state.credit.saturating_sub(1);
                // Nobody waits for less.
                false
            });
            if taken || seen.changed().await.is_err() {
                return;
            }
        }
    }
}
