use partitura::prelude::*;

partitura::app! { pub Quickstart { modules: [] } }

/// Greets somebody.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Greet {
    pub name: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Greeted {
    pub name: String,
}

#[derive(Deserialize)]
#[config(section = "greeting")]
pub struct Greeting {
    #[serde(default = "hello")]
    word: String,
}
fn hello() -> String {
    "Hello".into()
}

pub struct Phrases {
    word: String,
}

#[provider] // async and fallible: a pool, a client, a file
async fn phrases(config: &Greeting) -> Result<Phrases> {
    Ok(Phrases { word: config.word.clone() })
}

#[injectable] // a singleton: its fields are injected
pub struct Greeter {
    phrases: Arc<Phrases>,
}

#[handler] // the message by value, then what it needs
pub async fn greet(command: Greet, greeter: &Greeter, cx: &Context) -> Result<String> {
    cx.emit(Greeted { name: command.name.clone() }).await?;
    Ok(format!("{}, {}!", greeter.phrases.word, command.name))
}

#[handler] // an event by reference: a subscriber
async fn note(event: &Greeted) -> Result<()> {
    eprintln!("greeted {}", event.name);
    Ok(())
}

fn main() -> std::process::ExitCode {
    Quickstart::main()
}
