use futures_util::stream;
use partitura::prelude::*;

partitura::module! { name: "clock" }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks {
    pub until: u64,
}

#[handler]
pub fn ticks(query: Ticks) -> impl Stream<Item = u64> + Send {
    stream::iter(0..query.until)
}

fn main() {}
