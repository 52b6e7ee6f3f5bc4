//! Greets people.

use domain::{Directory, NameOf};
use partitura::prelude::*;

partitura::module! {
    name: "greeting",
    imports: [dyn Directory],
    handles: [NameOf],
}

/// Greets somebody.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Greet {
    /// Whom.
    pub id: u64,
}

/// What can go wrong here.
#[derive(Debug, Problem)]
pub enum GreetingError {
    #[problem(kind = not_found, code = "greeting.unknown", message = "there is nobody with the number {0}")]
    Unknown(u64),
}

#[handler]
pub async fn greet(command: Greet, cx: &Context) -> Result<String> {
    let name = cx.send(NameOf { id: command.id }).await?;
    Ok(format!("Hello, {name}!"))
}

/// Answers the contract of the domain.
#[handler]
pub async fn name_of(query: NameOf, directory: &dyn Directory) -> Result<String, GreetingError> {
    directory.name(query.id).ok_or(GreetingError::Unknown(query.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The module alone, with a world of the test's own.
    partitura::app! { Alone { modules: [domain, crate], fakes: [dyn Directory] } }

    struct Nobody;

    impl Directory for Nobody {
        fn name(&self, _: u64) -> Option<String> {
            None
        }
    }

    #[tokio::test]
    async fn nobody_is_not_greeted() {
        let app = Alone::test().replace::<dyn Directory>(Arc::new(Nobody)).build().await.unwrap();
        app.track().send(Greet { id: 7 }).await.failed_with(Kind::NotFound);
    }
}
