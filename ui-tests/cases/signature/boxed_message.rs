use partitura::prelude::*;

partitura::app! { pub Bank { modules: [] } }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open;

#[handler]
pub async fn open(_command: Box<Open>) -> Result<()> {
    Ok(())
}

fn main() {}
