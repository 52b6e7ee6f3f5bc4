//! The checkout: what a basket costs. It asks for prices by a contract of the domain and does not know who answers.

use partitura::prelude::*;
use shop_domain::PriceOf;

partitura::module! { name: "checkout" }

/// Adds up a basket.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Total {
    /// SKUs, one each.
    pub skus: Vec<String>,
}

/// The sum in cents.
#[handler]
pub async fn total(query: Total, cx: &Context) -> Result<u64> {
    let mut total = 0;
    for sku in query.skus {
        total += cx.send(PriceOf { sku }).await?;
    }
    Ok(total)
}
