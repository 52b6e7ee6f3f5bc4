use partitura::prelude::*;

#[injectable]
pub struct Orders;

impl Orders {
    #[get("/{id}")]
    async fn show(&self) -> String {
        String::new()
    }
}

#[post("/orders")]
async fn place() -> String {
    String::new()
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
