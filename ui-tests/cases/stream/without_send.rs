use futures_util::stream;
use partitura::prelude::*;

partitura::module! { name: "clock" }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks {
    pub until: u64,
}

#[handler]
pub fn ticks(_query: Ticks) -> impl Stream<Item = Result<u64>> {
    stream::empty()
}

fn main() {}
