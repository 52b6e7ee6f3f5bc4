use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open;
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Close;
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Freeze;

#[handler(route(post, "/accounts", created = "/accounts/{id"))]
pub async fn open(_command: Open) -> Result<u64> {
    Ok(1)
}

#[handler(route(delete, "/accounts", created))]
pub async fn close(_command: Close) -> Result<u64> {
    Ok(1)
}

#[handler(route(put, "/accounts", created = "/accounts?id={id}"))]
pub async fn freeze(_command: Freeze) -> Result<u64> {
    Ok(1)
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
