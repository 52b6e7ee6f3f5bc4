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
    async fn place(&self, order: &Json<Order>) -> String {
        order.0.id.to_string()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
