//! A program that knows only the house's facade.

use acme::prelude::*;

acme::app! { pub House { modules: [], crate: acme } }

/// Greets.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Greet {
    name: String,
}

/// Somebody was greeted.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Greeted(String);

/// What can go wrong.
#[derive(Debug, Problem)]
#[problem(kind = invalid, crate = acme)]
pub enum Rude {
    /// No name.
    Nameless,
}

/// How.
#[injectable]
pub struct Style {
    #[init("Hello")]
    word: &'static str,
}

#[handler]
async fn greet(command: Greet, style: &Style, cx: &Context) -> Result<String> {
    if command.name.is_empty() {
        return Err(Rude::Nameless.into());
    }
    cx.emit(Greeted(command.name.clone())).await?;
    Ok(format!("{} {}", style.word, command.name))
}

#[handler]
async fn on_greeted(event: &Greeted) -> acme::Result<()> {
    assert!(!event.0.is_empty());
    Ok(())
}

fn main() -> std::process::ExitCode {
    House::main()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_facade_is_enough() {
        let app = House::builder().build().await.unwrap();
        assert_eq!(House::BLUEPRINT.modules[0].entries.entries().len(), 3);
        assert_eq!(app.execute("acme_app.Greet", serde_json::json!({ "name": "Ada" })).await.unwrap(), "Hello Ada");
        let error = app.send(Greet { name: String::new() }).await.unwrap_err();
        assert_eq!((error.http_status(), error.message()), (422, "nameless"));
    }
}
