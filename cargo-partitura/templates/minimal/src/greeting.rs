//! Greets people.

use partitura::prelude::*;

/// Greets somebody.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Greet {
    /// Whom.
    #[validate(required)]
    pub name: String,
}

/// The section `greeting` of partitura.toml.
#[derive(Debug, Deserialize)]
#[config(section = "greeting")]
pub struct GreetingConfig {
    /// The first word.
    #[serde(default = "hello")]
    pub word: String,
}

fn hello() -> String {
    "Hello".to_owned()
}

#[handler]
pub async fn greet(command: Greet, config: &GreetingConfig) -> Result<String> {
    Ok(format!("{}, {}!", config.word, command.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TemplateName;

    #[tokio::test]
    async fn somebody_is_greeted() {
        let app = TemplateName::test().set("greeting.word=Hi").build().await.unwrap();
        app.track().send(Greet { name: "Ada".to_owned() }).await.replied(&"Hi, Ada!".to_owned());
    }

    #[tokio::test]
    async fn nobody_is_refused() {
        let app = TemplateName::test().build().await.unwrap();
        app.track().send(Greet { name: String::new() }).await.failed_with(Kind::Invalid);
    }
}
