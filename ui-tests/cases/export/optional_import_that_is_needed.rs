use partitura::prelude::*;

partitura::module! { name: "bank", imports: [Option<dyn Store>] }

pub trait Store: Send + Sync {}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[handler]
pub async fn open(_command: Open, store: &dyn Store) -> Result<()> {
    let _ = store;
    Ok(())
}

fn main() {}
