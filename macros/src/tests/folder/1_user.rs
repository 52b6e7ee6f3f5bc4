//! Read by a test of `folder!`.

/// Does its part.
#[step]
pub async fn execute() -> Result<()> {
    Ok(())
}
