use partitura::http::axum::extract::State;
use partitura::prelude::*;

#[injectable]
pub struct Printer;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get]
    async fn list(&self, State(_printer): State<Printer>) -> String {
        String::new()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
