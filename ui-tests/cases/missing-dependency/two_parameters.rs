use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

pub trait Store: Send + Sync {}

pub struct Accounts;

#[handler]
pub async fn open(_command: Open, store: &dyn Store, accounts: &Accounts, cx: &Context) -> Result<()> {
    let _ = (store, accounts, cx);
    Ok(())
}

fn main() {}
