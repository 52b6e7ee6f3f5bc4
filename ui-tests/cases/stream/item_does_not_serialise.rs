use futures_util::stream;
use partitura::prelude::*;

partitura::module! { name: "clock" }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks {
    pub until: u64,
}

pub struct Tick;

#[handler]
pub fn ticks(_query: Ticks) -> impl Stream<Item = Result<Tick>> + Send {
    stream::iter([Ok(Tick)])
}

fn main() {}
