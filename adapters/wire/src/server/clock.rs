//! How long a caller may be silent.

use std::time::{Duration, Instant};

use crate::limits::Limits;

/// When the caller was last heard of.
pub(super) struct Clock {
    pub(super) heard: Instant,
    pub(super) pinged: Option<Instant>,
    /// When something was in flight, or came.
    pub(super) busy: Instant,
}

/// What there is to do when it rings.
pub(super) enum Rung {
    Nothing,
    Ping,
    Silent,
}

impl Clock {
    /// When it rings next.
    pub(super) fn wake(&self, limits: &Limits) -> Option<Instant> {
        let after = |from: Instant, wait: Duration| (!wait.is_zero()).then(|| from.checked_add(wait)).flatten();
        let ping = after(self.pinged.unwrap_or(self.heard), limits.keep_alive);
        [ping, after(self.busy, limits.idle)].into_iter().flatten().min()
    }

    /// It rang.
    pub(super) fn rung(&mut self, now: Instant, is_idle: bool, limits: &Limits) -> Rung {
        if !is_idle {
            self.busy = now;
        }
        let is_over = |from: Instant, wait: Duration| !wait.is_zero() && now.saturating_duration_since(from) >= wait;
        match self.pinged {
            _ if is_idle && is_over(self.busy, limits.idle) => Rung::Silent,
            Some(pinged) if is_over(pinged, limits.keep_alive) => Rung::Silent,
            None if is_over(self.heard, limits.keep_alive) => {
                self.pinged = Some(now);
                Rung::Ping
            }
            _ => Rung::Nothing,
        }
    }
}
