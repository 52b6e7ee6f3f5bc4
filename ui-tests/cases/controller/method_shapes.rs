use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get("/a")]
    async fn generic<T: Send>(&self) -> String {
        String::new()
    }

    #[get("/b")]
    async fn by_mut(&mut self) -> String {
        String::new()
    }

    #[get("/c")]
    async fn free() -> String {
        String::new()
    }

    #[get("/d")]
    async unsafe fn dangerous(&self) -> String {
        String::new()
    }

    #[get("/e")]
    async fn borrowed<'a>(&'a self) -> String {
        String::new()
    }

    #[get("/f")]
    async fn any(&self, _what: impl Send) -> String {
        String::new()
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
