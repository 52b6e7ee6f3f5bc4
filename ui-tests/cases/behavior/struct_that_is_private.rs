use partitura::Result;
use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[behavior]
struct Audit;
impl Audit {
    async fn around<M: Message>(&self, _m: &M, _cx: &Context, next: Next<'_, M>) -> Result<M::Reply> {
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
