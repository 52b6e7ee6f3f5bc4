use partitura::prelude::*;

partitura::module! { name: "bank" }

#[derive(Serialize, JsonSchema)]
pub struct Price(u32);

#[derive(Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct PriceOf;

#[handler(behaviors(Cache))]
pub async fn price_of(_query: PriceOf) -> Result<Price> {
    Ok(Price(1))
}

fn main() {}
