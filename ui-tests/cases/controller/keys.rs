use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders", versoin = "v1")]
impl Orders {
    #[get("/a", timout = "5s")]
    async fn near(&self) -> String {
        String::new()
    }

    #[get("/b" public)]
    async fn comma(&self) -> String {
        String::new()
    }

    #[get = "/c"]
    async fn text(&self) -> String {
        String::new()
    }

    #[get("/d", timeout = "5 sheep", behaviors(Audit))]
    async fn other(&self) -> String {
        String::new()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
