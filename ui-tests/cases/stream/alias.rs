use futures_util::stream;
use partitura::prelude::*;

partitura::module! { name: "clock" }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks {
    pub until: u64,
}

type Items = stream::Empty<Result<u64>>;

#[handler]
pub fn ticks(_query: Ticks) -> Items {
    stream::empty()
}

fn main() {}
