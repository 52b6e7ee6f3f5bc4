use partitura::prelude::*;

partitura::module! { handles: [domain::OpenAccount] }

#[handler]
pub async fn open_account(_command: domain::OpenAccount) -> Result<u32> {
    Ok(1)
}
