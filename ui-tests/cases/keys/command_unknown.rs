use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
#[command(contract, replay = u32)]
pub struct Open;

fn main() {}
