use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Show {
    pub ids: Vec<u64>,
}

#[handler(route(get, "/accounts/{ids}"))]
pub async fn show(query: Show) -> Result<usize> {
    Ok(query.ids.len())
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
