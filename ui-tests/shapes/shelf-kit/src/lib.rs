//! What tests of the shelf use: it depends on the shelf, and the shelf's own tests depend on it.

use partitura::prelude::*;
use shelf::{Line, Repo};

partitura::module! { name: "kit", exports: [dyn Repo] }

/// There are three of everything.
#[injectable(as dyn Repo)]
pub struct Three;

impl Repo for Three {
    fn count(&self, _: &str) -> u32 {
        3
    }
}

/// An application over the library as others see it: how many entries it has, and a line.
// `app!` writes a test, and the harness cannot find one that is in a fn.
#[allow(unnameable_test_items)]
pub async fn try_it() -> (usize, String) {
    // In the body of a fn, beside a module of the crate.
    partitura::app! { Tried { modules: [shelf, crate] } }
    let app = match Tried::builder().build().await {
        Ok(app) => app,
        Err(error) => return (0, error.to_string()),
    };
    let line = app.send(Line { what: "cup".into() }).await.unwrap_or_else(|error| error.to_string());
    (Tried::BLUEPRINT.modules[0].entries.entries().len(), line)
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn three() {
        assert_eq!(super::try_it().await, (4, "cup: 3".to_owned()));
    }
}
