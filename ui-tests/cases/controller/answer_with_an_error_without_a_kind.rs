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
    async fn show(&self) -> Result<Json<Order>, Missing> {
        Err(Missing)
    }
}

pub struct Missing;

impl Orders {
    fn unused(&self) {}
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
