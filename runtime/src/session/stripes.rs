//! One change of a session at a time, without a lock for each session there ever was.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard};

use super::SessionId;

/// A fixed number of locks; a session has one of them. Two sessions that share one wait for each other, which costs a
/// little time and nothing else.
pub(super) struct Stripes {
    locks: Vec<Arc<Mutex<()>>>,
    hash: RandomState,
}

/// The right to change a session.
pub(super) type Turn = OwnedMutexGuard<()>;

impl Stripes {
    const COUNT: usize = 64;

    pub(super) fn new() -> Self {
        Stripes { locks: (0..Self::COUNT).map(|_| Arc::default()).collect(), hash: RandomState::new() }
    }

    /// Waits for the turn, in the order of asking.
    pub(super) async fn turn(&self, id: &SessionId) -> Turn {
        self.lock(id.as_str()).lock_owned().await
    }

    /// The turn, if nobody has it.
    pub(super) fn try_turn(&self, id: &str) -> Option<Turn> {
        self.lock(id).try_lock_owned().ok()
    }

    /// True if the turn of the one is the turn of the other.
    pub(super) fn are_one(&self, id: &str, other: &str) -> bool {
        self.number(id) == self.number(other)
    }

    fn lock(&self, id: &str) -> Arc<Mutex<()>> {
        self.locks[self.number(id)].clone()
    }

    fn number(&self, id: &str) -> usize {
        // The remainder is below the count.
        (self.hash.hash_one(id) % Self::COUNT as u64) as usize
    }
}
