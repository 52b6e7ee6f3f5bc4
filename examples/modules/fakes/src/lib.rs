//! A world for demonstrations and tests: products in memory, with one to begin with, and no mail.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use partitura::prelude::*;
use shop_domain::{Product, ProductStore};

partitura::module! { name: "fakes", exports: [dyn ProductStore] }

/// Products in memory.
#[injectable(as dyn ProductStore)]
pub struct MemoryStore {
    #[init(Mutex::new(samples()))]
    products: Mutex<BTreeMap<String, Product>>,
}

fn samples() -> BTreeMap<String, Product> {
    let tea = Product { sku: "tea".into(), name: "Tea".into(), price: 350 };
    BTreeMap::from([(tea.sku.clone(), tea)])
}

#[async_trait]
impl ProductStore for MemoryStore {
    async fn add(&self, product: Product) -> Result<bool> {
        let mut products = self.products.lock().unwrap_or_else(PoisonError::into_inner);
        if products.contains_key(&product.sku) {
            return Ok(false);
        }
        products.insert(product.sku.clone(), product);
        Ok(true)
    }

    async fn remove(&self, sku: &str) -> Result<bool> {
        Ok(self.products.lock().unwrap_or_else(PoisonError::into_inner).remove(sku).is_some())
    }

    async fn get(&self, sku: &str) -> Result<Option<Product>> {
        Ok(self.products.lock().unwrap_or_else(PoisonError::into_inner).get(sku).cloned())
    }

    async fn all(&self) -> Result<Vec<Product>> {
        Ok(self.products.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect())
    }
}
