//! What stands around a handler, as constants.

use crate::access::Access;
use crate::behavior::{Chain, Infos};
use crate::container::need::Need;
use crate::message::Request;
use crate::wiring::Handles;

/// What a handler declares beside its dependencies.
#[derive(Clone, Copy)]
pub struct Surround {
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
    pub const NONE: Surround =
        Surround { access: Access::Undeclared, policies: &[], retries: 0, backoff_ms: 0, idempotent: false };

    /// Running it twice does what running it once does.
    #[must_use]
    pub const fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// It is tried again so often, after so many milliseconds; 0 for the configured wait.
    #[must_use]
    pub const fn retries(mut self, retries: u32, backoff_ms: u64) -> Self {
        self.retries = retries;
        self.backoff_ms = backoff_ms;
        self
    }

    /// Anybody may send the message.
    #[must_use]
    pub const fn public(mut self) -> Self {
        self.access = Access::Public;
        self
    }

    /// Whoever has one of the roles may, if all policies agree. `needs` is what these need.
    #[must_use]
    pub const fn allow(
        mut self,
        roles: &'static [&'static str],
        policies: &'static [&'static str],
        needs: &'static [Need],
    ) -> Self {
        self.access = Access::Allow { roles, policies };
        self.policies = needs;
        self
    }
}

/// Refuses a handler whose message would have to be copied and cannot be. Evaluated where the handler is declared.
#[track_caller]
pub const fn copied<H: Handles<M>, M: Request>() {
    let is_read = Infos::read(<H::Behaviors as Chain<M>>::INFOS);
    assert!(
        M::CLONE.is_some() || H::AROUND.retries == 0 && !is_read,
        "what stands around this handler reads the message, or sends it again, while the handler owns it: derive `Clone` on the message [PT0164]"
    );
}

/// Refuses a handler that does not say who may send its message, in an application that requires it.
#[track_caller]
pub const fn access_declared<H: Handles<M>, M: Request>() {
    assert!(
        H::AROUND.access.is_declared(),
        "this application requires authorization, and a contract message that this module handles does not say who may send it: `#[handler(allow(\"role\"))]` or `#[handler(public)]` [PT0166]"
    );
}
