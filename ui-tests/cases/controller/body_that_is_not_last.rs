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
    #[post]
    async fn place(&self, Json(order): Json<Order>, Query(more): Query<Order>) -> String {
        format!("{} {}", order.id, more.id)
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
