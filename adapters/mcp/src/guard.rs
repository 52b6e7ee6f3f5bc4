//! What an application says of a call before it is made.

use std::sync::Arc;
use std::time::Duration;

use partitura_runtime::app::App;
use partitura_runtime::container::all::All;
use partitura_runtime::container::key::Slot;
use partitura_runtime::container::need::Need;
use partitura_runtime::entry::all;
use partitura_runtime::entrypoint::NEEDS;
use partitura_runtime::error::Result;
use partitura_runtime::future::BoxFuture;
use partitura_runtime::identity::Identity;
use serde_json::Value;

/// Is asked before each call of a tool: `#[injectable(as dyn ToolGuard, many)]`. All guards of an application must agree, in
/// declared order.
///
/// ```
/// use partitura::entrypoint::BoxFuture;
/// use partitura::mcp::{ToolCall, ToolGuard};
/// use partitura::{Error, Result};
///
/// struct OfficeHours;
///
/// impl ToolGuard for OfficeHours {
///     fn check<'a>(&'a self, call: &'a ToolCall<'a>) -> BoxFuture<'a, Result<()>> {
///         Box::pin(async move {
///             match call.message {
///                 "bank.CloseAccount" => Err(Error::forbidden("accounts are closed by people")),
///                 _ => Ok(()),
///             }
///         })
///     }
/// }
/// ```
pub trait ToolGuard: Send + Sync + 'static {
    /// Whether the call may be made. Dropped when the caller cancels it.
    ///
    /// # Errors
    /// Why not: the caller is told, by the error's kind and message (of kind internal, only the kind).
    fn check<'a>(&'a self, call: &'a ToolCall<'a>) -> BoxFuture<'a, Result<()>>;
}

/// A call that somebody wants to make.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct ToolCall<'a> {
    /// Who.
    pub identity: &'a Identity,
    /// The tool, as the caller names it.
    pub tool: &'a str,
    /// The message that it is, `accounts.OpenAccount`.
    pub message: &'a str,
    /// The message's fields, as they came.
    pub arguments: &'a Value,
}

static OWN: Slot<All<dyn ToolGuard>> = Slot::new();

#[linkme::distributed_slice(NEEDS)]
static NEED: Need = Need::all::<dyn ToolGuard>(&OWN, "dyn ToolGuard");

/// How long the guards may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Those of an application.
pub(crate) struct Guards(Arc<[Arc<dyn ToolGuard>]>);

impl Guards {
    pub(crate) fn of(app: &App) -> Self {
        Guards(all(&app.context(Identity::anonymous()), &OWN).shared().iter().cloned().collect())
    }

    /// # Errors
    /// That of the first guard that refuses; kind timeout if they take longer than 10 seconds.
    pub(crate) async fn ask(&self, app: &App, call: &ToolCall<'_>) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let asked = async {
            for guard in self.0.iter() {
                guard.check(call).await?;
            }
            Ok(())
        };
        app.env().timeout(PATIENCE, asked).await?
    }
}
