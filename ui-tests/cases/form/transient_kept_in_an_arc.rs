use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable(transient)]
pub struct Ticket;

#[injectable]
pub struct Accounts {
    ticket: Arc<Ticket>,
}

fn main() {}
