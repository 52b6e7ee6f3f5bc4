use partitura::prelude::*;

pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get]
    async fn list(&self) -> String {
        String::new()
    }

    #[get("/newest")]
    async fn newest(&self) -> String {
        String::new()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
