use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
#[command(contract)]
pub struct Open;

fn main() {}
