use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Show {
    pub id: u64,
}

#[handler(route(get, "/accounts/{number}"))]
pub async fn show(query: Show) -> Result<u64> {
    Ok(query.id)
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
