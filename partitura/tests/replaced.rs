//! What is replaced, and what stood behind it.
#![allow(missing_docs)]

use std::sync::Arc;

use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

pub trait Orders: Send + Sync {
    fn count(&self) -> u32;
}

#[derive(Deserialize)]
#[config(section = "database")]
pub struct DatabaseConfig {
    url: String,
}

/// Whoever builds it needs a database.
pub struct Pool;
#[provider]
async fn pool(config: &DatabaseConfig) -> Result<Pool> {
    Err(Error::unavailable(format!("there is no database at {}", config.url)))
}

#[injectable(scoped)]
pub struct Transaction {
    _pool: Arc<Pool>,
}

#[injectable(as dyn Orders)]
pub struct Stored {
    _pool: Arc<Pool>,
    _tables: All<dyn Table>,
}
impl Orders for Stored {
    fn count(&self) -> u32 {
        0
    }
}

pub trait Table: Send + Sync {}

#[injectable(as dyn Table, many)]
pub struct Lines {
    _pool: Arc<Pool>,
}
impl Table for Lines {}

struct Three;
impl Orders for Three {
    fn count(&self) -> u32 {
        3
    }
}

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Count;
#[handler]
async fn count(_query: Count, orders: &dyn Orders) -> Result<u32> {
    Ok(orders.count())
}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Clear;
#[handler]
async fn clear(_command: Clear, _transaction: &Transaction) -> Result<()> {
    Ok(())
}

#[tokio::test]
async fn di_what_a_message_needs_is_built_though_something_else_that_needs_it_is_replaced() {
    // `Clear` has a transaction, which is made of the pool.
    let error = Shop::test().replace::<dyn Orders>(Arc::new(Three)).build().await.unwrap_err().to_string();
    assert!(error.contains("database.url"), "{error}");
    let test = Shop::test().replace::<dyn Orders>(Arc::new(Three)).set("database.url=here");
    let error = test.build().await.unwrap_err().to_string();
    assert!(error.contains("there is no database at here"), "{error}");
}

#[tokio::test]
async fn di_what_only_replaced_ones_need_is_not_built_and_its_section_not_read() {
    let app =
        Shop::test().replace::<dyn Orders>(Arc::new(Three)).replace(Arc::new(Transaction { _pool: Arc::new(Pool) }));
    let app = app.build().await.unwrap();
    assert_eq!(app.send(Count).await.unwrap(), 3);
    app.send(Clear).await.unwrap();
}

#[tokio::test]
async fn config_of_a_section_that_nobody_reads_is_known_all_the_same() {
    let fakes = |test: partitura::TestBuilder| {
        test.replace::<dyn Orders>(Arc::new(Three)).replace(Arc::new(Transaction { _pool: Arc::new(Pool) }))
    };
    fakes(Shop::test()).set("database.url=here").build().await.unwrap();
    let error = fakes(Shop::test()).set("databse.url=here").build().await.unwrap_err().to_string();
    assert!(error.contains("`database`"), "{error}");
}

#[tokio::test]
async fn config_that_is_replaced_is_not_read() {
    let config = Arc::new(DatabaseConfig { url: "there".into() });
    let error = Shop::test().replace(config).build().await.unwrap_err().to_string();
    assert!(error.contains("there is no database at there"), "{error}");
}
