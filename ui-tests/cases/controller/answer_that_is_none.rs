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
    async fn show(&self) -> Order {
        Order { id: 1 }
    }

    #[get("/result")]
    async fn result(&self) -> Result<Order> {
        Ok(Order { id: 1 })
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
