use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[injectable]
pub struct Accounts;

#[handler]
pub async fn open(_command: Open, it: Accounts) -> Result<()> {
    let _ = it;
    Ok(())
}

fn main() {}
