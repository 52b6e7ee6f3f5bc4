//! A cloud that is none: it takes its time, keeps what was made, and fails where it is told to.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use partitura::prelude::*;

use crate::Tenant;

/// What there is, by name.
#[injectable]
#[derive(Default)]
pub struct Cloud {
    #[init]
    things: Mutex<BTreeSet<String>>,
    #[init]
    failed: Mutex<u32>,
}

impl Cloud {
    /// Works for a while at `step` for the tenant, and then it is there.
    ///
    /// # Errors
    /// Kind unavailable at the step that the tenant says, once or always.
    pub async fn make(&self, cx: &Context, tenant: &Tenant, step: &str, ms: u64) -> Result<()> {
        self.work(cx, tenant, step, ms).await?;
        self.things().insert(format!("{}/{step}", tenant.name));
        Ok(())
    }

    /// Works for a while, and leaves nothing.
    ///
    /// # Errors
    /// As [`Cloud::make`].
    pub async fn work(&self, cx: &Context, tenant: &Tenant, step: &str, ms: u64) -> Result<()> {
        if tenant.stall_at.as_deref() == Some(step) {
            eprintln!("stalled at {step}");
            std::future::pending::<()>().await;
        }
        cx.env().sleep(Duration::from_millis(ms)).await;
        if tenant.fail_at.as_deref() == Some(step) {
            return Err(Error::unavailable(format!("the cloud cannot {step}")));
        }
        if tenant.hiccup_at.as_deref() == Some(step) {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            *failed += 1;
            if *failed == 1 {
                return Err(Error::unavailable(format!("the cloud cannot {step} right now")));
            }
        }
        Ok(())
    }

    /// It is gone.
    ///
    /// # Errors
    /// None, so far.
    pub async fn remove(&self, cx: &Context, tenant: &Tenant, step: &str) -> Result<()> {
        cx.env().sleep(Duration::from_millis(5)).await;
        self.things().remove(&format!("{}/{step}", tenant.name));
        Ok(())
    }

    /// What there is.
    pub fn list(&self) -> Vec<String> {
        self.things().iter().cloned().collect()
    }

    fn things(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.things.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
