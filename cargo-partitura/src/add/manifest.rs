//! A Cargo.toml that is changed here and there, and stays as it is elsewhere.

use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

use super::change::Changes;
use crate::failure::{Failure, Result};

/// A manifest in memory.
pub(super) struct Manifest {
    path: PathBuf,
    document: DocumentMut,
    added: Vec<String>,
}

impl Manifest {
    /// As it will be.
    pub(super) fn read(changes: &Changes, path: &Path) -> Result<Manifest> {
        let document = changes.text(path)?.parse().map_err(|error: toml_edit::TomlError| {
            let text = error.to_string();
            Failure::new(format!("{} is not understood: {}", path.display(), text.lines().next().unwrap_or_default()))
        })?;
        Ok(Manifest { path: path.to_owned(), document, added: Vec::new() })
    }

    /// Its text.
    pub(super) fn text(&self) -> String {
        self.document.to_string()
    }

    /// The dependencies that were added.
    pub(super) fn added(&self) -> Vec<String> {
        self.added.clone()
    }

    /// Adds a dependency of a well-known crate, unless it is there: that of the workspace, if it has one.
    pub(super) fn depend(&mut self, section: &str, name: &str, workspace: &Manifest) -> Result {
        let is_there = |section: &str| self.document.get(section).and_then(|table| table.get(name)).is_some();
        if is_there(section) || is_there("dependencies") {
            return Ok(());
        }
        let value = if workspace.has_shared(name) { shared() } else { known(name) };
        self.insert(section, name, value)?;
        self.added.push(format!("{name} in [{section}]"));
        Ok(())
    }

    /// Whether the workspace says the version of a crate.
    pub(super) fn has_shared(&self, name: &str) -> bool {
        let tables = self.document.get("workspace").and_then(|workspace| workspace.get("dependencies"));
        tables.and_then(|table| table.get(name)).is_some()
    }

    /// Whether it is the manifest of a workspace.
    pub(super) fn is_workspace(&self) -> bool {
        self.document.contains_key("workspace")
    }

    /// Adds a dependency on a crate of the workspace.
    pub(super) fn depend_on(&mut self, section: &str, name: &str, value: Value) -> Result {
        self.insert(section, name, value)?;
        self.added.push(format!("{name} in [{section}]"));
        Ok(())
    }

    /// Adds a version, or a path, for all of the workspace.
    pub(super) fn share(&mut self, name: &str, value: Value) -> Result {
        let refuse = self.odd("[workspace.dependencies]");
        let table = self.document["workspace"]["dependencies"].as_table_like_mut().ok_or(refuse)?;
        table.insert(name, Item::Value(value));
        self.added.push(format!("{name} in [workspace.dependencies]"));
        Ok(())
    }

    /// What the manifest says of a dependency.
    pub(super) fn dependency(&self, name: &str) -> Option<Item> {
        self.document.get("dependencies")?.get(name).cloned()
    }

    /// Turns a feature of a dependency on; whether it was off.
    pub(super) fn feature(&mut self, name: &str, feature: &str) -> Result<bool> {
        let refuse = self.odd(&format!("the dependency `{name}`"));
        let Some(item) = self.document.get_mut("dependencies").and_then(|table| table.get_mut(name)) else {
            return Err(refuse);
        };
        if let Some(version) = item.as_str().map(str::to_owned) {
            let mut table = InlineTable::new();
            table.insert("version", version.into());
            *item = Item::Value(Value::InlineTable(table));
        }
        let table = item.as_table_like_mut().ok_or_else(Failure::told)?;
        if table.get("features").is_none() {
            table.insert("features", Item::Value(Value::Array(Array::new())));
        }
        let Some(features) = table.get_mut("features").and_then(Item::as_array_mut) else { return Err(refuse) };
        if features.iter().any(|value| value.as_str() == Some(feature)) {
            return Ok(false);
        }
        features.push(feature);
        if let Item::Value(Value::InlineTable(table)) = item {
            table.fmt();
        }
        Ok(true)
    }

    /// Adds a folder to the members of the workspace, unless a pattern there fits it; whether it did.
    pub(super) fn member(&mut self, folder: &str) -> Result<bool> {
        let refuse = self.odd("`members` of [workspace]");
        let Some(workspace) = self.document.get_mut("workspace").and_then(Item::as_table_like_mut) else {
            return Err(refuse);
        };
        if workspace.get("members").is_none() {
            workspace.insert("members", Item::Value(Value::Array(Array::new())));
        }
        let Some(members) = workspace.get_mut("members").and_then(Item::as_array_mut) else { return Err(refuse) };
        let (parent, _) = folder.rsplit_once('/').unwrap_or(("", folder));
        let fits = |pattern: &str| pattern == folder || pattern.strip_suffix("/*") == Some(parent);
        if members.iter().filter_map(Value::as_str).any(fits) {
            return Ok(false);
        }
        members.push(folder);
        Ok(true)
    }

    fn insert(&mut self, section: &str, name: &str, value: Value) -> Result {
        let refuse = self.odd(&format!("[{section}]"));
        let table = self.document.entry(section).or_insert_with(|| Item::Table(Table::new()));
        let table = table.as_table_like_mut().ok_or(refuse)?;
        // In the place that the alphabet gives it, where the others stand by the alphabet.
        let sorted = table.iter().map(|(key, _)| key).is_sorted();
        if value.as_inline_table().is_some_and(|table| table.len() == 1 && table.contains_key("workspace"))
            && let Some(table) = table_of(table)
        {
            let mut inner = Table::new();
            inner.set_dotted(true);
            inner.insert("workspace", toml_edit::value(true));
            table.insert(name, Item::Table(inner));
        } else {
            table.insert(name, Item::Value(value));
        }
        if sorted {
            table.sort_values();
        }
        Ok(())
    }

    fn odd(&self, what: &str) -> Failure {
        Failure::new(format!("I do not understand {what} of {}", self.path.display()))
            .fix("add it by hand; nothing was changed")
    }
}

fn table_of(table: &mut dyn toml_edit::TableLike) -> Option<&mut dyn toml_edit::TableLike> {
    Some(table)
}

/// `{ workspace = true }`
pub(super) fn shared() -> Value {
    let mut table = InlineTable::new();
    table.insert("workspace", true.into());
    Value::InlineTable(table)
}

/// `{ path = ".." }`
pub(super) fn path(path: &str) -> Value {
    let mut table = InlineTable::new();
    table.insert("path", path.into());
    Value::InlineTable(table)
}

/// The crates that generated code needs.
fn known(name: &str) -> Value {
    let features: &[&str] = match name {
        "serde" => &["derive"],
        "tokio" => &["macros", "rt"],
        _ => &[],
    };
    if features.is_empty() {
        return "1".into();
    }
    let mut table = InlineTable::new();
    table.insert("version", "1".into());
    table.insert("features", Value::Array(features.iter().copied().collect()));
    Value::InlineTable(table)
}
