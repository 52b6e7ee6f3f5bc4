//! Who sends a message.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who sends a message, as an [`Authenticator`](crate::entrypoint::Authenticator) found out. Anonymous by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// A stable name of the caller; `None` for an anonymous one.
    pub subject: Option<String>,
    /// What the caller may do, as `allow("role")` asks.
    pub roles: Vec<String>,
    /// Whatever else the credentials said.
    pub claims: BTreeMap<String, Value>,
}

impl Identity {
    pub(crate) const ANONYMOUS: Identity = Identity { subject: None, roles: Vec::new(), claims: BTreeMap::new() };

    /// To be shared by all that follows from a message; `None` for nobody in particular.
    #[inline]
    pub(crate) fn shared(self) -> Option<Arc<Identity>> {
        let Identity { subject, roles, claims } = &self;
        let is_nobody = subject.is_none() && roles.is_empty() && claims.is_empty();
        (!is_nobody).then(|| Arc::new(self))
    }

    /// Nobody in particular.
    pub fn anonymous() -> Self {
        Identity::default()
    }

    /// A named caller without roles.
    pub fn user(subject: impl Into<String>) -> Self {
        Identity { subject: Some(subject.into()), ..Identity::default() }
    }

    /// With one role more.
    #[must_use]
    pub fn with_role(mut self, role: impl Into<String>) -> Self {
        self.roles.push(role.into());
        self
    }

    /// With one claim more.
    #[must_use]
    pub fn with_claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// True if nobody knows who it is.
    pub fn is_anonymous(&self) -> bool {
        self.subject.is_none()
    }

    /// True if it has the role.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|own| own == role)
    }
}
