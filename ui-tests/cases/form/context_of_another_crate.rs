use partitura::prelude::*;

partitura::app! { pub Bank { modules: [] } }

mod page {
    use partitura::prelude::injectable;

    #[injectable]
    pub struct Context {}
}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open;

#[handler]
pub async fn open(_command: Open, page: &page::Context) -> Result<()> {
    let _ = page;
    Ok(())
}

fn main() {}
