use partitura::prelude::*;

partitura::module! { name: "bank", handles: [Open] }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
#[command(contract, reply = ())]
pub struct Open;

fn main() {}
