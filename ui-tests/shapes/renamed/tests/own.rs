//! `app!` of a renamed dependency writes the module of its crate.
#![allow(missing_docs)]

use renamed::Clock;
use score::prelude::*;

score::module! { name: "noon", exports: [dyn Clock], crate: score }
score::app! { Own { modules: [renamed, crate], crate: score } }

#[injectable(as dyn Clock)]
pub struct Noon;
impl Clock for Noon {
    fn hour(&self) -> u32 {
        12
    }
}

mod alone {
    score::app! { pub Alone { modules: [], crate: score } }
}

#[tokio::test]
async fn it_is_noon() {
    let app = Own::builder().build().await.unwrap();
    assert_eq!(app.execute("renamed.Buy", serde_json::json!({ "of": "tea" })).await.unwrap(), 103);
    assert_eq!(alone::Alone::builder().build().await.unwrap().describe().modules[0].name, "own");
}
