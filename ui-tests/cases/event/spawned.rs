use partitura::Result;
use partitura::prelude::*;
partitura::app! { pub Shop { modules: [] } }
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Done {
    pub n: u32,
}
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Ask {
    pub n: u32,
}
#[handler]
async fn ask(q: Ask, cx: &Context) -> Result<u32> {
    cx.spawn(Done { n: 1 })?;
    Ok(q.n)
}

fn main() {}
