use partitura::http::{Json, Query};
use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Order {
    pub id: u64,
}

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get("/{id}")]
    async fn show(&self, query: Query<Order>) -> Json<Order> {
        Json(query.0)
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
