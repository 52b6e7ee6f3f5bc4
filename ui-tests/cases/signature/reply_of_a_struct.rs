use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[derive(Serialize, JsonSchema)]
pub struct Account;

#[handler]
pub async fn open(_command: Open) -> Account {
    Account
}

fn main() {}
