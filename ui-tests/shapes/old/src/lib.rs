//! The edition before: the same code as in the strict crate.

#[path = "../../strict/src/everything.rs"]
pub mod everything;

partitura::module! {
    name: "old",
    imports: [dyn everything::Clock, Option<dyn everything::Absent>, scoped everything::Tx],
    handles: [everything::Elsewhere],
}

#[cfg(test)]
mod tests {
    use super::everything::{Clock, Everything, Tx};
    use std::sync::Arc;

    partitura::app! { Old { modules: [crate], fakes: [dyn Clock, Tx] } }

    #[derive(Debug)]
    struct Night;
    impl Clock for Night {
        fn hour(&self) -> u32 {
            0
        }
    }

    #[tokio::test]
    async fn the_edition_of_2021_will_do() {
        assert_eq!(Old::BLUEPRINT.modules[0].entries.entries().len(), 17);
        let builder = Old::builder().replace::<dyn Clock>(Arc::new(Night)).replace::<Tx>(Arc::new(Tx(1)));
        let app = builder.build().await.unwrap();
        let error = app.send(Everything { amount: 1 }).await.unwrap_err();
        assert_eq!((error.code(), error.message()), ("trouble.gone", "gone"));
        assert_eq!(app.execute("old.Make<u8>", serde_json::json!({ "row": 7 })).await.unwrap(), "7");
    }
}
