//! What projects are made from: the files under `templates/`.
//!
//! They are real files that can be read, formatted and linted. The only placeholders are a project's own name, in each form that
//! Rust writes it (`template-name`, `template_name`, `TemplateName`, `TEMPLATE_NAME`), and in manifests where the crates of
//! Partitura come from (`PARTITURA`, `PARTITURA_BUILD`). A file's `dot-` becomes a dot, and `.in` falls away: cargo
//! would take a `Cargo.toml` for that of another package, and git a `.gitignore` for its own.

use std::path::PathBuf;

use crate::failure::{Failure, Result};
use crate::names::Name;
use crate::near::did_you_mean;

/// A template's name and its files, with their paths.
type Files = (&'static str, &'static [(&'static str, &'static str)]);

/// All of them.
pub(crate) const ALL: &[Files] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// One of them.
pub(crate) struct Template(&'static Files);

/// Where the crates of Partitura come from.
pub(crate) enum Source {
    /// The registry: the version of this tool, since all crates have one version.
    Published,
    /// A folder on this machine.
    Checkout(PathBuf),
}

impl Template {
    /// By its name.
    pub(crate) fn named(name: &str) -> Result<Template> {
        ALL.iter().find(|(own, _)| *own == name).map(Template).ok_or_else(|| {
            let names: Vec<&str> = ALL.iter().map(|(name, _)| *name).collect();
            let near = did_you_mean(name, names.iter().copied());
            Failure::usage(format!("no template is named `{name}`{near}"))
                .fix(format!("--template {}", names.join(" | ")))
        })
    }

    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        self.0.0
    }

    /// The files of a project, with their paths.
    pub(crate) fn files(&self, name: &Name, source: &Source) -> Result<Vec<(String, String)>> {
        self.has_room_for(name)?;
        let partitura = source.of("partitura")?;
        let build = source.of("build")?;
        let filled = |text: &str| {
            let text = text
                .replace("{ PARTITURA_BUILD ", &format!("{{ {build} "))
                .replace("{ PARTITURA", &format!("{{ {partitura}"));
            named(&text, name)
        };
        let path = |path: &str| {
            let parts = path.split('/').map(|part| match part.strip_prefix("dot-") {
                Some(rest) => format!(".{rest}"),
                None => part.strip_suffix(".in").unwrap_or(part).to_owned(),
            });
            parts.collect::<Vec<_>>().join("/")
        };
        Ok(self.0.1.iter().map(|(relative, text)| (path(relative), filled(text))).collect())
    }

    /// Refuses a name that the template uses itself, for a crate, a module or a type: the project would not compile.
    fn has_room_for(&self, name: &Name) -> Result {
        let (package, module, ty) =
            (format!("name = \"{}\"", name.kebab()), format!("mod {};", name.snake()), name.camel());
        let is_word = |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == ty);
        let uses = |(path, text): &(&str, &str)| {
            let is_manifest = path.ends_with("Cargo.toml.in");
            let is_code = path.ends_with(".rs");
            is_manifest && text.contains(&package) || is_code && (text.contains(&module) || is_word(text))
        };
        if self.0.1.iter().any(uses) {
            return Err(Failure::usage(format!("the template `{}` has a `{}` of its own", self.name(), name.kebab()))
                .fix(format!("another name: {}-app", name.kebab())));
        }
        Ok(())
    }

    /// What to type first.
    pub(crate) fn first_command(&self, name: &Name) -> String {
        match self.name() {
            "service" => "cargo run -- serve".to_owned(),
            "modules" => "cargo run -- execute greeting.Greet --id 1".to_owned(),
            "orchestrated" => "cargo run -- execute models.Run".to_owned(),
            _ => format!("cargo run -- execute {}.Greet --name Ada", name.snake()),
        }
    }
}

/// `text` with the project's name.
fn named(text: &str, name: &Name) -> String {
    text.replace("template-name", &name.kebab())
        .replace("template_name", &name.snake())
        .replace("TemplateName", &name.camel())
        .replace("TEMPLATE_NAME", &name.screaming())
}

impl Source {
    /// What a manifest says of a crate that is in the folder `folder` of a checkout.
    fn of(&self, folder: &str) -> Result<String> {
        match self {
            Source::Published => Ok(format!("version = \"{}\"", env!("CARGO_PKG_VERSION"))),
            Source::Checkout(root) => {
                let path = root.join(folder);
                let path = path.to_str().ok_or_else(|| {
                    Failure::new(format!("{} is not Unicode, and a manifest is", path.display()))
                        .fix("a checkout in another folder")
                })?;
                // Written as TOML writes it, whatever is in the path.
                Ok(format!("path = {}", toml_edit::Value::from(path.replace('\\', "/")).to_string().trim()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_the_template_uses_is_refused() {
        for (template, name) in
            [("minimal", "greet"), ("service", "notes"), ("modules", "domain"), ("orchestrated", "journal")]
        {
            let files = Template::named(template).unwrap().files(&Name::read(name).unwrap(), &Source::Published);
            let told = files.unwrap_err().to_string();
            assert!(
                told.starts_with(&format!("error: the template `{template}` has a `{name}` of its own\n")),
                "{told}"
            );
        }
    }

    #[test]
    fn no_placeholder_is_left() {
        let name = Name::read("corner-shop").unwrap();
        for (template, _) in ALL {
            for source in [Source::Published, Source::Checkout(PathBuf::from("/some where/\"here\""))] {
                for (path, text) in Template::named(template).unwrap().files(&name, &source).unwrap() {
                    for left in ["template", "Template", "TEMPLATE", "{ PARTITURA", "dot-", ".in"] {
                        assert!(!path.contains(left), "{template}: {path}");
                        assert!(!text.contains(left) || left == ".in" || left == "dot-", "{template}: {path}: {left}");
                    }
                    if path.ends_with("Cargo.toml") {
                        text.parse::<toml_edit::DocumentMut>().unwrap_or_else(|error| panic!("{template}: {error}"));
                    }
                    if path.ends_with(".rs") {
                        syn::parse_file(&text).unwrap_or_else(|error| panic!("{template}: {path}: {error}"));
                    }
                }
            }
        }
    }
}
