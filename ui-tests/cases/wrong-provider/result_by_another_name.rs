use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Pool {
    pub open: u32,
}

type Opened = std::result::Result<Pool, Error>;

#[provider]
async fn pool() -> Opened {
    Ok(Pool { open: 1 })
}

fn main() {}
