//! From the layers to one [`Config`].

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::text::{self, Variable};
use super::tree::Table;
use super::{Config, FILE, Mistake, Mistakes, Origin, SectionInfo, document};
use crate::nearest::did_you_mean;

/// Loads a configuration from its layers; the later wins: `partitura.toml`, `partitura.{profile}.toml`, the
/// environment, flags. Below them all are the defaults that serde fills in when a section is read.
///
/// Tables are merged deeply, everything else replaces.
#[derive(Debug, Clone)]
#[must_use = "nothing is read before `load`"]
pub struct Loader {
    prefix: String,
    directory: PathBuf,
    profile: Option<String>,
    environment: Option<Vec<(String, String)>>,
    dotenv: Option<PathBuf>,
    hermetic: bool,
    flags: Vec<String>,
    sections: Vec<SectionInfo>,
}

impl Loader {
    /// A loader for the application whose environment variables begin with `prefix` (`BANK` for `BANK__HTTP__PORT`).
    /// It looks into the current directory and the process's environment.
    pub fn new(prefix: &str) -> Self {
        Loader {
            prefix: prefix.to_owned(),
            directory: PathBuf::new(),
            profile: None,
            environment: None,
            dotenv: None,
            hermetic: false,
            flags: Vec::new(),
            sections: Vec::new(),
        }
    }

    /// Where the files are looked for. Default: the current directory. No `partitura.toml` there is fine.
    pub fn directory(mut self, path: impl Into<PathBuf>) -> Self {
        self.directory = path.into();
        self
    }

    /// Reads nothing of where it runs: no `partitura.toml` and no environment, unless [`Loader::environment`] gives one
    /// after this. For tests.
    pub fn hermetic(mut self) -> Self {
        self.hermetic = true;
        self.environment([])
    }

    /// Names the profile, whatever `BANK_PROFILE` says. Its file `partitura.{profile}.toml` must exist.
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Replaces the process's environment. What is given twice counts the last time.
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment = Some(variables.into_iter().collect());
        self
    }

    /// Reads this file of `NAME=value` lines as well; the real environment wins over it. A relative path starts at the
    /// loader's directory. It must exist. Default: no such file is read.
    pub fn dotenv(mut self, path: impl Into<PathBuf>) -> Self {
        self.dotenv = Some(path.into());
        self
    }

    /// A flag of the command line, `http.port=8080`; may be called many times, the later wins.
    pub fn set(mut self, text: impl Into<String>) -> Self {
        self.flags.push(text.into());
        self
    }

    /// The sections of the application. The loaded [`Config`] needs them for [`Config::check`] and
    /// [`Config::entries`], and to know that `db.primary` belongs to a section of its own and not to `db`.
    pub fn sections(mut self, sections: impl IntoIterator<Item = SectionInfo>) -> Self {
        self.sections.extend(sections);
        self
    }

    /// Reads and merges all layers.
    ///
    /// # Errors
    /// All mistakes of all layers at once: a file that cannot be read, is larger than 1 MiB or is not TOML, a profile
    /// without a file, a malformed flag or variable.
    pub fn load(self) -> Result<Config, Mistakes> {
        let mut mistakes = Mistakes::default();
        let real = self.variables(&mut mistakes);
        let dotenv = self.dotenv_variables(&mut mistakes);
        let profile = self.profile_name([&real, &dotenv]);

        let mut root = Table::default();
        let mut add = |layer: Result<Table, Mistake>| match layer {
            Ok(table) => root.merge(table),
            Err(mistake) => mistakes.add(mistake),
        };
        if !self.hermetic {
            add(document::read(&self.directory.join(FILE)).map(Option::unwrap_or_default));
        }
        if let Some((name, origin)) = &profile {
            add(self.profile_file(name, origin.as_ref()));
        }
        let mut wrong = Mistakes::default();
        add(Ok(text::environment(&self.prefix, dotenv, &mut wrong)));
        add(Ok(text::environment(&self.prefix, real, &mut wrong)));
        for flag in &self.flags {
            add(text::flag(flag));
        }
        mistakes.merge(wrong);
        mistakes.or(Config::new(root, self.prefix, profile.map(|(name, _)| name), self.sections))
    }

    fn variables(&self, mistakes: &mut Mistakes) -> Vec<Variable> {
        let variable = |(name, value): (String, String)| {
            let origin = Origin::Environment { name: name.clone() };
            Variable { name, value, origin }
        };
        match &self.environment {
            Some(variables) => variables.iter().cloned().map(variable).collect(),
            // Not `env::vars`, which panics at the first variable that is not Unicode, whoever it is for.
            None => std::env::vars_os().filter_map(|pair| self.unicode(pair, mistakes)).map(variable).collect(),
        }
    }

    fn unicode(&self, (name, value): (OsString, OsString), mistakes: &mut Mistakes) -> Option<(String, String)> {
        let name = name.into_string().ok()?;
        match value.into_string() {
            Ok(value) => Some((name, value)),
            Err(_) => {
                if text::after_prefix(&name, &self.prefix).is_some() {
                    mistakes.add(Mistake::at(Origin::Environment { name }, "is not Unicode"));
                }
                None
            }
        }
    }

    fn dotenv_variables(&self, mistakes: &mut Mistakes) -> Vec<Variable> {
        let Some(path) = &self.dotenv else { return Vec::new() };
        let path = self.directory.join(path);
        match document::read_text(&path) {
            Ok(Some(text)) => text::dotenv(&path, &text, mistakes),
            Ok(None) => {
                mistakes.add(Mistake::nowhere(format!(
                    "{} does not exist: create it or do not ask for it",
                    path.display()
                )));
                Vec::new()
            }
            Err(mistake) => {
                mistakes.add(mistake);
                Vec::new()
            }
        }
    }

    /// The profile and where it is named; none has no origin if the program names it.
    fn profile_name(&self, layers: [&Vec<Variable>; 2]) -> Option<(String, Option<Origin>)> {
        if let Some(name) = &self.profile {
            return Some((name.clone(), None));
        }
        let wanted = format!("{}_PROFILE", self.prefix);
        let named = |variables: &&Vec<Variable>| {
            let variable = variables.iter().rfind(|variable| variable.name.eq_ignore_ascii_case(&wanted))?;
            Some((variable.value.trim().to_owned(), Some(variable.origin.clone())))
        };
        // An empty name in the real environment switches off what the `.env` file says.
        layers.iter().find_map(named).filter(|(name, _)| !name.is_empty())
    }

    fn profile_file(&self, name: &str, origin: Option<&Origin>) -> Result<Table, Mistake> {
        let mistake = |message: String| Mistake { origin: origin.cloned(), message };
        // It becomes part of a path, and comes from outside.
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_') {
            return Err(mistake(format!("`{name}` is no name of a profile: use letters, digits, `-` and `_`")));
        }
        let path = self.directory.join(format!("partitura.{name}.toml"));
        document::read(&path)?.ok_or_else(|| {
            let profiles = profiles(&self.directory);
            let near = did_you_mean(name, profiles.iter().map(String::as_str));
            mistake(format!("profile `{name}` has no file {}: create it or name another profile{near}", path.display()))
        })
    }
}

/// The profiles that have a file, sorted.
fn profiles(directory: &Path) -> Vec<String> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let names = std::fs::read_dir(directory).into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        Some(name.strip_prefix("partitura.")?.strip_suffix(".toml")?.to_owned())
    });
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}
