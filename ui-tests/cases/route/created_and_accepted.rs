use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open;

#[handler(route(post, "/accounts", created = "accounts/{id}", accepted))]
pub async fn open(_command: Open) -> Result<u64> {
    Ok(1)
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
