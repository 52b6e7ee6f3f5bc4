//! Sessions in the memory of the process.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::record::Record;
use super::stripes::Stripes;
use super::{Change, Limits, Make, SessionId, SessionStore};
use crate::env::Env;
use crate::error::Result;
use crate::future::BoxFuture;

/// Keeps sessions in memory: for tests, for one process, and for what may be lost with it.
///
/// At most [`Limits::max_sessions`]; one more, and the one that was used longest ago goes.
pub struct MemoryStore {
    env: Env,
    limits: Limits,
    turns: Stripes,
    shelf: Mutex<Shelf>,
}

#[derive(Default)]
struct Shelf {
    sessions: HashMap<SessionId, Held>,
    /// By last use, longest ago first; which is also the order in which they expire.
    order: BTreeMap<u64, SessionId>,
    uses: u64,
}

struct Held {
    record: Record,
    used_at: Instant,
    /// Its place in the order.
    used: u64,
}

impl MemoryStore {
    /// An empty one.
    pub fn new(env: &Env, limits: Limits) -> Self {
        MemoryStore { env: env.clone(), limits, turns: Stripes::new(), shelf: Mutex::default() }
    }

    /// How many sessions it holds; those that nobody uses any more are not counted.
    pub fn len(&self) -> usize {
        let mut shelf = self.shelf();
        shelf.expire(self.env.now(), &self.limits);
        shelf.sessions.len()
    }

    /// True if it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Looks at a session, which is a use of it.
    fn look<T>(&self, id: &SessionId, look: impl FnOnce(&Record) -> T) -> Option<T> {
        let mut shelf = self.shelf();
        shelf.expire(self.env.now(), &self.limits);
        shelf.touch(id, self.env.now()).map(|record| look(record))
    }

    /// Never poisoned in a way that matters: no code of others runs under the lock.
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shelf {
    fn touch(&mut self, id: &SessionId, now: Instant) -> Option<&mut Record> {
        let held = self.sessions.get_mut(id)?;
        self.uses += 1;
        if let Some(id) = self.order.remove(&held.used) {
            self.order.insert(self.uses, id);
        }
        (held.used, held.used_at) = (self.uses, now);
        Some(&mut held.record)
    }

    fn add(&mut self, id: &SessionId, record: Record, now: Instant, limits: &Limits) {
        self.uses += 1;
        self.order.insert(self.uses, id.clone());
        self.sessions.insert(id.clone(), Held { record, used_at: now, used: self.uses });
        while self.sessions.len() > limits.max_sessions {
            let Some((_, id)) = self.order.pop_first() else { return };
            self.sessions.remove(&id);
        }
    }

    fn expire(&mut self, now: Instant, limits: &Limits) {
        while let Some(first) = self.order.first_entry() {
            let used_at = self.sessions.get(first.get()).map(|held| held.used_at);
            if used_at.is_some_and(|at| !limits.is_over(now.saturating_duration_since(at))) {
                return;
            }
            self.sessions.remove(&first.remove());
        }
    }

    fn forget(&mut self, id: &SessionId) {
        if let Some(held) = self.sessions.remove(id) {
            self.order.remove(&held.used);
        }
    }
}

impl SessionStore for MemoryStore {
    fn read<'a>(&'a self, id: &'a SessionId, key: &'a str) -> BoxFuture<'a, Result<Vec<Change>>> {
        Box::pin(async move { Ok(self.look(id, |record| record.read(key)).unwrap_or_default()) })
    }

    fn append<'a>(&'a self, id: &'a SessionId, key: &'a str, keep: usize, make: Make<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let _turn = self.turns.turn(id).await;
            let last = self.look(id, |record| record.last(key).cloned()).flatten();
            // The code of others runs without the lock of the shelf.
            let change = make(last.as_ref())?;
            let (mut shelf, now) = (self.shelf(), self.env.now());
            if let Some(record) = shelf.touch(id, now) {
                return record.append(key, change, keep, &self.limits);
            }
            let mut record = Record::default();
            record.append(key, change, keep, &self.limits)?;
            shelf.add(id, record, now, &self.limits);
            Ok(())
        })
    }

    fn remove<'a>(&'a self, id: &'a SessionId, key: &'a str) -> BoxFuture<'a, Result<bool>> {
        Box::pin(async move {
            let _turn = self.turns.turn(id).await;
            let (mut shelf, now) = (self.shelf(), self.env.now());
            shelf.expire(now, &self.limits);
            let Some(record) = shelf.touch(id, now) else { return Ok(false) };
            let was_there = record.remove(key);
            if record.is_empty() {
                shelf.forget(id);
            }
            Ok(was_there)
        })
    }

    fn keys<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<Vec<String>>> {
        Box::pin(async move { Ok(self.look(id, Record::keys).unwrap_or_default()) })
    }

    fn clear<'a>(&'a self, id: &'a SessionId) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let _turn = self.turns.turn(id).await;
            self.shelf().forget(id);
            Ok(())
        })
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").field("limits", &self.limits).finish_non_exhaustive()
    }
}
