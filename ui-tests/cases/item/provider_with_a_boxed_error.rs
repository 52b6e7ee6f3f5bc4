use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Pool;

#[provider]
fn pool() -> std::result::Result<Pool, Box<dyn std::error::Error>> {
    Ok(Pool)
}

fn main() {}
