//! The checkout: what a basket costs. It asks for prices by a contract of the domain and does not know who answers.

use partitura::prelude::*;
use shop_domain::PriceOf;

partitura::module! { name: "checkout" }

/// Adds up a basket.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Total {
    /// SKUs, one each.
    #[validate(length(min = 1, max = 1000))]
    pub skus: Vec<String>,
}

/// The sum in cents.
#[handler]
pub async fn total(query: Total, cx: &Context) -> Result<u64> {
    let asked: Vec<PriceOf> = query.skus.into_iter().map(|sku| PriceOf { sku }).collect();
    // All at once; the replies are in the order asked.
    cx.join(asked).await.into_iter().sum()
}
