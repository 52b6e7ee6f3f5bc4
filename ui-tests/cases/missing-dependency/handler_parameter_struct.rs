use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

pub struct Accounts;

#[handler]
pub async fn open(_command: Open, accounts: Arc<Accounts>) -> Result<()> {
    let _ = accounts;
    Ok(())
}

fn main() {}
