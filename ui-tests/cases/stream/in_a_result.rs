use futures_util::stream;
use partitura::prelude::*;

partitura::module! { name: "clock" }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks {
    pub until: u64,
}

#[handler]
pub async fn ticks(_query: Ticks) -> Result<Streaming<u64>> {
    Ok(Streaming::new(stream::empty()))
}

fn main() {}
