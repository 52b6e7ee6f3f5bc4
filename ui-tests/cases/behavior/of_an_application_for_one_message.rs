use partitura::prelude::*;

partitura::app! { Bank { modules: [], behaviors: [audit] } }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[handler]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

#[behavior]
async fn audit(_message: &Open, next: Next<'_, Open>) -> Result<()> {
    next.run().await
}

fn main() {}
