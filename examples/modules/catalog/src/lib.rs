//! The catalog: which products there are.

use partitura::prelude::*;
use shop_domain::{Mailer, PriceOf, Product, ProductAdded, ProductStore};

partitura::module! {
    name: "catalog",
    imports: [dyn ProductStore, Option<dyn Mailer>],
    handles: [PriceOf],
}

/// Adds a product to the catalog.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct AddProduct {
    /// The stock keeping unit, unique in the catalog.
    pub sku: String,
    /// What the customer reads.
    pub name: String,
    /// In cents.
    pub price: u64,
}

/// Lists the catalog.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
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

/// Tells the editor about a new product, where there is a mailer.
#[handler]
pub async fn tell_editor(event: &ProductAdded, mailer: Option<&dyn Mailer>) -> Result<()> {
    match mailer {
        Some(mailer) => mailer.send("editor@shop.example", &format!("new: {}", event.product.name)).await,
        None => Ok(()),
    }
}
