use partitura::prelude::*;

partitura::module! { name: "bank" }

pub struct Audit;

impl Audit {
    #[behavior]
    async fn around<M: Message>(&self, _message: &M, next: Next<'_, M>) -> Result<M::Reply> {
        next.run().await
    }
}

fn main() {}
