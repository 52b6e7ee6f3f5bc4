use partitura::prelude::*;

use partitura::message::Query;

partitura::app! { Bank { modules: [], behaviors: [audit] } }

#[behavior]
async fn audit<M: Message + Query>(_message: &M, next: Next<'_, M>) -> Result<M::Reply> {
    next.run().await
}

fn main() {}
