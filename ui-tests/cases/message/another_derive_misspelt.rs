use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[derive(Debug, Cloen, Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}
#[handler]
async fn open(command: Open) -> Result<u32> {
    let _ = command.owner;
    Ok(1)
}

fn main() {}
