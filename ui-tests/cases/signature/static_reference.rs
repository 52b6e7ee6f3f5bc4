use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Pay {
    pub amount: u32,
}

pub trait Mailer: Send + Sync {}

#[injectable]
pub struct Store;

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Paid {
    pub amount: u32,
}

pub struct Pool;

#[provider]
fn pool(store: &'static Store) -> Pool {
    let _ = store;
    Pool
}

#[handler]
async fn pay(command: Pay, store: &'static Store, perhaps: Option<&'static Store>, cx: &'static Context) -> Result<()> {
    let _ = (command, store, perhaps, cx);
    Ok(())
}

#[handler]
async fn paid(event: &'static Paid) -> Result<()> {
    let _ = event;
    Ok(())
}

fn main() {}
