use partitura::http::Path;
use partitura::prelude::*;

#[injectable]
pub struct Orders;

#[controller("/orders/{shop}")]
impl Orders {
    #[get("{id}")]
    async fn no_slash(&self, Path((_, id)): Path<(u64, u64)>) -> String {
        id.to_string()
    }

    #[get("/list/")]
    async fn slash_behind(&self) -> String {
        String::new()
    }

    #[get("/:id")]
    async fn colon(&self, Path((_, id)): Path<(u64, u64)>) -> String {
        id.to_string()
    }

    #[get("/a//b")]
    async fn empty(&self) -> String {
        String::new()
    }

    #[get("/x-{id}")]
    async fn inside(&self, Path((_, id)): Path<(u64, u64)>) -> String {
        id.to_string()
    }

    #[get("/{shop}")]
    async fn doubled(&self, Path((a, b)): Path<(u64, u64)>) -> String {
        format!("{a} {b}")
    }
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
