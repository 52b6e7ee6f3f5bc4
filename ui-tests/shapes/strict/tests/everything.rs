//! The strict crate, at work.

#![forbid(unsafe_code)]
#![deny(warnings, missing_docs, unused_qualifications, unreachable_pub, missing_debug_implementations)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]

use partitura::prelude::{Arc, Context, injectable, provider};
use serde_json::json;
use strict::everything::{Clock, Everything, Part, Ruled, Store, Tx};

partitura::module! { name: "world", imports: [dyn Store], exports: [dyn Clock, Tx] }
partitura::app! { pub Strict { modules: [strict, crate] } }

#[injectable(as dyn Clock)]
#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn hour(&self) -> u32 {
        12
    }
}

#[provider(scoped)]
fn tx(cx: &Context) -> Tx {
    Tx(cx.depth() + 1)
}

/// A second application, in a module of its own.
mod second {
    partitura::app! {
        /// With a text of its own.
        pub(super) Second { modules: [strict], fakes: [dyn strict::everything::Clock, strict::everything::Tx] }
    }
}

#[tokio::test]
async fn all_of_it_runs() {
    let entries: Vec<usize> = Strict::BLUEPRINT.modules.iter().map(|module| module.entries.entries().len()).collect();
    assert_eq!(entries, [17, 2]);
    let app = Strict::builder().build().await.expect("it starts");
    let line = app.send(Everything { amount: 1 }).await.expect("it answers");
    assert_eq!(
        line,
        "None at 12 x3 then tape 7 | tape 7 | [1, 1] | 2 | 0 | Rows { of: PhantomData<u8> } | false | true | 4 | 12"
    );
    assert_eq!(app.execute("strict.Make<String>", json!({ "row": "a" })).await.expect("it is made"), "\"a\"");
    let error = app.execute("strict.Everything@2", json!({ "amount": 13 })).await.expect_err("it is taken");
    assert_eq!((error.http_status(), error.message()), (409, "13 is taken"));
    let ruled = Ruled { name: "A".to_owned(), many: Some(12), mail: None, parts: vec![Part::Of(None)] };
    let error = partitura::validate::check(&ruled).expect_err("rules are broken");
    let told: Vec<&str> = error.failures().iter().map(|failure| failure.pointer.as_str()).collect();
    // The parts are checked twice: `nested` and `each(nested)`.
    assert_eq!(told, ["/name", "/many", "/many", "/mail", "/parts/0/of", "/parts/0/of"]);
    assert!(second::Second::builder().build().await.is_err());
    drop(Arc::new(Noon));
}
