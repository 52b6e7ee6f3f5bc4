//! A command, a query, an event: the message, its handler, and a test.

use super::change::Changes;
use super::krate::Krate;
use crate::failure::{Failure, Result};
use crate::names::Name;

/// Writes it into a file of its own.
pub(super) fn add(krate: &Krate, kind: &str, name: &Name, route: Option<&str>) -> Result<Changes> {
    let mut changes = Changes::default();
    let route = route.map(Route::read).transpose()?;
    if let ("command", Some(Route { method, path })) = (kind, &route)
        && method == "get"
    {
        return Err(Failure::usage("a command changes something, and `get` only reads")
            .fix(format!("add query {} --route \"get {path}\", or another method", name.kebab())));
    }
    let text = match kind {
        "event" => event(name),
        _ => request(kind, name, route.as_ref()),
    };
    krate.file(&mut changes, name, text)?;
    krate.depend(&mut changes, &["schemars", "serde"], route.is_some())?;
    match kind {
        "event" => changes.note(format!("emit it where it happens: cx.emit({} {{ .. }}).await?", name.camel())),
        _ => changes.note(format!("cargo test {}, and `cargo run -- ls` shows it", name.snake())),
    }
    Ok(changes)
}

/// A route as it is typed: `post /accounts/{id}`.
struct Route {
    method: String,
    path: String,
}

impl Route {
    fn read(text: &str) -> Result<Route> {
        const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];
        let refuse =
            |why: &str| Failure::usage(format!("`{text}` is no route: {why}")).fix("--route \"post /accounts/{id}\"");
        let (method, path) = text.trim().split_once(' ').ok_or_else(|| refuse("a method and a path"))?;
        let (method, path) = (method.to_lowercase(), path.trim());
        if !METHODS.contains(&method.as_str()) {
            return Err(refuse(&format!("the method is one of {}", METHODS.join(", "))));
        }
        if !path.starts_with('/') || path.contains(['"', '\\', ' ']) {
            return Err(refuse("a path begins with `/`, and has no spaces or quotes"));
        }
        let route = Route { method, path: path.to_owned() };
        // Each becomes a field.
        route.names().iter().try_for_each(|name| Name::read(name).map(drop))?;
        Ok(route)
    }

    /// The names in the path, which are fields of the message.
    fn names(&self) -> Vec<String> {
        let names = self.path.split('{').skip(1).filter_map(|part| part.split_once('}'));
        names.map(|(name, _)| name.trim_start_matches('*').to_owned()).collect()
    }
}

fn request(kind: &str, name: &Name, route: Option<&Route>) -> String {
    let (camel, snake, sentence) = (name.camel(), name.snake(), name.sentence());
    let derive = if kind == "query" { "Query" } else { "Command" };
    let mut fields = route.map(Route::names).unwrap_or_default();
    if fields.is_empty() {
        fields.push("name".to_owned());
    }
    let declared: Vec<String> = fields.iter().map(|field| format!("    pub {field}: String,\n")).collect();
    let given: Vec<String> = fields.iter().map(|field| format!("{field}: \"ada\".to_owned()")).collect();
    let attribute = match route {
        Some(route) => format!("#[handler(route({}, \"{}\"), public)]", route.method, route.path),
        None => "#[handler]".to_owned(),
    };
    let first = &fields[0];
    format!(
        "//! {sentence}.

use partitura::prelude::*;

/// {sentence}.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, {derive})]
pub struct {camel} {{
{}}}

{attribute}
pub async fn {snake}({kind}: {camel}) -> Result<String> {{
    Ok(format!(\"{}: {{}}\", {kind}.{first}))
}}

#[cfg(test)]
mod tests {{
    use super::*;

    #[tokio::test]
    async fn it_answers() {{
        let {kind} = {camel} {{ {} }};
        assert_eq!({snake}({kind}).await.unwrap(), \"{}: ada\");
    }}
}}
",
        declared.concat(),
        sentence.to_lowercase(),
        given.join(", "),
        sentence.to_lowercase(),
    )
}

fn event(name: &Name) -> String {
    let (camel, snake, sentence) = (name.camel(), name.snake(), name.sentence());
    format!(
        "//! {sentence}: an event, and who listens to it.

use partitura::prelude::*;

/// {sentence}.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
pub struct {camel} {{
    pub name: String,
}}

/// A subscriber; there may be many. What it returns goes to the log, not to whoever emitted the event.
#[handler]
pub async fn on_{snake}(event: &{camel}) -> Result<()> {{
    if event.name.is_empty() {{
        return Err(Error::invalid(\"it has no name\"));
    }}
    eprintln!(\"{}: {{}}\", event.name);
    Ok(())
}}

#[cfg(test)]
mod tests {{
    use super::*;

    #[tokio::test]
    async fn it_is_listened_to() {{
        on_{snake}(&{camel} {{ name: \"ada\".to_owned() }}).await.unwrap();
        let error = on_{snake}(&{camel} {{ name: String::new() }}).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Invalid);
    }}
}}
",
        sentence.to_lowercase(),
    )
}
