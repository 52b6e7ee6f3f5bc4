use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get("/a", allow(OwnBranch))]
    async fn policy(&self) -> String {
        String::new()
    }

    #[get("/b", allow(teller))]
    async fn word(&self) -> String {
        String::new()
    }

    #[get("/c", allow("teller"), public)]
    async fn both(&self) -> String {
        String::new()
    }

    #[get("/d", allow())]
    async fn nobody(&self) -> String {
        String::new()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
