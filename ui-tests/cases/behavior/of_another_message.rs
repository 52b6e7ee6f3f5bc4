use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[handler(behaviors(audit))]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

#[derive(Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Close;

#[handler]
pub async fn close(_command: Close) -> Result<()> {
    Ok(())
}

#[behavior]
async fn audit(_message: &Close, next: Next<'_, Close>) -> Result<()> {
    next.run().await
}

fn main() {}
