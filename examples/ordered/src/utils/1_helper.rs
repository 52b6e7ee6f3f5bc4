//! What all need.

use partitura::prelude::*;

use crate::Journal;

/// Gets ready.
#[step]
pub async fn execute(journal: &Journal) -> Result<()> {
    journal.note("helpers");
    Ok(())
}
