use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

pub trait Store: Send + Sync {}

#[injectable(as dyn Store, named = "slow")]
pub struct Disk;

impl Store for Disk {}

#[handler]
pub async fn open(_command: Open, #[named("fast")] store: &dyn Store) -> Result<()> {
    let _ = store;
    Ok(())
}

fn main() {}
