use partitura::http::Path;
use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get("/{id}")]
    async fn show(&self, Path(id): Path<u64>) -> String {
        id.to_string()
    }
}

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Show {
    pub number: u64,
}

#[handler(route(get, "/orders/{number}"))]
pub async fn show(query: Show) -> Result<u64> {
    Ok(query.number)
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
