use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Log;

#[behavior]
async fn audit<M: Message>(_message: &M, next: Next<'_, M>, _log: &Log) -> Result<M::Reply> {
    next.run().await
}

fn main() {}
