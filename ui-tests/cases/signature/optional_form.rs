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
async fn pay(command: Pay, mailer: Option<Box<dyn Mailer>>, all: Option<All<dyn Mailer>>, store: Option<&mut Store>) -> Result<()> {
    let _ = (command, mailer, all, store);
    Ok(())
}

fn main() {}
