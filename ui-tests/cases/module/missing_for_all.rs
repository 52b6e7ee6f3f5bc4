use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[handler]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

#[injectable]
pub struct Accounts;

fn main() {}
