use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get]
    async fn list(&self) -> String {
        String::new()
    }
}

#[injectable]
pub struct Others;

#[controller]
impl Others {
    #[get("/orders")]
    async fn list(&self) -> String {
        String::new()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
