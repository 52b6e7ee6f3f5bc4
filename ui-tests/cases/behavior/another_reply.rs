use partitura::Result;
use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[behavior]
async fn audit<M: Message>(message: &M, next: Next<'_, M>) -> Result<()> {
    next.run().await?;
    Ok(())
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
