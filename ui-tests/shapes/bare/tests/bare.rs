//! The crate without a prelude, at work.
#![allow(missing_docs)]

use std::sync::Arc;

use bare::{Ask, Clock};

partitura::app! { Bare { modules: [bare], fakes: [dyn Clock] } }

struct Hour(u32);
impl Clock for Hour {
    fn hour(&self) -> u32 {
        self.0
    }
}

#[tokio::test]
async fn nothing_is_taken_from_a_prelude() {
    assert_eq!(Bare::BLUEPRINT.modules[0].entries.entries().len(), 6);
    let app = Bare::builder().replace::<dyn Clock>(Arc::new(Hour(9))).build().await.unwrap();
    assert_eq!(app.send(Ask { number: 100_000 }).await.unwrap(), 101_015);
    let app = Bare::builder().replace::<dyn Clock>(Arc::new(Hour(23))).build().await.unwrap();
    assert_eq!(app.send(Ask { number: 1 }).await.unwrap_err().message(), "gone at 23");
}
