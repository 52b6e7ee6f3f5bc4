use partitura::prelude::*;

partitura::module! {  }

#[handler]
pub async fn open_account(_command: domain::CloseAccount) -> Result<()> {
    Ok(())
}
