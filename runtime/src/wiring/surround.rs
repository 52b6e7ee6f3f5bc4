//! What stands around a handler, as constants.

use crate::access::Access;
use crate::behavior::BehaviorInfo;
use crate::container::need::Need;
use crate::message::Message;

/// What a handler declares beside its dependencies.
#[derive(Clone, Copy)]
pub struct Surround {
    /// Its own behaviors, outermost first.
    pub behaviors: &'static [BehaviorInfo],
    /// Who may send the message.
    pub access: Access,
    /// What the policies of `access` need; what behaviors need is in their own description.
    pub policies: &'static [Need],
    /// How often it is tried again.
    pub retries: u32,
    /// Milliseconds before the first retry; 0 for the configured wait.
    pub backoff_ms: u64,
    /// Whether running it twice does what running it once does.
    pub idempotent: bool,
}

impl Surround {
    /// Nothing.
    pub const NONE: Surround = Surround {
        behaviors: &[],
        access: Access::Undeclared,
        policies: &[],
        retries: 0,
        backoff_ms: 0,
        idempotent: false,
    };

    /// Whether some of what stands around needs something that is made for each message.
    pub const fn is_scoped(&self) -> bool {
        let mut at = 0;
        while at < self.behaviors.len() {
            if Need::are_scoped(self.behaviors[at].needs) {
                return true;
            }
            at += 1;
        }
        Need::are_scoped(self.policies)
    }

    /// Whether one of its behaviors reads the message.
    pub const fn reads(&self) -> bool {
        let mut at = 0;
        while at < self.behaviors.len() {
            if self.behaviors[at].reads {
                return true;
            }
            at += 1;
        }
        false
    }

    /// What all of it needs.
    pub fn needs(&self) -> impl Iterator<Item = &'static Need> + use<> {
        self.behaviors.iter().flat_map(|behavior| behavior.needs).chain(self.policies)
    }
}

/// Refuses a handler whose message would have to be copied and cannot be. Evaluated where the handler is declared.
#[track_caller]
pub const fn copied<M: Message>() {
    assert!(
        M::CLONE.is_some(),
        "what stands around this handler reads the message, or sends it again, while the handler owns it: derive `Clone` on the message [PT0164]"
    );
}

/// Refuses a handler that does not say who may send its message, in an application that requires it.
#[track_caller]
pub const fn access_declared<H: super::Handles<M>, M: crate::message::Request>() {
    assert!(
        H::AROUND.access.is_declared(),
        "this application requires authorization, and a contract message that this module handles does not say who may send it: `#[handler(allow(\"role\"))]` or `#[handler(public)]` [PT0166]"
    );
}
