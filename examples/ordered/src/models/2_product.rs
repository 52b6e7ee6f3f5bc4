//! Products.

use partitura::prelude::*;

use crate::Journal;

/// Makes their table.
#[step]
pub async fn execute(journal: &Journal) -> Result<()> {
    journal.note("table of products");
    Ok(())
}
