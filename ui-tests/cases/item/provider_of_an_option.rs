use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Pool;

#[provider]
async fn pool() -> Result<Option<Pool>> {
    Ok(None)
}

#[injectable]
pub struct Accounts {
    pool: Arc<Pool>,
}

fn main() {}
