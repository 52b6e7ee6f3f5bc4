use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: &'static str,
    pub note: Option<&'static str>,
}
#[handler]
async fn open(command: Open) -> Result<String> {
    Ok(command.owner.to_owned())
}

fn main() {}
