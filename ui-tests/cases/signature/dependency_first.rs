use partitura::prelude::*;

partitura::app! { pub Bank { modules: [] } }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open;

#[injectable]
pub struct Accounts {}

#[handler]
pub async fn open(accounts: &Accounts, _command: Open) -> Result<u32> {
    let _ = accounts;
    Ok(0)
}

fn main() {}
