//! What the sources say beside the manifests. They are read as words only: whether a name stands there.

use std::fs;
use std::path::Path;

use super::Found;
use crate::project::{Dependency, Package, Project};

/// Modules that an application depends on and does not list: what they declare is silently not there.
pub(super) fn unlisted(project: &Project, package: &Package) -> Vec<Found> {
    let mut found = Vec::new();
    for binary in package.bins() {
        let Ok(text) = fs::read_to_string(&binary.source) else { continue };
        let Some(list) = listed(&text) else { continue };
        for dependency in package.dependencies.iter().filter(|dependency| dependency.kind.is_none()) {
            let Some(module) = module(project, dependency) else { continue };
            if !list.contains(&module) {
                found.push(Found::wrong(
                    format!("`{}` depends on the module `{module}`, and its `app!` does not list it", package.name),
                    format!(
                        "`modules: [.., {module}]` in {}; or: cargo remove {}",
                        binary.source.display(),
                        dependency.name
                    ),
                ));
            }
        }
    }
    found
}

/// The name by which the crate of a dependency is known, if it is a module of Partitura.
fn module(project: &Project, dependency: &Dependency) -> Option<String> {
    dependency.path.as_ref()?;
    let package = project.packages.iter().find(|package| package.name == dependency.name)?;
    let text = fs::read_to_string(&package.library()?.src_path).ok()?;
    let is_module = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains("module!"));
    let name = dependency.rename.as_ref().unwrap_or(&dependency.name);
    (is_module && package.uses_partitura()).then(|| name.replace('-', "_"))
}

/// The first words of the entries of `modules: [..]` behind `app!`.
fn listed(text: &str) -> Option<Vec<String>> {
    let body = &text[text.find("app!")?..];
    let list = &body[body.find("modules")?..];
    let list = &list[list.find('[')? + 1..];
    let list = &list[..list.find(']')?];
    let entries = list.lines().flat_map(|line| line.split("//").next().unwrap_or_default().split(','));
    let name = |entry: &str| entry.trim().split("::").next().unwrap_or_default().to_owned();
    Some(entries.map(name).filter(|entry| !entry.is_empty()).collect())
}

/// Folders of `folder!` that `build.rs` does not name: a new file there takes part at some later build.
pub(super) fn unwatched(package: &Package) -> Vec<Found> {
    let script = fs::read_to_string(package.folder().join("build.rs")).unwrap_or_default();
    let mut found = Vec::new();
    let roots = package.targets.iter().filter(|target| target.kind.iter().any(|kind| kind == "bin" || kind == "lib"));
    for root in roots {
        let text = fs::read_to_string(&root.src_path).unwrap_or_default();
        for part in text.split("folder!(").skip(1) {
            let Some(path) = part.split('"').nth(1) else { continue };
            if !script.contains(&format!("\"{path}\"")) {
                found.push(Found::wrong(
                    format!("`{}` reads the folder {path}, and its build.rs does not watch it", package.name),
                    format!(
                        "`partitura_build::watch(\"{path}\");` in `main` of build.rs; cargo add --build partitura-build"
                    ),
                ));
            }
        }
    }
    found
}

/// Dependencies whose name stands in no source file. Some are there for their features, so it is no error.
pub(super) fn unused(package: &Package) -> Vec<Found> {
    let mut sources = String::new();
    for folder in ["src", "tests", "examples", "benches"] {
        collect(&package.folder().join(folder), &mut sources);
    }
    let script = fs::read_to_string(package.folder().join("build.rs")).unwrap_or_default();
    let mut found = Vec::new();
    for dependency in &package.dependencies {
        let name = dependency.rename.as_ref().unwrap_or(&dependency.name).replace('-', "_");
        // What derives refer to, by names that no source has.
        let is_derived = ["serde", "schemars"].contains(&name.as_str()) && sources.contains("derive(");
        let (text, flag) = match dependency.kind.as_deref() {
            Some("build") => (&script, " --build"),
            Some("dev") => (&sources, " --dev"),
            _ => (&sources, ""),
        };
        if !is_derived && !mentions(text, &name) {
            found.push(Found::doubtful(
                format!("`{}` depends on `{}` and names it nowhere", package.name, dependency.name),
                format!("cargo remove{flag} {} --package {}", dependency.name, package.name),
            ));
        }
    }
    found
}

fn collect(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, text);
        } else if path.extension().is_some_and(|end| end == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap_or_default());
        }
    }
}

/// Whether `name` stands there as a word.
fn mentions(text: &str, name: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_letter) && !text[at + name.len()..].starts_with(is_letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_an_application_is_read() {
        let text = "partitura::app! {\n  pub A {\n    modules: [\n      crate, // the own one\n      shop::catalog,\n    ],\n  }\n}";
        assert_eq!(listed(text).unwrap(), ["crate", "shop"]);
        assert_eq!(listed("app! { A { modules: [] } }").unwrap(), Vec::<String>::new());
        assert_eq!(listed("fn main() {}"), None);
    }

    #[test]
    fn a_name_is_a_word() {
        assert!(mentions("use serde_json::json;", "serde_json") && !mentions("use serde_json::json;", "serde"));
    }
}
