use futures_util::stream;
use partitura::prelude::*;

partitura::module! { name: "clock" }

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ticks {
    pub until: u64,
}

#[handler(timeout = 5)]
pub fn ticks(query: Ticks) -> impl Stream<Item = Result<u64>> + Send {
    stream::iter((0..query.until).map(Ok))
}

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Sum;

#[handler]
pub async fn sum(_query: Sum, cx: &Context) -> Result<u64> {
    let mut ticks = cx.send(Ticks { until: 3 }).await?;
    let mut sum = 0;
    while let Some(tick) = ticks.next().await {
        sum += tick?;
    }
    Ok(sum)
}

fn main() {}
