//! Products.

use partitura::prelude::*;

use crate::journal::Journal;

/// Makes what they are kept in.
#[step]
pub async fn execute(journal: &Journal) -> Result<()> {
    journal.note("products are there");
    Ok(())
}
