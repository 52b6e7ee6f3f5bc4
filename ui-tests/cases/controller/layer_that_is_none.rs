use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get(layers(7))]
    async fn show(&self) -> String {
        String::new()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
