use partitura::http::Json;
use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[post]
    async fn place(&self, Json(order): Json<Bare>) -> String {
        order.id.to_string()
    }
}

pub struct Bare {
    id: u64,
}

impl Orders {
    fn unused(&self) {}
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
