//! Takes payments.

use partitura::prelude::*;

use crate::journal::Journal;

/// Opens the account.
#[step]
pub async fn execute(journal: &Journal) -> Result<()> {
    journal.note("payments are taken");
    Ok(())
}
