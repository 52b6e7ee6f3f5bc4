use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

pub trait Store: Send + Sync {}

#[handler]
pub async fn open(_command: Open, store: Option<&dyn Store>) -> Result<()> {
    let _ = store;
    Ok(())
}

fn main() {}
