//! The real world: products in a file, mail on the terminal.

use std::collections::BTreeMap;
use std::path::PathBuf;

use async_trait::async_trait;
use partitura::prelude::*;
use shop_domain::{Mailer, Product, ProductStore};

partitura::module! { name: "infra", exports: [dyn ProductStore, dyn Mailer] }

/// Where the file is.
#[derive(Debug, Deserialize)]
#[config(section = "store")]
pub struct StoreConfig {
    /// Default: `shop.json` in the current folder.
    #[serde(default = "default_path")]
    path: PathBuf,
}

fn default_path() -> PathBuf {
    PathBuf::from("shop.json")
}

/// Products in a JSON file.
pub struct FileStore {
    path: PathBuf,
}

/// Opens the store: the file is made if it is not there, so that a path that cannot be written is told at start.
#[provider(as dyn ProductStore)]
async fn open_store(config: &StoreConfig) -> Result<FileStore> {
    let store = FileStore { path: config.path.clone() };
    if !tokio::fs::try_exists(&store.path).await? {
        store.write(&BTreeMap::new()).await?;
    }
    Ok(store)
}

impl FileStore {
    async fn read(&self) -> Result<BTreeMap<String, Product>> {
        Ok(serde_json::from_slice(&tokio::fs::read(&self.path).await?)?)
    }

    async fn write(&self, products: &BTreeMap<String, Product>) -> Result<()> {
        Ok(tokio::fs::write(&self.path, serde_json::to_vec_pretty(products)?).await?)
    }
}

#[async_trait]
impl ProductStore for FileStore {
    async fn add(&self, product: Product) -> Result<bool> {
        let mut products = self.read().await?;
        if products.contains_key(&product.sku) {
            return Ok(false);
        }
        products.insert(product.sku.clone(), product);
        self.write(&products).await?;
        Ok(true)
    }

    async fn remove(&self, sku: &str) -> Result<bool> {
        let mut products = self.read().await?;
        let was_there = products.remove(sku).is_some();
        if was_there {
            self.write(&products).await?;
        }
        Ok(was_there)
    }

    async fn get(&self, sku: &str) -> Result<Option<Product>> {
        Ok(self.read().await?.remove(sku))
    }

    async fn all(&self) -> Result<Vec<Product>> {
        Ok(self.read().await?.into_values().collect())
    }
}

/// Mail that goes to the terminal.
#[injectable(as dyn Mailer)]
pub struct TerminalMailer;

#[async_trait]
impl Mailer for TerminalMailer {
    async fn send(&self, to: &str, line: &str) -> Result<()> {
        eprintln!("mail to {to}: {line}");
        Ok(())
    }
}
