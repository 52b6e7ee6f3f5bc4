use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open;

fn main() {}
