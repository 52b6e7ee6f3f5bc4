//! The project that a verb is about, as cargo's metadata tells it.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ArgMatches;
use serde::Deserialize;

use crate::failure::{Failure, Result};
use crate::near::did_you_mean;

/// What `cargo metadata` says, as far as it is asked here.
#[derive(Debug, Deserialize)]
pub(crate) struct Project {
    pub(crate) packages: Vec<Package>,
    workspace_members: Vec<String>,
    pub(crate) workspace_root: PathBuf,
    pub(crate) target_directory: PathBuf,
}

/// A package.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) id: String,
    pub(crate) edition: String,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) targets: Vec<Target>,
    default_run: Option<String>,
    /// Where it was published; none for a folder on this machine.
    source: Option<String>,
}

/// A dependency as it is written.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) rename: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) path: Option<PathBuf>,
    #[serde(default)]
    pub(crate) features: Vec<String>,
}

/// A target of a package.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) kind: Vec<String>,
    pub(crate) src_path: PathBuf,
}

/// Which application is meant, and how it is built.
#[derive(Debug, Clone, Default)]
pub(crate) struct Choice {
    pub(crate) package: Option<String>,
    pub(crate) bin: Option<String>,
    pub(crate) manifest: Option<PathBuf>,
    /// Handed on to cargo.
    pub(crate) flags: Vec<String>,
    /// Whether it is another checkout, compiled into the same target folder. Cargo names what it compiles by the path inside of a
    /// workspace: without this it would take the one for the other, as long as no file is newer.
    pub(crate) is_copy: bool,
}

/// One binary of one package.
#[derive(Debug, Clone)]
pub(crate) struct Binary {
    pub(crate) package: Package,
    pub(crate) name: String,
    pub(crate) source: PathBuf,
}

impl Choice {
    /// Those flags of a verb.
    pub(crate) fn of(matches: &ArgMatches) -> Choice {
        let text = |name: &str| matches.get_one::<String>(name).cloned();
        let mut flags = Vec::new();
        if matches.get_flag("release") {
            flags.push("--release".to_owned());
        }
        for features in matches.get_many::<String>("features").into_iter().flatten() {
            flags.extend(["--features".to_owned(), features.clone()]);
        }
        let manifest = matches.get_one::<PathBuf>("manifest-path").cloned();
        Choice { package: text("package"), bin: text("bin"), manifest, flags, is_copy: false }
    }
}

impl Project {
    /// Asks cargo, about the members of the workspace only.
    pub(crate) fn read(choice: &Choice) -> Result<Project> {
        Project::ask(choice, &["--no-deps"])
    }

    /// Asks cargo, about every package that is built on this machine.
    pub(crate) fn read_all(choice: &Choice) -> Result<Project> {
        match host() {
            // Without it cargo fetches what other platforms would need.
            Some(host) => Project::ask(choice, &["--filter-platform", &host]),
            None => Project::ask(choice, &[]),
        }
    }

    fn ask(choice: &Choice, more: &[&str]) -> Result<Project> {
        let mut command = cargo();
        command.args(["metadata", "--format-version", "1"]).args(more);
        if let Some(manifest) = &choice.manifest {
            command.arg("--manifest-path").arg(manifest);
        }
        let output = command.output().map_err(|error| {
            Failure::new(format!("cannot run cargo: {error}")).fix("install Rust: https://rustup.rs")
        })?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            if text.contains("could not find `Cargo.toml`") {
                return Err(Failure::new("there is no cargo project here")
                    .fix("go to the folder of one, or make one: cargo partitura new NAME"));
            }
            let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
            let text = lines.join(" / ");
            return Err(Failure::new(format!("cargo cannot read the project: {}", text.trim_start_matches("error: "))));
        }
        serde_json::from_slice(&output.stdout)
            .map_err(|error| Failure::new(format!("cargo metadata is not understood: {error}")))
    }

    /// The packages of the workspace.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.workspace_members.contains(&package.id))
    }

    /// The member that the current folder, or the manifest that was named, belongs to.
    pub(crate) fn here(&self, choice: &Choice) -> Option<&Package> {
        let from = match &choice.manifest {
            Some(manifest) => manifest.canonicalize().ok()?.parent()?.to_owned(),
            None => std::env::current_dir().ok()?.canonicalize().ok()?,
        };
        let inside = |package: &&Package| from.starts_with(package.folder());
        self.members().filter(inside).max_by_key(|package| package.folder().components().count())
    }

    /// One member by its name.
    pub(crate) fn member(&self, name: &str) -> Result<&Package> {
        self.members().find(|package| package.name == name).ok_or_else(|| {
            let near = did_you_mean(name, self.members().map(|package| package.name.as_str()));
            Failure::usage(format!("no package of this workspace is named `{name}`{near}"))
        })
    }

    /// The one binary that is meant: an application of Partitura.
    pub(crate) fn binary(&self, choice: &Choice) -> Result<Binary> {
        let packages: Vec<&Package> = match &choice.package {
            Some(name) => vec![self.member(name)?],
            None => match self.here(choice).filter(|here| here.bins().next().is_some()) {
                Some(here) => vec![here],
                None => self.members().filter(|package| package.uses_partitura()).collect(),
            },
        };
        let all: Vec<Binary> = packages.iter().flat_map(|package| package.bins()).collect();
        let mut fit: Vec<Binary> = match &choice.bin {
            Some(name) => all.iter().filter(|binary| binary.name == *name).cloned().collect(),
            None => all.clone(),
        };
        if fit.is_empty()
            && let Some(name) = &choice.bin
        {
            let near = did_you_mean(name, all.iter().map(|binary| binary.name.as_str()));
            return Err(Failure::usage(format!("no binary is named `{name}`{near}")));
        }
        if fit.len() > 1 {
            let default = |binary: &Binary| binary.package.default_run.as_deref() == Some(&binary.name);
            if let Some(one) = fit.iter().find(|binary| default(binary)).cloned() {
                fit = vec![one];
            }
        }
        let binary = match fit.as_slice() {
            [one] => one.clone(),
            [] => {
                return Err(Failure::new(format!("there is no application in {}", self.workspace_root.display()))
                    .fix("a binary with `partitura::app!`: cargo partitura new NAME"));
            }
            many => {
                let names: Vec<&str> = many.iter().map(|binary| binary.name.as_str()).collect();
                return Err(Failure::usage(format!("there are {} binaries: {}", many.len(), names.join(", ")))
                    .fix(format!("say which: --bin {}, or `default-run` in Cargo.toml", names[0])));
            }
        };
        if !binary.package.uses_partitura() {
            return Err(Failure::new(format!("`{}` does not depend on partitura", binary.package.name))
                .fix("cargo add partitura"));
        }
        Ok(binary)
    }
}

impl Package {
    /// Where its manifest is.
    pub(crate) fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new("."))
    }

    /// Whether its files are here to be edited.
    pub(crate) fn is_local(&self) -> bool {
        self.source.is_none()
    }

    /// Its library, if it has one.
    pub(crate) fn library(&self) -> Option<&Target> {
        const LIBRARIES: [&str; 2] = ["lib", "rlib"];
        self.targets.iter().find(|target| target.kind.iter().any(|kind| LIBRARIES.contains(&kind.as_str())))
    }

    /// Its binaries.
    pub(crate) fn bins(&self) -> impl Iterator<Item = Binary> + '_ {
        let bins = self.targets.iter().filter(|target| target.kind.iter().any(|kind| kind == "bin"));
        bins.map(|target| Binary { package: self.clone(), name: target.name.clone(), source: target.src_path.clone() })
    }

    /// Its dependency on partitura.
    pub(crate) fn partitura(&self) -> Option<&Dependency> {
        self.dependencies.iter().find(|dependency| dependency.name == "partitura" && dependency.kind.is_none())
    }

    /// Whether it is built with Partitura.
    pub(crate) fn uses_partitura(&self) -> bool {
        self.partitura().is_some()
    }
}

/// The platform that rustc compiles for.
fn host() -> Option<String> {
    let output = Command::new("rustc").arg("-vV").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned)
}

/// The cargo that runs this tool, or the one that is installed.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}
