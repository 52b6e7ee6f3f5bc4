use partitura::prelude::*;

partitura::app! { pub Bank { modules: [] } }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Rows;

#[derive(Serialize, JsonSchema)]
struct Row;

#[handler]
async fn rows(_query: Rows) -> Result<Vec<Row>> {
    Ok(vec![Row])
}

fn main() {}
