//! Authorization: who may send a message. It is declared at the handler, `#[handler(allow("teller", OwnBranch))]`, and
//! checked for every send, whichever entrypoint it came through.

use std::fmt;
use std::future::Future;

use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::future::BoxFuture;
use crate::message::{Message, MessageInfo};
use crate::{container::key::Key, context::provided};

/// A rule that needs more than roles: an injectable named in `allow(..)`. All policies of a handler must agree.
///
/// Implement it for one message, or for all: `impl<M: Message> Policy<M> for OfficeHours`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no policy for `{M}` [PT0165]",
    label = "not a policy for this message",
    note = "write `impl Policy<{M}> for {Self}` with `async fn decide(&self, message: &{M}, cx: &Context) -> Result<Decision>`; a role is a text: `allow(\"teller\")`"
)]
pub trait Policy<M: Message>: Send + Sync {
    /// Whether `cx.identity()` may send `message`.
    ///
    /// # Errors
    /// What kept it from deciding; the message then fails with that.
    fn decide(&self, message: &M, cx: &Context) -> impl Future<Output = Result<Decision>> + Send;
}

/// What a policy decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The message may go on.
    Allow,
    /// It may not; the reason is for the log, and no caller sees it.
    Deny(String),
}

impl Decision {
    /// [`Decision::Allow`] if `allowed`, else a denial for `reason`.
    pub fn when(allowed: bool, reason: impl Into<String>) -> Self {
        if allowed { Decision::Allow } else { Decision::Deny(reason.into()) }
    }
}

/// What a handler declares about who may send its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nothing. An application that says `require: authorization` refuses it.
    Undeclared,
    /// Anybody may.
    Public,
    /// Whoever has one of the roles, if there are any, and is agreed to by every policy.
    Allow {
        /// One of these is enough; none means that the policies decide alone.
        roles: &'static [&'static str],
        /// The names of the policies.
        policies: &'static [&'static str],
    },
}

impl Access {
    /// Whether something must be checked.
    pub const fn is_checked(&self) -> bool {
        matches!(self, Access::Allow { .. })
    }

    /// Whether it says anything.
    pub const fn is_declared(&self) -> bool {
        !matches!(self, Access::Undeclared)
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Access::Undeclared => f.write_str("undeclared"),
            Access::Public => f.write_str("public"),
            Access::Allow { roles, policies } => {
                let roles: Vec<String> = roles.iter().map(|role| format!("role `{role}`")).collect();
                let policies: Vec<String> = policies.iter().map(|policy| format!("policy `{policy}`")).collect();
                f.write_str(&roles.join(" or "))?;
                if !roles.is_empty() && !policies.is_empty() {
                    f.write_str(" and ")?;
                }
                f.write_str(&policies.join(" and "))
            }
        }
    }
}

/// A policy of a handler. Written by `#[handler]`.
pub struct PolicyCall<M: 'static> {
    pub(crate) decide: for<'a> fn(&'a M, &'a Context) -> BoxFuture<'a, Result<Decision>>,
    pub(crate) name: &'static str,
}

/// Asks the policy that `key` leads to. Called by generated code.
pub fn ask<'a, M: Message, P: Policy<M> + 'static>(
    key: Key<P>,
    message: &'a M,
    cx: &'a Context,
) -> BoxFuture<'a, Result<Decision>> {
    Box::pin(provided(cx, key).decide(message, cx))
}

impl<M> PolicyCall<M> {
    /// A policy.
    pub const fn new(
        name: &'static str,
        decide: for<'a> fn(&'a M, &'a Context) -> BoxFuture<'a, Result<Decision>>,
    ) -> Self {
        PolicyCall { decide, name }
    }
}

/// The roles of the caller against those that are asked for.
pub(crate) fn check_roles(access: Access, message: &MessageInfo, cx: &Context) -> Result<()> {
    let Access::Allow { roles, .. } = access else { return Ok(()) };
    if roles.is_empty() {
        return Ok(());
    }
    match roles.iter().find(|role| cx.identity().has_role(role)) {
        Some(role) => {
            tracing::debug!(target: "partitura", trace_id = %cx.trace_id(), name = message.full_name(), "allowed: has role `{role}`");
            Ok(())
        }
        None => Err(refused(message, cx, &format!("needs {access}"))),
    }
}

pub(crate) async fn check_policies<M: Message>(policies: &[PolicyCall<M>], message: &M, cx: &Context) -> Result<()> {
    for policy in policies {
        match (policy.decide)(message, cx).await? {
            Decision::Allow => tracing::debug!(
                target: "partitura", trace_id = %cx.trace_id(), name = M::INFO.full_name(), "allowed: policy `{}` agrees", policy.name
            ),
            Decision::Deny(reason) => {
                return Err(refused(M::INFO, cx, &format!("policy `{}` denies: {reason}", policy.name)));
            }
        }
    }
    Ok(())
}

/// Whoever is unknown may try again with credentials; whoever is known may not.
#[cold]
fn refused(message: &MessageInfo, cx: &Context, why: &str) -> Error {
    let name = message.full_name();
    let subject = cx.identity().subject.as_deref().unwrap_or("(anonymous)");
    tracing::info!(target: "partitura", trace_id = %cx.trace_id(), name, subject, "refused: {why}");
    let error = match cx.identity().is_anonymous() {
        true => Error::new(Kind::Unauthenticated, format!("`{name}` needs credentials")),
        false => Error::new(Kind::Forbidden, format!("`{subject}` may not send `{name}`")),
    };
    error.with_code("PT0313").with_source(Reason(why.to_owned()))
}

/// Why, for the log.
#[derive(Debug)]
struct Reason(String);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Reason {}
