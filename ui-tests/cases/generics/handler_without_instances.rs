use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Create<T> {
    pub value: T,
}

#[handler]
pub async fn create<T: Send + 'static>(command: Create<T>) -> Result<()> {
    let _ = command.value;
    Ok(())
}

fn main() {}
