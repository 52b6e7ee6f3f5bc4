//! What all of the others need.

use partitura::prelude::*;

use crate::journal::Journal;

/// Gets ready.
#[step]
pub async fn execute(journal: &Journal) -> Result<()> {
    journal.note("helpers are there");
    Ok(())
}
