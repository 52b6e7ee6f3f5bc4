use futures_util::stream;
use partitura::prelude::*;

partitura::module! { name: "clock" }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks {
    pub until: u64,
}

#[handler]
pub async fn ticks(_query: Ticks) -> Result<()> {
    Ok(())
}

pub struct Tocks;

#[handler]
pub fn tocks(_query: Tocks) -> impl Stream<Item = Result<u64>> + Send {
    stream::empty()
}

fn main() {}
