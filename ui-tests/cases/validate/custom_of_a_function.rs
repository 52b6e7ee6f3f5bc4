use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    #[validate(custom(function = "check"))]
    pub owner: String,
}
#[handler]
async fn open(command: Open) -> Result<String> {
    Ok(command.owner)
}

fn main() {}
