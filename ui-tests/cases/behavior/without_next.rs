use partitura::prelude::*;

partitura::module! { name: "bank" }

#[behavior]
async fn audit<M: Message>(_message: &M, _cx: &Context) -> Result<M::Reply> {
    Err(Error::conflict("no"))
}

fn main() {}
