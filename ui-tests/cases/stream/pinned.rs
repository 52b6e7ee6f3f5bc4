use futures_util::stream;
use partitura::prelude::*;

partitura::module! { name: "clock" }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks {
    pub until: u64,
}

use std::pin::Pin;

#[handler]
pub fn ticks(_query: Ticks) -> Pin<Box<dyn Stream<Item = Result<u64>> + Send>> {
    Box::pin(stream::empty())
}

fn main() {}
