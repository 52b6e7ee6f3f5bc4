use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[handler(retries = 3)]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

fn main() {}
