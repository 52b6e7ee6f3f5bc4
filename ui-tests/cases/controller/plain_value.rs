use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get("/{id}")]
    async fn show(&self, id: u64) -> String {
        id.to_string()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
