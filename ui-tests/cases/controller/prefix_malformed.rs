use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("orders/", version = "v/1")]
impl Orders {
    #[get]
    async fn show(&self) -> String {
        String::new()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
