use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Opened {
    pub owner: String,
}

#[derive(Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[handler]
pub async fn open(_command: Open) -> Result<()> {
    Ok(())
}

#[derive(EventSet)]
pub enum Events {
    Opened(Opened),
    Open(Open),
}

#[handler]
pub async fn any(_event: &Events) -> Result<()> {
    Ok(())
}

fn main() {}
