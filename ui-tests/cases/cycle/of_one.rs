use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable]
pub struct Accounts {
    accounts: Arc<Accounts>,
}

fn main() {}
