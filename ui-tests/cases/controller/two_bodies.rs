use partitura::http::Json;
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
    async fn place(&self, Json(order): Json<Order>, text: String) -> String {
        format!("{} {text}", order.id)
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
