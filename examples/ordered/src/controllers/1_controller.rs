//! What answers.

use partitura::prelude::*;

use crate::Journal;

/// Lists its routes.
#[step]
pub async fn execute(journal: &Journal) -> Result<()> {
    journal.note("routes");
    Ok(())
}
