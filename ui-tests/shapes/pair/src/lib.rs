//! A library and a program of one name in one package. An application over the library, as a reader tries it:
//!
//! ```
//! partitura::app! { Over { modules: [pair] } }
//!
//! fn main() {
//!     let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//!     let reply = runtime.block_on(async {
//!         let app = Over::builder().build().await.unwrap();
//!         app.send(pair::Count { of: "ab".into() }).await.unwrap()
//!     });
//!     assert_eq!(reply, 2);
//! }
//! ```
//!
//! The same without a `main`, so that all of it stands in the body of a fn:
//!
//! ```
//! partitura::app! { Inside { modules: [pair] } }
//!
//! let modules: Vec<_> = Inside::BLUEPRINT.modules.iter().map(|module| module.entries.entries().len()).collect();
//! assert_eq!(modules, [pair::ENTRIES, 0]);
//! ```
//!
//! With a handler of its own, which looks for its module at the root of its crate, and so needs a `main`:
//!
//! ```
//! use partitura::prelude::*;
//!
//! partitura::app! { Own { modules: [pair] } }
//!
//! #[derive(Serialize, Deserialize, JsonSchema, Query)]
//! struct Twice {
//!     of: String,
//! }
//!
//! #[handler]
//! async fn twice(query: Twice, cx: &Context) -> Result<usize> {
//!     Ok(cx.send(pair::Count { of: query.of }).await? * 2)
//! }
//!
//! fn main() {
//!     let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
//!     runtime.block_on(async {
//!         let app = Own::builder().build().await.unwrap();
//!         assert_eq!(app.send(Twice { of: "abc".into() }).await.unwrap(), 6);
//!         assert_eq!(app.execute("pair.Count", serde_json::json!({ "of": "a" })).await.unwrap(), 1);
//!     });
//! }
//! ```

use partitura::prelude::*;

partitura::module! {}

/// How many entries the library has.
pub const ENTRIES: usize = 2;

/// Counts the characters of a word.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Count {
    /// The word.
    pub of: String,
}

/// What counts.
#[injectable]
pub struct Counter {
    #[init(1)]
    step: usize,
}

/// Counts.
#[handler]
pub async fn count(query: Count, counter: &Counter) -> Result<usize> {
    Ok(query.of.chars().count() * counter.step)
}

#[cfg(test)]
mod tests {
    partitura::app! { Alone { modules: [crate] } }

    #[tokio::test]
    async fn a_library_tests_itself() {
        assert_eq!(Alone::BLUEPRINT.modules[0].entries.entries().len(), super::ENTRIES);
        let app = Alone::builder().build().await.unwrap();
        assert_eq!(app.send(super::Count { of: "four".into() }).await.unwrap(), 4);
        assert_eq!(app.execute("pair.Count", serde_json::json!({ "of": "abc" })).await.unwrap(), 3);
    }
}
