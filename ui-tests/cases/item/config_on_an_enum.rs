use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Deserialize)]
#[config(section = "db")]
pub enum Db {
    Memory,
}

fn main() {}
