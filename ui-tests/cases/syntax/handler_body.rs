use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[handler]
pub async fn open(command: Open) -> Result<()> {
    let _owner = command.;
    Ok(())
}

pub fn still_there() {
    let _ = open;
}

fn main() {}
