//! What answers.

use partitura::prelude::*;

use crate::journal::Journal;

/// Is ready to answer.
#[step]
pub async fn execute(journal: &Journal) -> Result<()> {
    journal.note("ready");
    Ok(())
}
