//! A step.

use partitura::prelude::*;

/// Does its part.
#[step]
pub async fn execute() -> Result<()> {
    Ok(())
}
