use partitura::http::Json;
use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get("/a")]
    async fn a(&self) -> std::result::Result<Json<u64>, String> {
        Err("no such order".to_owned())
    }

    #[get("/b")]
    async fn b(&self) -> std::result::Result<Json<u64>, &'static str> {
        Err("no such order")
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
