use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller(prefix = "/orders")]
impl Orders {
    #[get(path = "/a")]
    async fn a(&self) -> String {
        String::new()
    }

    #[post("/b", created = "/b/{id}")]
    async fn b(&self) -> String {
        String::new()
    }

    #[put("/c", if_match = "version", max_body = 100)]
    async fn c(&self) -> String {
        String::new()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
