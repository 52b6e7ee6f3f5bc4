use partitura::Result;
use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[behavior]
async fn audit<M: Message>(next: Next<'_, M>, message: &M) -> Result<M::Reply> {
    let _ = message;
    next.run().await
}
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Do {
    pub n: u32,
}
#[handler(behaviors(audit))]
async fn do_it(command: Do) -> Result<u32> {
    Ok(command.n)
}

fn main() {}
