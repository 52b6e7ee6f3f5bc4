use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Opened {
    pub owner: String,
}

#[derive(EventSet)]
pub enum Events {
    Opened(Opened),
    Again(Arc<Opened>),
}

#[handler]
pub async fn any(_event: &Events) -> Result<()> {
    Ok(())
}

fn main() {}
