use partitura::prelude::*;

partitura::module! { name: "bank" }

#[injectable(transient)]
pub struct Ticket;

#[provider(transient)]
fn ticket() -> Ticket {
    Ticket
}

fn main() {}
