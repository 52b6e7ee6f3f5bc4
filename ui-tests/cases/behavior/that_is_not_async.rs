use partitura::prelude::*;

partitura::module! { name: "bank" }

#[behavior]
fn audit<M: Message>(_message: &M, _next: Next<'_, M>) -> Result<M::Reply> {
    Err(Error::conflict("no"))
}

fn main() {}
