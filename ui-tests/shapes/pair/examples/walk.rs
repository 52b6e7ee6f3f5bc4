//! An example.
#![allow(missing_docs)]

use partitura::prelude::*;

partitura::app! { Walk { modules: [pair] } }

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Step {
    to: String,
}

#[handler]
async fn step(command: Step, cx: &Context) -> Result<usize> {
    cx.send(pair::Count { of: command.to }).await
}

fn main() -> std::process::ExitCode {
    Walk::main()
}

#[tokio::test]
async fn steps_through_the_library() {
    let app = Walk::builder().build().await.unwrap();
    assert_eq!(app.execute("walk.Step", serde_json::json!({ "to": "abc" })).await.unwrap(), 3);
    let entries: Vec<_> = Walk::BLUEPRINT.modules.iter().map(|module| module.entries.entries().len()).collect();
    assert_eq!(entries, [2, 1]);
}
