//! Users.

use partitura::prelude::*;

use crate::Journal;

/// Somebody.
pub struct User {
    /// How they are called.
    pub name: &'static str,
}

/// Makes their table.
#[step]
pub async fn execute(journal: &Journal) -> Result<()> {
    journal.note("table of users");
    Ok(())
}
