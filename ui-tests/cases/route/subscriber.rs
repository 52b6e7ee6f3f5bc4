use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Opened;

#[handler(route(post, "/opened"))]
pub async fn opened(_event: &Opened) -> Result<()> {
    Ok(())
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
