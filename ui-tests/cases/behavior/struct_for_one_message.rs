use partitura::Result;
use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[behavior]
pub struct Audit;
impl Audit {
    async fn around(&self, _m: &Do, _cx: &Context, next: Next<'_, Do>) -> Result<u32> {
        next.run().await
    }
}
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Do {
    pub n: u32,
}
#[handler(behaviors(Audit))]
async fn do_it(command: Do) -> Result<u32> {
    Ok(command.n)
}

fn main() {}
