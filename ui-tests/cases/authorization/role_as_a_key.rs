use partitura::Result;
use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Do {
    pub n: u32,
}
#[handler(allow(role = "teller"))]
async fn do_it(command: Do) -> Result<u32> {
    Ok(command.n)
}

fn main() {}
