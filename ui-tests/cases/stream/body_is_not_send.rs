use futures_util::{StreamExt, stream};
use partitura::prelude::*;

partitura::module! { name: "clock" }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks {
    pub until: u64,
}

#[handler]
pub fn ticks(_query: Ticks) -> impl Stream<Item = Result<u64>> + Send {
    let shared = std::rc::Rc::new(1);
    stream::iter(0..3).map(move |number| Ok(number + *shared))
}

fn main() {}
