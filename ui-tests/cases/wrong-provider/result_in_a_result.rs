use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Pool {
    pub open: u32,
}

#[provider]
async fn pool() -> Result<Result<Pool>> {
    Ok(Ok(Pool { open: 1 }))
}

fn main() {}
