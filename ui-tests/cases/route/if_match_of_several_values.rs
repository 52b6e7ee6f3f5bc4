use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Close {
    pub id: u64,
    pub versions: Vec<u64>,
}

#[handler(route(delete, "/accounts/{id}", if_match = "versions"))]
pub async fn close(command: Close) -> Result<u64> {
    Ok(command.id + command.versions[0])
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
