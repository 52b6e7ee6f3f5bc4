//! A provider, a behavior, a controller.

use super::change::Changes;
use super::krate::Krate;
use super::source;
use crate::failure::{Failure, Result};
use crate::names::Name;

/// Writes it into a file of its own.
pub(super) fn add(krate: &Krate, kind: &str, name: &Name) -> Result<Changes> {
    match kind {
        "provider" => provider(krate, name),
        "behavior" => behavior(krate, name),
        _ => controller(krate, name),
    }
}

fn provider(krate: &Krate, name: &Name) -> Result<Changes> {
    let mut changes = Changes::default();
    let (camel, snake, sentence) = (name.camel(), name.snake(), name.sentence());
    let text = format!(
        "//! {sentence}.

use partitura::prelude::*;

/// {sentence}: one for the application, built before it is ready.
#[derive(Debug, PartialEq)]
pub struct {camel};

/// Builds it. It may take what others provide, `config: &SomeConfig`, and fail.
#[provider]
pub async fn {snake}() -> Result<{camel}> {{
    Ok({camel})
}}

#[cfg(test)]
mod tests {{
    use super::*;

    #[tokio::test]
    async fn it_is_built() {{
        assert_eq!({snake}().await.unwrap(), {camel});
    }}
}}
"
    );
    krate.file(&mut changes, name, text)?;
    krate.depend(&mut changes, &[], false)?;
    changes
        .note(format!("ask for it, in a handler's parameters: {snake}: &{camel} (until then `check` warns: PT0115)"));
    Ok(changes)
}

fn behavior(krate: &Krate, name: &Name) -> Result<Changes> {
    let mut changes = Changes::default();
    let (camel, snake, sentence) = (name.camel(), name.snake(), name.sentence());
    let entry = format!("{snake}::{snake}");
    let root = changes.text(&krate.root)?;
    let refuse = || {
        Failure::new(format!("I do not see the one `app!` of {}, in whose list a behavior stands", krate.root.display()))
            .fix(format!("--module with the application's package; or write `behaviors: [{entry}]` into its `app!`; nothing was changed"))
    };
    let app = source::app(&root).ok_or_else(refuse)?;
    let application = &app.name;
    let text = format!(
        "//! {sentence}: code around every message.

use partitura::prelude::*;

/// Tells what fails. What stands before `next.run()` comes before the handler, and what stands behind it after.
#[behavior]
pub async fn {snake}<M: Message>(message: &M, next: Next<'_, M>) -> Result<M::Reply> {{
    let answer = next.run().await;
    if let Err(error) = &answer {{
        eprintln!(\"{{}} failed: {{}}\", message.info().name, error.code());
    }}
    answer
}}

#[cfg(test)]
mod tests {{
    use super::*;
    use crate::{application};

    /// Sent by the test alone.
    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
    pub struct {camel}Probe {{
        fails: bool,
    }}

    #[handler(public)]
    async fn probe(command: {camel}Probe) -> Result<u32> {{
        if command.fails {{ Err(Error::new(Kind::Conflict, \"as it should\")) }} else {{ Ok(1) }}
    }}

    #[tokio::test]
    async fn what_the_handler_answers_comes_through() {{
        let app = {application}::test().build().await.unwrap();
        app.track().send({camel}Probe {{ fails: false }}).await.replied(&1);
        app.track().send({camel}Probe {{ fails: true }}).await.failed_with(Kind::Conflict);
    }}
}}
"
    );
    krate.file(&mut changes, name, text)?;
    let root = changes.text(&krate.root)?;
    let app = source::app(&root).ok_or_else(refuse)?;
    let after = app.with(&root, "behaviors", &entry).ok_or_else(refuse)?;
    changes.edit(&krate.root, after, format!("behaviors: [.., {entry}]"))?;
    krate.depend(&mut changes, &["schemars", "serde"], false)?;
    changes.note("a message that it goes around has to be `Clone`: `cargo partitura check` says which is not");
    Ok(changes)
}

fn controller(krate: &Krate, name: &Name) -> Result<Changes> {
    let mut changes = Changes::default();
    let bare = name.snake();
    let bare = bare.strip_suffix("_controller").unwrap_or(&bare);
    let name = Name::read(bare)?;
    let (camel, kebab, sentence) = (name.camel(), name.kebab(), name.sentence());
    let text = format!(
        "//! {sentence}: methods over HTTP.

use partitura::http::{{Json, Path}};
use partitura::prelude::*;

/// What its methods need are its fields: `store: Arc<dyn Store>`.
#[injectable]
pub struct {camel}Controller;

#[controller(\"/{kebab}\")]
impl {camel}Controller {{
    /// Shows one.
    #[get(\"/{{id}}\")]
    pub async fn show(&self, Path(id): Path<u64>) -> Result<Json<String>> {{
        Ok(Json(format!(\"{{id}}\")))
    }}
}}

#[cfg(test)]
mod tests {{
    use super::*;

    #[tokio::test]
    async fn one_is_shown() {{
        let Json(shown) = {camel}Controller.show(Path(7)).await.unwrap();
        assert_eq!(shown, \"7\");
    }}
}}
"
    );
    krate.file(&mut changes, &name, text)?;
    krate.depend(&mut changes, &["schemars", "serde"], true)?;
    changes.note(format!("curl http://127.0.0.1:8080/{kebab}/7 while `cargo partitura run` serves"));
    Ok(changes)
}
