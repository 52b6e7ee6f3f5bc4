//! The connections that are open: a server no longer knows them, once they are upgraded.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use partitura_runtime::app::App;
use partitura_runtime::env::Env;
use partitura_wire::Phase;
use tokio::sync::watch;

/// What connections have for their last frames when the budget of a stop is used up.
const GRACE: Duration = Duration::from_millis(400);

/// How often it is looked whether the application still runs, where no server says so.
const LOOK: Duration = Duration::from_millis(250);

/// How many there are, and how far the life of their server has come. By default those of a server, which drains and stops them.
#[derive(Default)]
pub(crate) struct Open {
    phase: watch::Sender<Phase>,
    count: watch::Sender<usize>,
    /// In somebody else's server nobody drains: the end of the application does.
    follows: bool,
    following: AtomicBool,
}

impl Open {
    /// Those of a router that is nested into somebody's own server.
    pub(crate) fn nested() -> Arc<Self> {
        Arc::new(Open { follows: true, ..Open::default() })
    }

    /// A server begins, perhaps once more.
    pub(crate) fn begin(&self) {
        self.phase.send_replace(Phase::Open);
    }

    /// What runs may finish, and nothing new is taken.
    pub(crate) fn drain(&self) {
        self.phase.send_if_modified(|phase| std::mem::replace(phase, Phase::Drain) == Phase::Open);
    }

    /// Ends what still runs, tells it, and waits for that, for [`GRACE`] at most.
    pub(crate) async fn stop(&self, env: &Env) {
        self.phase.send_replace(Phase::Stop);
        let mut count = self.count.subscribe();
        let _ = env.timeout(GRACE, count.wait_for(|count| *count == 0)).await;
    }

    pub(super) fn phase(&self) -> watch::Receiver<Phase> {
        self.phase.subscribe()
    }

    pub(super) fn is_taking(&self) -> bool {
        *self.phase.borrow() == Phase::Open
    }

    /// A place for one more, if there are fewer than `most`.
    pub(super) fn enter(self: &Arc<Self>, most: usize, app: &App) -> Option<Place> {
        let mut entered = false;
        self.count.send_if_modified(|count| {
            entered = *count < most;
            *count += usize::from(entered);
            entered
        });
        if !entered {
            return None;
        }
        let place = Place(self.clone());
        if self.follows && !self.following.swap(true, Ordering::AcqRel) {
            drop(app.env().spawn(self.clone().follow(app.clone())));
        }
        Some(place)
    }

    /// Until nobody is there any more.
    async fn follow(self: Arc<Self>, app: App) {
        loop {
            app.env().sleep(LOOK).await;
            if !app.is_ready() {
                return self.drain();
            }
            if *self.count.borrow() == 0 {
                self.following.store(false, Ordering::Release);
                // Who came between the two lines has begun one, or leaves it to this one.
                if *self.count.borrow() == 0 || self.following.swap(true, Ordering::AcqRel) {
                    return;
                }
            }
        }
    }
}

/// A place among those that are open, until it is dropped.
pub(super) struct Place(Arc<Open>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.count.send_modify(|count| *count -= 1);
    }
}
