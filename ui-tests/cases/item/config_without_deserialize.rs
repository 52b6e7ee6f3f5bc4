use partitura::prelude::*;

partitura::module! { name: "bank" }

#[config(section = "db")]
pub struct Db {
    pub url: String,
}

#[injectable]
pub struct Store {
    db: Arc<Db>,
}

fn main() {}
