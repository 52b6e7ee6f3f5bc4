use partitura::Result;
use partitura::prelude::*;
partitura::app! { pub Shop { modules: [], require: [authorization] } }
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Do {
    pub n: u32,
}
#[handler]
async fn do_it(command: Do) -> Result<u32> {
    Ok(command.n)
}

fn main() {}
