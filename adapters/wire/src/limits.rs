//! What a connection may take.

use std::time::Duration;

/// The bounds of one connection, on the application's side. A duration of zero is no bound.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// How many bytes of JSON a frame may have, in both directions. Default 2 MiB; at least 1 KiB.
    pub max_frame: usize,
    /// How many requests and subscriptions may be in flight on one connection; a further one is answered with kind too many,
    /// PT0443. Default 128; at least 1.
    pub max_in_flight: usize,
    /// How many items a stream may be ahead of its caller: credit beyond it is lost. Default 1,024; at least 1.
    pub max_credit: u32,
    /// How many events may wait for a subscriber that has no credit; one more ends the subscription, PT0446. Default 256.
    pub max_waiting_events: usize,
    /// How many frames wait to be written, whatever the number of requests: those who have one more wait with it. Default 32;
    /// at least 1.
    pub max_outgoing: usize,
    /// How long a caller may be silent while nothing is in flight, give or take as much again. Default 10 minutes.
    pub idle: Duration,
    /// After how much silence of the caller a ping is sent; as much again without a frame, and the connection is closed.
    /// Default 30 seconds.
    pub keep_alive: Duration,
    /// How long a stream waits for credit before it is given up with kind timeout, PT0445. Default 60 seconds.
    pub stall: Duration,
    /// How long one write may take: a caller who reads nothing is left. Default 30 seconds.
    pub write: Duration,
}

/// Frames that are gathered at most before they are sent, and how many wait for that by default.
pub(crate) const OUTGOING: usize = 32;

/// The credit of a request that says nothing of it.
pub(crate) const DEFAULT_CREDIT: u32 = 32;

/// No smaller frame can carry an error.
const LEAST_FRAME: usize = 1024;

impl Default for Limits {
    fn default() -> Self {
        Limits {
            max_frame: 2 * 1024 * 1024,
            max_in_flight: 128,
            max_credit: 1024,
            max_waiting_events: 256,
            max_outgoing: OUTGOING,
            idle: Duration::from_secs(600),
            keep_alive: Duration::from_secs(30),
            stall: Duration::from_secs(60),
            write: Duration::from_secs(30),
        }
    }
}

impl Limits {
    /// With every bound at least what the protocol needs.
    pub(crate) fn checked(mut self) -> Self {
        self.max_frame = self.max_frame.clamp(LEAST_FRAME, u32::MAX as usize);
        self.max_in_flight = self.max_in_flight.clamp(1, 1_000_000);
        self.max_credit = self.max_credit.max(1);
        self.max_outgoing = self.max_outgoing.clamp(1, 1_000_000);
        self
    }

    /// The most that a side that takes frames of `other` bytes is sent.
    pub(crate) fn shared_frame(&self, other: Option<u64>) -> usize {
        let other = other.and_then(|other| usize::try_from(other).ok()).unwrap_or(usize::MAX);
        self.max_frame.min(other.max(LEAST_FRAME))
    }
}
