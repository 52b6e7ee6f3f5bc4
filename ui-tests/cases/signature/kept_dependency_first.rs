use partitura::prelude::*;
use std::sync::Arc;

partitura::app! { pub Bank { modules: [] } }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open;

#[injectable]
pub struct Accounts {}

#[handler]
pub async fn open(accounts: Arc<Accounts>, _command: Open) -> Result<()> {
    let _ = accounts;
    Ok(())
}

fn main() {}
