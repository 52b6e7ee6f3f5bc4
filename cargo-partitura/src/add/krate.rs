//! The crate that gets something new.

use std::path::{Path, PathBuf};

use super::change::Changes;
use super::manifest::Manifest;
use super::source;
use crate::failure::{Failure, Result};
use crate::names::Name;
use crate::project::{Choice, Package, Project};

/// A package, and the file at the root of its code.
pub(super) struct Krate {
    pub(super) package: Package,
    pub(super) root: PathBuf,
    pub(super) workspace: PathBuf,
    /// Whether it is a library, whose items others see.
    pub(super) is_library: bool,
}

impl Krate {
    /// The package that was named, that of this folder, or that of the application.
    pub(super) fn of(project: &Project, choice: &Choice) -> Result<Krate> {
        let package = match &choice.package {
            Some(name) => project.member(name)?.clone(),
            None => match project.here(choice).filter(|package| package.uses_partitura()) {
                Some(package) => package.clone(),
                None => project.binary(choice)?.package,
            },
        };
        if !package.uses_partitura() {
            return Err(Failure::new(format!("`{}` does not depend on partitura", package.name))
                .fix(format!("cargo add partitura --package {}", package.name)));
        }
        let library = package.library().map(|library| library.src_path.clone());
        let is_library = library.is_some();
        let root = match library {
            Some(root) => root,
            None => {
                let only = Choice { package: Some(package.name.clone()), ..choice.clone() };
                project.binary(&only)?.source
            }
        };
        Ok(Krate { package, root, workspace: project.workspace_root.clone(), is_library })
    }

    /// The folder of its code.
    pub(super) fn sources(&self) -> &Path {
        self.root.parent().unwrap_or(Path::new("."))
    }

    /// A new module of its code: the file, and its declaration.
    pub(super) fn file(&self, changes: &mut Changes, name: &Name, text: String) -> Result {
        let file = name.snake();
        if self.sources().join(&file).is_dir() {
            return Err(Failure::new(format!("{} is there already", self.sources().join(&file).display()))
                .fix("another name: nothing was changed"));
        }
        changes.create(self.sources().join(format!("{file}.rs")), text)?;
        let line = if self.is_library { format!("pub mod {file};") } else { format!("mod {file};") };
        let before = changes.text(&self.root)?;
        let after = source::with_module(&before, &file, &line).ok_or_else(|| {
            Failure::new(format!("I do not see where `{line}` belongs in {}", self.root.display()))
                .fix(format!("write `{line}` there, and add it again with another name; nothing was changed"))
        })?;
        changes.edit(&self.root, after, line)
    }

    /// Its manifest, as it will be.
    pub(super) fn manifest(&self, changes: &Changes) -> Result<Manifest> {
        Manifest::read(changes, &self.package.manifest_path)
    }

    /// The dependencies that the code of a message, and a test, needs.
    pub(super) fn depend(&self, changes: &mut Changes, normal: &[&str], http: bool) -> Result {
        let root = Manifest::read(changes, &self.workspace.join("Cargo.toml"))?;
        let mut manifest = self.manifest(changes)?;
        for name in normal {
            manifest.depend("dependencies", name, &root)?;
        }
        manifest.depend("dev-dependencies", "tokio", &root)?;
        let mut what = manifest.added();
        if http && manifest.feature("partitura", "http")? {
            what.push("the feature http of partitura".to_owned());
        }
        if what.is_empty() {
            return Ok(());
        }
        changes.edit(&self.package.manifest_path, manifest.text(), what.join(", "))
    }
}
