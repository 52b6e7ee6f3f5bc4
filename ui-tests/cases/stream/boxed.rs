use futures_util::stream;
use partitura::prelude::*;

partitura::module! { name: "clock" }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks {
    pub until: u64,
}

use futures_util::stream::BoxStream;

#[handler]
pub fn ticks(_query: Ticks, _cx: &Context) -> BoxStream<'_, Result<u64>> {
    Box::pin(stream::empty())
}

fn main() {}
