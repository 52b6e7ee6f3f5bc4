use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[behavior]
async fn audit<M: Message>(_message: &M, next: Next<'_, M>) -> Result<M::Reply> {
    next.run().await
}

#[handler(behaviors(audit))]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

fn main() {}
