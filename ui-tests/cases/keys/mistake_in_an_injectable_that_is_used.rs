use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[injectable(scope)]
pub struct Accounts;

#[handler]
pub async fn open(_command: Open, accounts: &Accounts) -> Result<()> {
    let _ = accounts;
    Ok(())
}

fn main() {}
