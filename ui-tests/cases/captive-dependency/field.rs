use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable(scoped)]
pub struct UnitOfWork;

#[injectable]
pub struct Accounts {
    unit: Arc<UnitOfWork>,
}

fn main() {}
