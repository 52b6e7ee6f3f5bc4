use partitura::Result;
use partitura::prelude::*;
partitura::app! { pub Shop { modules: [crate], require: authorization } }
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
#[command(contract, reply = u32)]
pub struct Do {
    pub n: u32,
}
partitura::module! { name: "m", handles: [Do], contracts: [Do] }
#[handler(allow("x"), retries = 3)]
async fn do_it(command: Do) -> Result<u32> {
    Ok(command.n)
}

fn main() {}
