//! An integration test that is a module of its own and exports a fake.
#![allow(missing_docs)]

use partitura::prelude::*;
use plain_domain::orders::{Order, Receipt};
use shelf::Repo;

partitura::module! { name: "fakes", exports: [dyn Repo] }
partitura::app! { Tested { modules: [shelf, crate] } }

#[injectable(as dyn Repo)]
pub struct Ten;
impl Repo for Ten {
    fn count(&self, what: &str) -> u32 {
        if what == "tea" { 10 } else { 0 }
    }
}

#[tokio::test]
async fn the_fake_answers() {
    let app = Tested::builder().build().await.unwrap();
    let entries: Vec<_> =
        Tested::BLUEPRINT.modules.iter().map(|module| (module.name, module.entries.entries().len())).collect();
    assert_eq!(entries, [("shelf", 4), ("fakes", 1)]);
    assert_eq!(app.send(Order { what: "tea".into() }).await.unwrap(), Receipt { left: 9 });
    let reply = app.execute("plain_domain.Order@2", serde_json::json!({ "what": "tea" })).await.unwrap();
    assert_eq!(reply["left"], 9);
    assert_eq!(app.execute("plain_domain.InStock", serde_json::json!({ "what": "x" })).await.unwrap(), 0);
}

/// More applications, in modules of their own, beside the module of the crate.
mod beside {
    partitura::app! { Tested { modules: [crate, shelf] } }

    mod without {
        partitura::app! { pub Without { modules: [shelf_kit, shelf] } }
    }

    mod again {
        partitura::app! { pub Without { modules: [shelf, shelf_kit] } }
    }

    #[tokio::test]
    async fn each_has_its_own_tables() {
        let app = Tested::builder().build().await.unwrap();
        assert_eq!(app.execute("shelf.Line", serde_json::json!({ "what": "tea" })).await.unwrap(), "tea: 10");
        for blueprint in [without::Without::BLUEPRINT, again::Without::BLUEPRINT] {
            let app = blueprint.builder().build().await.unwrap();
            assert_eq!(app.execute("shelf.Line", serde_json::json!({ "what": "tea" })).await.unwrap(), "tea: 3");
            assert_eq!(blueprint.modules[2].entries.entries().len(), 0);
        }
    }
}
