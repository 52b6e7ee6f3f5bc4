use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Pool;

#[provider]
async fn pool() -> std::result::Result<Pool, String> {
    Ok(Pool)
}

fn main() {}
