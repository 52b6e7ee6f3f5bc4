use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    #[validate(length(max = 80))]
    pub express: bool,
}

#[handler]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

fn main() {}
