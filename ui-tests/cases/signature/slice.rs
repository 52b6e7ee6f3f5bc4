use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Pay {
    pub amount: u32,
}

pub trait Mailer: Send + Sync {}

#[injectable]
pub struct Store;

#[handler]
async fn pay(command: Pay, stores: &[Store], mailers: &[Arc<dyn Mailer>]) -> Result<()> {
    let _ = (command, stores, mailers);
    Ok(())
}

fn main() {}
