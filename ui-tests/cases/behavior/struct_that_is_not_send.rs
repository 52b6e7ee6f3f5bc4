use partitura::Result;
use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[behavior]
pub struct Audit;
impl Audit {
    async fn around<M: Message>(&self, _m: &M, _cx: &Context, next: Next<'_, M>) -> Result<M::Reply> {
        let rc = std::rc::Rc::new(1);
        let a = next.run().await;
        drop(rc);
        a
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
