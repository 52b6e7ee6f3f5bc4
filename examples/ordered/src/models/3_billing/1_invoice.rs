//! Invoices.

use partitura::prelude::*;

use crate::Journal;

/// What is asked for.
pub struct Invoice {
    /// In cents.
    pub total: u64,
}

/// Makes their table.
#[step]
pub async fn execute(journal: &Journal) -> Result<()> {
    journal.note("table of invoices");
    Ok(())
}
