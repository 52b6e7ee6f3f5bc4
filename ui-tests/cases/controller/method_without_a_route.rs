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
    #[get]
    async fn list(&self) -> String {
        self.private().await
    }

    pub async fn show(&self) -> String {
        String::new()
    }

    async fn place(&self, Json(order): Json<Order>) -> Json<Order> {
        Json(order)
    }

    async fn private(&self) -> String {
        String::new()
    }

    pub fn plain(&self) -> u8 {
        1
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
