use partitura::prelude::*;

partitura::module! { name: "bank", imports: [&dyn Store] }

pub trait Store: Send + Sync {}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[handler]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

fn main() {}
