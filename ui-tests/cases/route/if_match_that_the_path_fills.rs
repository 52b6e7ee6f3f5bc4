use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Close {
    pub id: u64,
}

#[handler(route(delete, "/accounts/{id}", if_match = "id"))]
pub async fn close(command: Close) -> Result<u64> {
    Ok(command.id)
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
