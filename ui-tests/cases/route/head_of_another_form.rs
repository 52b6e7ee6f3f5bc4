use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open;
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Close;
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Freeze;

#[handler(route("POST", "/accounts"))]
pub async fn open(_command: Open) -> Result<u64> {
    Ok(1)
}

#[handler(route("/accounts", delete))]
pub async fn close(_command: Close) -> Result<u64> {
    Ok(1)
}

#[handler(route(put, /accounts))]
pub async fn freeze(_command: Freeze) -> Result<u64> {
    Ok(1)
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
