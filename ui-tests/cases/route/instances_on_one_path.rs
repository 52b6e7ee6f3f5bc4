use partitura::prelude::*;

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Find<T> {
    pub of: T,
}

#[handler(for = [u8, u16], route(get, "/find"))]
pub async fn find<T: Serialize + Send + 'static>(_query: Find<T>) -> Result<()> {
    Ok(())
}

partitura::app! { pub Bank { modules: [] } }
fn main() {}
