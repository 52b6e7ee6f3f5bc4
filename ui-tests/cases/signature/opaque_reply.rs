use partitura::prelude::*;

partitura::app! { pub Bank { modules: [] } }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Numbers;

#[handler]
pub async fn numbers(_query: Numbers) -> Result<impl Serialize> {
    Ok(vec![1, 2])
}

fn main() {}
