//! The catalog: which products there are.

use partitura::prelude::*;
use shop_domain::{Mailer, PriceOf, Product, ProductAdded, ProductRemoved, ProductStore};

partitura::module! {
    name: "catalog",
    imports: [dyn ProductStore, Option<dyn Mailer>],
    handles: [PriceOf],
}

/// Adds a product to the catalog.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct AddProduct {
    /// The stock keeping unit, unique in the catalog.
    #[validate(required, pattern("[a-z0-9-]+"))]
    pub sku: String,
    /// What the customer reads.
    #[validate(required, length(max = 80))]
    pub name: String,
    /// In cents.
    #[validate(range(min = 1))]
    pub price: u64,
}

/// Takes a product out of the catalog. Only editors may.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct RemoveProduct {
    /// The product.
    pub sku: String,
}

/// Lists the catalog.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct ListProducts {}

/// What can go wrong in the catalog.
#[derive(Debug, Problem)]
pub enum CatalogError {
    /// One is there already.
    #[problem(kind = conflict, code = "catalog.taken", message = "there is a product `{sku}` already")]
    Taken {
        /// The SKU.
        sku: String,
    },
    /// None is there.
    #[problem(kind = not_found, code = "catalog.unknown", message = "there is no product `{sku}`")]
    Unknown {
        /// The SKU.
        sku: String,
    },
}

/// Adds the product, unless its SKU is taken.
#[handler]
pub async fn add_product(command: AddProduct, store: &dyn ProductStore, cx: &Context) -> Result<Product> {
    let product = Product { sku: command.sku, name: command.name, price: command.price };
    if !store.add(product.clone()).await? {
        return Err(CatalogError::Taken { sku: product.sku }.into());
    }
    cx.emit(ProductAdded { product: product.clone() }).await?;
    Ok(product)
}

/// Removes it; removing it twice does what removing it once does, so a store that is not available is asked again.
#[handler(allow("editor"), idempotent, retries = 2)]
pub async fn remove_product(command: RemoveProduct, store: &dyn ProductStore, cx: &Context) -> Result<()> {
    if store.remove(&command.sku).await? {
        cx.emit(ProductRemoved { sku: command.sku }).await?;
    }
    Ok(())
}

/// All products, by SKU.
#[handler]
pub async fn list_products(_query: ListProducts, store: &dyn ProductStore) -> Result<Vec<Product>> {
    store.all().await
}

/// Answers the contract of the domain.
#[handler]
pub async fn price_of(query: PriceOf, store: &dyn ProductStore) -> Result<u64, CatalogError> {
    match store.get(&query.sku).await {
        Ok(Some(product)) => Ok(product.price),
        _ => Err(CatalogError::Unknown { sku: query.sku }),
    }
}

/// What may happen to a product.
#[derive(Debug, EventSet)]
pub enum ProductChange {
    /// There is a new one.
    Added(ProductAdded),
    /// One is gone.
    Removed(ProductRemoved),
}

/// Tells the editor what became of the catalog, where there is a mailer.
#[handler]
pub async fn tell_editor(event: &ProductChange, mailer: Option<&dyn Mailer>) -> Result<()> {
    let Some(mailer) = mailer else { return Ok(()) };
    let line = match event {
        ProductChange::Added(added) => format!("new: {}", added.product.name),
        ProductChange::Removed(removed) => format!("gone: {}", removed.sku),
    };
    mailer.send("editor@shop.example", &line).await
}
