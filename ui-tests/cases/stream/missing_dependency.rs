use futures_util::stream;
use partitura::prelude::*;

partitura::module! { name: "clock" }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks {
    pub until: u64,
}

pub struct Spring;

#[handler]
pub fn ticks(query: Ticks, _spring: &Spring) -> impl Stream<Item = Result<u64>> + Send {
    stream::iter((0..query.until).map(Ok))
}

fn main() {}
