//! How many requests run at once, and how many wait for that.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use partitura_runtime::env::Env;
use partitura_runtime::error::{Error, Result};
use tokio::sync::{Semaphore, SemaphorePermit};

/// So many places, and so many who wait for one.
pub(crate) struct Gate {
    places: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
    wait: Duration,
}

/// A place; dropping it leaves it to the next.
#[derive(Debug)]
pub(crate) struct Place<'g> {
    permit: SemaphorePermit<'g>,
    places: &'g Arc<Semaphore>,
}

/// A place that is held for longer than the gate is borrowed.
pub(crate) struct Kept(Arc<Semaphore>);

impl Place<'_> {
    pub(super) fn keep(self) -> Kept {
        self.permit.forget();
        Kept(self.places.clone())
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

impl Gate {
    pub(super) fn new(places: usize, queue: usize, wait: Duration) -> Self {
        let places = places.clamp(1, Semaphore::MAX_PERMITS);
        Gate { places: Arc::new(Semaphore::new(places)), waiting: AtomicUsize::new(0), queue, wait }
    }

    /// A place, if one is free.
    pub(super) fn try_enter(&self) -> Option<Place<'_>> {
        Some(Place { permit: self.places.try_acquire().ok()?, places: &self.places })
    }

    /// A place, now or after those who came before.
    ///
    /// # Errors
    /// Kind unavailable when too many wait, or when none came free in time.
    ///
    /// Cancel safe: who stops waiting is not counted any longer.
    pub(super) async fn enter(&self, env: &Env) -> Result<Place<'_>> {
        if let Some(place) = self.try_enter() {
            return Ok(place);
        }
        // On the heap, since it is rare: the future of every request should not hold what few wait for.
        Box::pin(self.wait_for(env)).await
    }

    async fn wait_for(&self, env: &Env) -> Result<Place<'_>> {
        let _waits = Waits::begin(&self.waiting, self.queue).ok_or_else(|| busy("too many requests wait already"))?;
        match env.timeout(self.wait, self.places.acquire()).await {
            Ok(Ok(permit)) => Ok(Place { permit, places: &self.places }),
            _ => Err(busy("no place came free in time")),
        }
    }
}

fn busy(why: &str) -> Error {
    Error::unavailable(format!("the server is busy: {why}")).with_code("busy").with_retry_after(Duration::from_secs(1))
}

struct Waits<'a>(&'a AtomicUsize);

impl<'a> Waits<'a> {
    fn begin(waiting: &'a AtomicUsize, queue: usize) -> Option<Self> {
        let more = |now: usize| (now < queue).then_some(now + 1);
        waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Waits(waiting))
    }
}

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn the_queue_is_bounded_and_forgets_who_gives_up() {
        let (gate, env) = (Gate::new(1, 1, Duration::from_secs(60)), Env::real());
        let place = gate.enter(&env).await.unwrap();
        let mut waits = Box::pin(gate.enter(&env));
        assert!(waits.as_mut().now_or_never().is_none());
        let refused = gate.enter(&env).await.unwrap_err();
        assert_eq!((refused.code(), refused.http_status()), ("busy", 503));
        drop(waits);
        let mut waits = Box::pin(gate.enter(&env));
        assert!(waits.as_mut().now_or_never().is_none());
        drop(place);
        drop(waits.await.unwrap());
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let (gate, env) = (Gate::new(1, 1, Duration::from_millis(5)), Env::real());
        let _place = gate.enter(&env).await.unwrap();
        assert_eq!(gate.enter(&env).await.unwrap_err().code(), "busy");
        assert_eq!(gate.waiting.load(Ordering::Relaxed), 0);
    }
}
