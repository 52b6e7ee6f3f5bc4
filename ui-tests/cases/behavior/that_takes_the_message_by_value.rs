use partitura::prelude::*;

partitura::module! { name: "bank" }

#[behavior]
async fn audit<M: Message>(_message: M, next: Next<'_, M>) -> Result<M::Reply> {
    next.run().await
}

fn main() {}
