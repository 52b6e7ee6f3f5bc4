use partitura::http::{Json, Path};
use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Order {
    pub id: u64,
}

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get("/newest")]
    async fn show(&self, Path(id): Path<u64>) -> Json<Order> {
        Json(Order { id })
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
