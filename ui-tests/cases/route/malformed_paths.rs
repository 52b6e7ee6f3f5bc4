use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Show {
    pub id: u64,
}

#[handler(
    route(get, "accounts"),
    route(get, "/accounts/"),
    route(get, "/accounts/:id"),
    route(get, "/accounts//all"),
    route(get, "/{id}/{id}"),
    route(get, "/x-{id}"),
    route(get, "/{*id}/x"),
    route(get, "/accounts?id={id}"),
    route(get, "/a b"),
    route(get),
    route("/accounts"),
    route(),
)]
pub async fn show(query: Show) -> Result<u64> {
    Ok(query.id)
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
