use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Opened;

#[handler]
async fn note(_event: &Opened) -> Result<()> {
    let rc = std::rc::Rc::new(1);
    pause().await;
    let _ = rc;
    Ok(())
}

async fn pause() {}

fn main() {}
