use partitura::prelude::*;

#[behavior]
async fn audit<M: Message>(_message: &M, next: Next<'_, M>) -> Result<M::Reply> {
    next.run().await
}

partitura::app! { Bank { modules: [], behaviors: [audit, Tracing, audit] } }

fn main() {}
