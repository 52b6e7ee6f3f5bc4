use partitura::prelude::*;
partitura::module! { name: "bank", handles: [Open] }
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
#[command(contract, reply = Result<String>)]
pub struct Open {
    pub owner: String,
}
#[handler]
async fn open(command: Open) -> Result<String> {
    Ok(command.owner)
}

fn main() {}
