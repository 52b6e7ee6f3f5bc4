use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub owner: String,
}

#[handler]
pub async fn open<'a>(_command: Open, cx: &'a Context) -> Result<()> {
    let _ = cx;
    Ok(())
}

fn main() {}
