use partitura::http::Path;
use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders")]
impl Orders {
    #[get("/{id}")]
    async fn show(&self, Path(id): Path<u64>) -> String {
        id.to_string()
    }

    #[get("/{name}")]
    async fn named(&self, Path(name): Path<String>) -> String {
        name
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
