//! A module: a crate of its own, which the application lists.

use std::path::{Path, PathBuf};

use toml_edit::{Item, Value};

use super::change::Changes;
use super::krate::Krate;
use super::manifest::{Manifest, path, shared};
use super::source;
use crate::failure::{Failure, Result};
use crate::names::Name;
use crate::project::{Choice, Project};

/// Makes the crate below `modules`, and lists it: in the workspace, in the application's manifest, in its `app!`.
pub(super) fn add(project: &Project, choice: &Choice, name: &Name) -> Result<Changes> {
    let mut changes = Changes::default();
    let (kebab, snake) = (name.kebab(), name.snake());
    if project.packages.iter().any(|package| package.name == kebab) {
        return Err(Failure::new(format!("a package of this workspace is named `{kebab}` already"))
            .fix("another name: nothing was changed"));
    }
    let binary = project.binary(choice)?;
    let krate = Krate {
        package: binary.package.clone(),
        root: binary.source.clone(),
        workspace: project.workspace_root.clone(),
        is_library: false,
    };
    let root = &project.workspace_root;
    let folder = format!("modules/{kebab}");
    let mut workspace = Manifest::read(&changes, &root.join("Cargo.toml"))?;
    if !workspace.is_workspace() {
        return Err(Failure::new(format!("{} is no workspace yet", root.join("Cargo.toml").display()))
            .fix("add a line `[workspace]` there, and try again; nothing was changed"));
    }
    let is_shared = workspace.has_shared("partitura");
    let own = krate.manifest(&changes)?;
    let partitura =
        if is_shared { "partitura.workspace = true".to_owned() } else { inherited(&own, &krate, &root.join(&folder))? };
    let dependency = |name: &str, otherwise: &str| {
        if workspace.has_shared(name) { format!("{name}.workspace = true") } else { otherwise.to_owned() }
    };
    let manifest = format!(
        "[package]\nname = \"{kebab}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{partitura}\n{}\n{}\n\n[dev-dependencies]\n{}\n",
        dependency("schemars", "schemars = \"1\""),
        dependency("serde", "serde = { version = \"1\", features = [\"derive\"] }"),
        dependency("tokio", "tokio = { version = \"1\", features = [\"macros\", \"rt\"] }"),
    );
    changes.create(root.join(&folder).join("Cargo.toml"), manifest)?;
    changes.create(root.join(&folder).join("src/lib.rs"), library(name))?;

    let mut what = Vec::new();
    if workspace.member(&folder)? {
        what.push(format!("members: [.., \"{folder}\"]"));
    }
    if is_shared {
        workspace.share(&kebab, path(&folder))?;
    }
    what.extend(workspace.added());
    if !what.is_empty() {
        changes.edit(&root.join("Cargo.toml"), workspace.text(), what.join(", "))?;
    }
    let mut manifest = krate.manifest(&changes)?;
    let value = if is_shared { shared() } else { path(&relative(krate.package.folder(), &root.join(&folder))) };
    manifest.depend_on("dependencies", &kebab, value)?;
    changes.edit(&krate.package.manifest_path, manifest.text(), manifest.added().join(", "))?;

    let text = changes.text(&krate.root)?;
    let refuse = || {
        Failure::new(format!("I do not see the one `modules: [..]` of `app!` in {}", krate.root.display())).fix(
            format!("a binary with one `partitura::app! {{ pub Name {{ modules: [{snake}] }} }}`; nothing was changed"),
        )
    };
    let after = source::app(&text).and_then(|app| app.with(&text, "modules", &snake)).ok_or_else(refuse)?;
    changes.edit(&krate.root, after, format!("modules: [.., {snake}]"))?;
    changes.note(format!("cargo partitura add command NAME --module {kebab}"));
    Ok(changes)
}

/// What the application says of partitura, as seen from another folder.
fn inherited(own: &Manifest, krate: &Krate, folder: &Path) -> Result<String> {
    let refuse = || {
        Failure::new(format!(
            "I do not understand the dependency `partitura` of {}",
            krate.package.manifest_path.display()
        ))
        .fix("write it as `partitura = \"0.1\"` or `partitura = { .. }`; nothing was changed")
    };
    let mut value = match own.dependency("partitura") {
        Some(Item::Value(value)) => value,
        Some(Item::Table(table)) => Value::InlineTable(table.into_inline_table()),
        _ => return Err(refuse()),
    };
    if let Value::InlineTable(table) = &mut value {
        if let Some(path) = table.get("path").and_then(Value::as_str) {
            let path = if Path::new(path).is_absolute() {
                path.to_owned()
            } else {
                relative(folder, &krate.package.folder().join(path))
            };
            table.insert("path", path.into());
        }
        // The module knows no entrypoint.
        table.remove("features");
    }
    value.decor_mut().clear();
    Ok(format!("partitura = {}", value.to_string().trim()))
}

/// The way from one folder to another, both below the same root.
fn relative(from: &Path, to: &Path) -> String {
    let (from, to) = (normal(from), normal(to));
    let same = from.components().zip(to.components()).take_while(|(one, other)| one == other).count();
    let up = from.components().skip(same).map(|_| "..".to_owned());
    let down = to.components().skip(same).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// Without `..` inside.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        if part != std::path::Component::ParentDir {
            normal.push(part);
        } else if !normal.pop() {
            normal.push("..");
        }
    }
    normal
}

fn library(name: &Name) -> String {
    let (snake, sentence) = (name.snake(), name.sentence());
    format!(
        "//! {sentence}: a module of the application.

use partitura::prelude::*;

// Its contract. What it needs from other modules: `imports: [dyn Mailer]`; what it gives: `exports: [..]`.
partitura::module! {{ name: \"{snake}\" }}

/// Says whether the module is there.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Status {{}}

#[handler(public)]
pub async fn status(_query: Status) -> Result<String> {{
    Ok(\"{snake} is there\".to_owned())
}}

#[cfg(test)]
mod tests {{
    use super::*;

    // The module alone; what it imports is promised by `fakes: [dyn Mailer]`, and given by `replace`.
    partitura::app! {{ Alone {{ modules: [crate] }} }}

    #[tokio::test]
    async fn it_is_there() {{
        let app = Alone::test().build().await.unwrap();
        app.track().send(Status {{}}).await.replied(&\"{snake} is there\".to_owned());
    }}
}}
"
    )
}
