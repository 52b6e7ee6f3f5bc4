//! A module of a library: it imports what it does not have, its handlers are in private submodules, and it answers
//! contracts of another crate.

use partitura::prelude::*;

partitura::module! {
    name: "shelf",
    imports: [dyn Repo],
    exports: [dyn Reader],
    handles: [plain_domain::InStock, plain_domain::orders::Order],
}

/// Where things are kept.
pub trait Repo: Send + Sync {
    /// How many there are.
    fn count(&self, what: &str) -> u32;
}

/// Reads the shelf.
pub trait Reader: Send + Sync {
    /// A line for people.
    fn line(&self, what: &str) -> String;
}

mod private {
    mod deeper {
        use super::super::{Reader, Repo};
        use partitura::prelude::*;
        use plain_domain::InStock;

        #[injectable(as dyn Reader)]
        pub(super) struct Lines {
            repo: Arc<dyn Repo>,
        }

        impl Reader for Lines {
            fn line(&self, what: &str) -> String {
                format!("{what}: {}", self.repo.count(what))
            }
        }

        #[handler]
        async fn in_stock(query: InStock, repo: &dyn Repo) -> Result<u32> {
            Ok(repo.count(&query.what))
        }
    }

    use partitura::prelude::*;
    use plain_domain::orders::{Order, Receipt};

    #[handler]
    async fn order(command: Order, cx: &Context) -> Result<Receipt> {
        let left = cx.send(plain_domain::InStock { what: command.what }).await?;
        Ok(Receipt { left: left.saturating_sub(1) })
    }
}

/// Reads a line.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Line {
    /// Of what.
    pub what: String,
}

#[handler]
async fn line(query: Line, reader: &dyn Reader) -> Result<String> {
    Ok(reader.line(&query.what))
}

#[cfg(test)]
mod tests {
    use super::*;

    partitura::app! { Faked { modules: [crate], fakes: [dyn super::Repo] } }

    struct Always(u32);
    impl Repo for Always {
        fn count(&self, _: &str) -> u32 {
            self.0
        }
    }

    #[tokio::test]
    async fn an_import_is_a_fake_in_unit_tests() {
        let (one, two) = tokio::join!(
            Faked::builder().replace::<dyn Repo>(Arc::new(Always(1))).build(),
            Faked::builder().replace::<dyn Repo>(Arc::new(Always(2))).build(),
        );
        let (one, two) = (one.unwrap(), two.unwrap());
        assert_eq!(one.send(Line { what: "tea".into() }).await.unwrap(), "tea: 1");
        assert_eq!(two.send(Line { what: "tea".into() }).await.unwrap(), "tea: 2");
        assert_eq!(two.send(plain_domain::InStock { what: "tea".into() }).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn a_fake_that_is_not_replaced_is_told() {
        let error = Faked::builder().build().await.unwrap_err().to_string();
        assert!(error.contains("declared as a fake and was not replaced"), "{error}");
    }

    /// The kit depends on this library, so that it is linked twice: as it is tested, and as the kit sees it.
    #[tokio::test]
    async fn the_library_is_linked_twice() {
        assert_eq!(Faked::BLUEPRINT.modules[0].entries.entries().len(), 4);
        let (entries, line) = shelf_kit::try_it().await;
        assert_eq!((entries, line.as_str()), (4, "cup: 3"));
    }
}
