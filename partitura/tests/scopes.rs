//! How the scope of a message ends, however its message does, and an application, whoever waits for it.
#![allow(missing_docs)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use partitura::prelude::*;

partitura::app! { Shop { modules: [] } }

/// What happened, in order.
#[derive(Default)]
pub struct Journal(Mutex<Vec<&'static str>>);

impl Journal {
    fn note(&self, what: &'static str) {
        self.0.lock().unwrap().push(what);
    }

    fn told(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}

#[provider]
fn journal() -> Journal {
    Journal::default()
}

pub struct Pool {
    journal: Arc<Journal>,
}
#[provider(dispose = close)]
fn pool(journal: Arc<Journal>) -> Pool {
    Pool { journal }
}
async fn close(pool: &Pool) -> Result<()> {
    partitura::env::Env::real().sleep(Duration::from_millis(30)).await;
    pool.journal.note("pool closed");
    Ok(())
}

pub struct Transaction {
    pool: Arc<Pool>,
}
#[provider(scoped, dispose = roll_back)]
fn transaction(pool: Arc<Pool>) -> Transaction {
    Transaction { pool }
}
async fn roll_back(transaction: &Transaction) -> Result<()> {
    partitura::env::Env::real().sleep(Duration::from_millis(30)).await;
    transaction.pool.journal.note("rolled back");
    Ok(())
}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Pay {
    panics: bool,
}
#[handler]
async fn pay(command: Pay, _transaction: &Transaction) -> Result<()> {
    assert!(!command.panics, "as asked");
    std::future::pending().await
}

async fn shop(timeout: &str) -> (partitura::App, Arc<Journal>) {
    let journal = Arc::new(Journal::default());
    let config = partitura::config::Loader::new("SCOPES").set(format!("runtime.timeout={timeout}")).load().unwrap();
    (Shop::builder().config(config).replace(journal.clone()).build().await.unwrap(), journal)
}

#[tokio::test]
async fn di_scope_is_disposed_of_before_a_panic_is_answered() {
    let (app, journal) = shop("30s").await;
    assert_eq!(app.send(Pay { panics: true }).await.unwrap_err().code(), "PT0305");
    assert_eq!(journal.told(), ["rolled back"]);
    app.shutdown().await.unwrap();
    assert_eq!(journal.told(), ["rolled back", "pool closed"]);
}

#[tokio::test]
async fn di_scope_is_disposed_of_before_a_timeout_is_answered() {
    let (app, journal) = shop("50ms").await;
    assert_eq!(app.send(Pay { panics: false }).await.unwrap_err().code(), "PT0304");
    assert_eq!(journal.told(), ["rolled back"]);
}

#[tokio::test]
async fn di_scope_of_a_caller_who_went_is_disposed_of_before_what_it_was_made_of() {
    let (app, journal) = shop("30s").await;
    let given_up = app.env().timeout(Duration::from_millis(20), app.send(Pay { panics: false })).await;
    assert!(given_up.is_err());
    assert_eq!(journal.told(), [""; 0], "it is only asked to");
    app.shutdown().await.unwrap();
    assert_eq!(journal.told(), ["rolled back", "pool closed"]);
}

#[tokio::test]
async fn di_shutdown_that_is_given_up_goes_on_and_a_second_one_waits_for_it() {
    let (app, journal) = shop("30s").await;
    assert!(app.env().timeout(Duration::from_millis(5), app.shutdown()).await.is_err());
    assert_eq!(journal.told(), [""; 0]);
    app.shutdown().await.unwrap();
    assert_eq!(journal.told(), ["pool closed"]);
    app.shutdown().await.unwrap();
    assert_eq!(journal.told(), ["pool closed"]);
}
