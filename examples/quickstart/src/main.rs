use partitura::prelude::*;
partitura::app! { pub Quickstart { modules: [] } }

/// Greets somebody.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Greet {
    #[validate(required)] // checked before the handler, at every entrypoint
    name: String,
}
#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Greeted(String);
#[derive(Deserialize)]
#[config(section = "greeting")] // partitura.toml, or QUICKSTART__GREETING__POLITE=true
pub struct Style {
    #[serde(default)]
    polite: bool,
}
pub struct Phrase(&'static str);
#[provider] // async and fallible, as a pool or a client is
async fn phrase(style: &Style) -> Result<Phrase> {
    Ok(Phrase(if style.polite { "Good day" } else { "Hello" }))
}
#[injectable] // a singleton: its fields are injected
pub struct Greeter {
    phrase: Arc<Phrase>,
}
#[handler] // the message by value, then what it needs
async fn greet(command: Greet, greeter: &Greeter, cx: &Context) -> Result<String> {
    cx.emit(Greeted(command.name.clone())).await?;
    Ok(format!("{}, {}!", greeter.phrase.0, command.name))
}
#[handler] // an event by reference: a subscriber, of which there may be many
async fn note(event: &Greeted) -> Result<()> {
    eprintln!("greeted {}", event.0);
    Ok(())
}
fn main() -> std::process::ExitCode {
    Quickstart::main()
}
