//! What the modules of the shop share: types, traits, and the messages whose handlers live elsewhere.

use async_trait::async_trait;
use partitura::prelude::*;

partitura::module! { name: "domain", contracts: [PriceOf] }

/// A thing to be sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Product {
    /// The stock keeping unit: what identifies it.
    pub sku: String,
    /// What the customer reads.
    pub name: String,
    /// In cents.
    pub price: u64,
}

/// What one product costs, in cents. A contract: whoever handles it says so in its `module!`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
#[query(contract, reply = u64)]
pub struct PriceOf {
    /// The product.
    pub sku: String,
}

/// A product can be bought from now on.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = "products.added")]
pub struct ProductAdded {
    /// The product.
    pub product: Product,
}

/// A product cannot be bought any more.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = "products.removed")]
pub struct ProductRemoved {
    /// Which one.
    pub sku: String,
}

/// Where products are kept.
#[async_trait]
pub trait ProductStore: Send + Sync {
    /// Adds a product; false if there is one with this SKU.
    async fn add(&self, product: Product) -> Result<bool>;
    /// Removes a product; false if there is none.
    async fn remove(&self, sku: &str) -> Result<bool>;
    /// The product with this SKU.
    async fn get(&self, sku: &str) -> Result<Option<Product>>;
    /// All of them, by SKU.
    async fn all(&self) -> Result<Vec<Product>>;
}

/// Tells people.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends one line to one person.
    async fn send(&self, to: &str, line: &str) -> Result<()>;
}
