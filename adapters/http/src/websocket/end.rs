//! What a caller is told when its connection ends (RFC 6455, 7.4).

use partitura_wire::{Ended, Lost};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// A close code, and why, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Why {
    pub(super) code: CloseCode,
    pub(super) reason: &'static str,
}

impl Why {
    pub(super) const fn new(code: CloseCode, reason: &'static str) -> Self {
        Why { code, reason }
    }

    /// A handler's panic is its own; this one would be ours.
    pub(super) const BROKEN: Why = Why::new(CloseCode::Error, "internal error");
}

/// How a connection is closed that has ended so; `None` if nobody is there any more, or takes nothing.
pub(super) fn of(ended: &Ended, is_leaving: bool) -> Option<Why> {
    Some(match ended {
        Ended::Stopped => Why::new(CloseCode::Away, "the application is stopping"),
        Ended::Drained if is_leaving => Why::new(CloseCode::Away, "the application is stopping"),
        Ended::Drained => Why::new(CloseCode::Normal, "goodbye"),
        Ended::Silent => Why::new(CloseCode::Normal, "silent for too long"),
        Ended::Version(_) => Why::new(CloseCode::Policy, "PT0442: this version of the frames is not spoken here"),
        Ended::Lost(Lost::TooLarge { .. }) => Why::new(CloseCode::Size, "PT0441: a frame is too large"),
        // Its own close is answered with the same code by the protocol.
        _ => return None,
    })
}
