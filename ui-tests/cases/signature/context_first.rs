use partitura::prelude::*;

partitura::app! { pub Bank { modules: [] } }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open;

#[handler]
pub async fn open(cx: &Context, _command: Open) -> Result<()> {
    let _ = cx;
    Ok(())
}

fn main() {}
