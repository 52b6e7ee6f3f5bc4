use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[handler]
pub async fn open(command: Open) -> Result<()> {
    let owner: u32 = command.owner;
    Ok(())
}

fn main() {}
