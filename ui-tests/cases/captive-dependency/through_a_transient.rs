use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable(scoped)]
pub struct UnitOfWork;

#[injectable(transient)]
pub struct Ticket {
    unit: Arc<UnitOfWork>,
}

#[injectable]
pub struct Accounts {
    ticket: Ticket,
}

fn main() {}
