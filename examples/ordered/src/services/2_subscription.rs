//! Subscriptions.

use partitura::prelude::*;

use crate::Journal;

/// Wakes up.
#[step]
pub async fn execute(journal: &Journal) -> Result<()> {
    journal.note("subscriptions");
    Ok(())
}
