use partitura::Result;
use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
async fn p(_m: &Do, _cx: &Context) -> Result<bool> {
    Ok(true)
}
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Do {
    pub n: u32,
}
#[handler(allow(p))]
async fn do_it(command: Do) -> Result<u32> {
    Ok(command.n)
}

fn main() {}
