use partitura::http::Json;
use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get]
    async fn show(&self) -> Json<Secretive> {
        Json(Secretive)
    }
}

pub struct Secretive;

impl Orders {
    fn unused(&self) {}
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
