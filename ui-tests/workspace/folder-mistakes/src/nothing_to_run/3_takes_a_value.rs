//! Takes what nobody hands to it.

use partitura::prelude::*;

/// What another file makes.
pub struct Made;

/// Does its part.
#[step(after = none)]
pub async fn execute(_made: Made) -> Result<()> {
    Ok(())
}
