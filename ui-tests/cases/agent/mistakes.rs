use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Opened;

#[derive(Command)]
#[command(local)]
pub struct Inside;

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Show;

#[handler(agent)]
pub async fn opened(_event: &Opened) -> Result<()> {
    Ok(())
}

#[handler(agent)]
pub async fn inside(_command: Inside) -> Result<()> {
    Ok(())
}

#[handler(agent(destructive = false))]
pub async fn show(_query: Show) -> Result<u32> {
    Ok(1)
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
