use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open;

#[handler(agent(titel = "Open", destructive = "no", title = ""))]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Close;

#[handler(agent = true, destructive = false)]
pub async fn close(_command: Close) -> Result<()> {
    Ok(())
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
