//! The program of the same name, with a handler of its own.

// All of a listed crate, beside the application itself.
use pair::*;
use partitura::prelude::*;

partitura::app! { pub Pair { modules: [pair] } }

/// Shouts a word, as often as it is long.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Shout {
    word: String,
}

#[handler]
async fn shout(command: Shout, cx: &Context) -> Result<String> {
    let times = cx.send(Count { of: command.word.clone() }).await?;
    Ok(vec![command.word.to_uppercase(); times].join(" "))
}

fn main() -> std::process::ExitCode {
    Pair::main()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn library_and_program_keep_their_entries_apart() {
        let modules: Vec<_> =
            Pair::BLUEPRINT.modules.iter().map(|module| (module.name, module.entries.entries().len())).collect();
        assert_eq!(modules, [("pair", 2), ("pair_app", 1)]);
        let app = Pair::builder().build().await.unwrap();
        assert_eq!(app.send(Shout { word: "ho".into() }).await.unwrap(), "HO HO");
        assert_eq!(app.execute("pair_app.Shout", serde_json::json!({ "word": "a" })).await.unwrap(), "A");
        assert_eq!(app.execute("pair.Count", serde_json::json!({ "of": "abc" })).await.unwrap(), 3);
    }
}
