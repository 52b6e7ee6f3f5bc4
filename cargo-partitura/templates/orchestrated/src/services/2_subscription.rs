//! Subscriptions.

use partitura::prelude::*;

use crate::journal::Journal;

/// Looks which are due.
#[step]
pub async fn execute(journal: &Journal) -> Result<()> {
    journal.note("subscriptions are looked at");
    Ok(())
}
