use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Show {
    pub id: u64,
}

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Find {
    pub name: String,
}

#[handler(route(get, "/accounts/{id}"))]
pub async fn show(query: Show) -> Result<u64> {
    Ok(query.id)
}

#[handler(route(get, "/accounts/{name}"))]
pub async fn find(query: Find) -> Result<String> {
    Ok(query.name)
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
