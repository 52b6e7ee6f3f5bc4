use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Keep<T> {
    pub row: T,
}
#[handler(for = [u32, u32])]
async fn keep<T: Send>(command: Keep<T>) -> Result<()> {
    drop(command.row);
    Ok(())
}

fn main() {}
