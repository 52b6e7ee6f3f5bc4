use partitura::prelude::*;

partitura::module! { handles: [domain::OpenAccount] }

#[handler]
pub async fn open_account(_command: domain::OpenAccount) -> Result<u32> {
    Ok(1)
}

/// For one message only.
#[behavior]
pub async fn audit(_message: &domain::OpenAccount, next: Next<'_, domain::OpenAccount>) -> Result<u32> {
    next.run().await
}
