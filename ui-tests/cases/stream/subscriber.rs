use futures_util::stream;
use partitura::prelude::*;

partitura::module! { name: "clock" }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks {
    pub until: u64,
}

#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Struck;

#[handler]
pub async fn ticks(_query: Ticks) -> Result<()> {
    Ok(())
}

#[handler]
pub fn struck(_event: &Struck) -> impl Stream<Item = Result<u64>> + Send {
    stream::empty()
}

fn main() {}
