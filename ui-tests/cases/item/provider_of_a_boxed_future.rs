use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Pool;

#[provider]
fn pool() -> std::pin::Pin<Box<dyn Future<Output = Result<Pool>> + Send>> {
    Box::pin(async { Ok(Pool) })
}

fn main() {}
