use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Show {
    pub id: u64,
}

#[handler(route(fetch, "/a"), route(GET, "/b"), route(pots, "/c"))]
pub async fn show(query: Show) -> Result<u64> {
    Ok(query.id)
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
