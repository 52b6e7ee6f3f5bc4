use partitura::prelude::*;

partitura::module! { contracts: [OpenAccount] }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
#[command(contract, reply = u32)]
pub struct OpenAccount {
    pub owner: String,
}

/// No contract: only its own crate may handle it.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct CloseAccount;

#[handler]
pub async fn close_account(_command: CloseAccount) -> Result<()> {
    Ok(())
}

pub trait Mailer: Send + Sync {}
pub trait Clock: Send + Sync {}
pub trait UnitOfWork: Send + Sync {}
