//! `doctor`: what commonly goes wrong around a project, and the command that mends it.

mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use clap::ArgMatches;

use crate::application::print_line;
use crate::failure::Result;
use crate::listed::count;
use crate::project::{Choice, Package, Project};

/// The toolchain below which Partitura does not build.
const OLDEST: (u32, u32) = (1, 95);
/// Crates of which a program wants one version: two `syn` are compiled twice, two `axum` have types that do not fit each other.
const ONCE: [&str; 6] = ["axum", "hyper", "schemars", "serde", "syn", "tokio"];

/// Something that was looked at.
struct Found {
    state: State,
    text: String,
    /// A command, or a line to write.
    fix: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Well,
    Doubtful,
    Wrong,
}

impl Found {
    fn well(text: impl Into<String>) -> Found {
        Found { state: State::Well, text: text.into(), fix: None }
    }

    fn doubtful(text: impl Into<String>, fix: impl Into<String>) -> Found {
        Found { state: State::Doubtful, text: text.into(), fix: Some(fix.into()) }
    }

    fn wrong(text: impl Into<String>, fix: impl Into<String>) -> Found {
        Found { state: State::Wrong, text: text.into(), fix: Some(fix.into()) }
    }
}

/// Looks at everything; fails if something is wrong.
pub(crate) fn doctor(matches: &ArgMatches) -> Result<u8> {
    let choice = Choice { manifest: matches.get_one("manifest-path").cloned(), ..Choice::default() };
    let mut found = toolchain();
    let project = Project::read_all(&choice)?;
    found.extend(lock_step(&project));
    found.extend(several_versions(&project));
    found.extend(features(&project));
    for package in project.members().filter(|package| package.uses_partitura()) {
        found.extend(sources::unlisted(&project, package));
        found.extend(sources::unwatched(package));
        found.extend(sources::unused(package));
        found.extend(scaffold(&project, package));
    }
    for one in &found {
        let mark = match one.state {
            State::Well => "ok     ",
            State::Doubtful => "warning",
            State::Wrong => "error  ",
        };
        print_line(&format!("{mark}  {}", one.text))?;
        if let Some(fix) = &one.fix {
            print_line(&format!("         fix: {fix}"))?;
        }
    }
    let number = |state| found.iter().filter(|one| one.state == state).count();
    let (wrong, doubtful) = (number(State::Wrong), number(State::Doubtful));
    print_line(&format!("{}, {}", count(wrong, "error"), count(doubtful, "warning")))?;
    Ok(u8::from(wrong > 0))
}

fn toolchain() -> Vec<Found> {
    let mut found = Vec::new();
    let rustc = said(Command::new("rustc").arg("--version"));
    match rustc.as_deref().and_then(version) {
        Some(have) if (have.0, have.1) >= OLDEST => {
            found.push(Found::well(rustc.unwrap_or_default().trim().to_owned()));
        }
        Some((major, minor)) => found.push(Found::wrong(
            format!("rustc is {major}.{minor}, and Partitura needs {}.{}", OLDEST.0, OLDEST.1),
            "rustup update stable",
        )),
        None => found.push(Found::wrong("there is no rustc", "install Rust: https://rustup.rs")),
    }
    for (tool, component) in [("rustfmt", "rustfmt"), ("cargo-clippy", "clippy")] {
        if said(Command::new(tool).arg("--version")).is_none() {
            let fix = format!("rustup component add {component}");
            found.push(Found::doubtful(format!("{component} is not installed; CI runs it"), fix));
        }
    }
    found
}

fn said(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The first two numbers of `rustc 1.95.0 (..)`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.split_whitespace().nth(1)?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// All crates of Partitura are made for each other, version by version; so is this tool.
fn lock_step(project: &Project) -> Vec<Found> {
    let own = |package: &&Package| package.name == "partitura" || package.name.starts_with("partitura-");
    let all: Vec<&Package> = project.packages.iter().filter(own).collect();
    let versions: BTreeSet<&str> = all.iter().map(|package| package.version.as_str()).collect();
    match versions.iter().collect::<Vec<_>>().as_slice() {
        [] => vec![Found::doubtful("nothing here depends on partitura", "cargo add partitura serde schemars")],
        [one] if **one == env!("CARGO_PKG_VERSION") => {
            vec![Found::well(format!("partitura {one}, and this tool is of that version"))]
        }
        [one] => vec![Found::doubtful(
            format!("partitura is {one}, and this tool {}", env!("CARGO_PKG_VERSION")),
            format!("cargo install cargo-partitura --version {one}"),
        )],
        _ => {
            let list: Vec<String> = all.iter().map(|package| format!("{} {}", package.name, package.version)).collect();
            vec![Found::wrong(
                format!("crates of Partitura of several versions: {}", list.join(", ")),
                "one version of `partitura` in every Cargo.toml, `partitura-build` included; then: cargo update",
            )]
        }
    }
}

fn several_versions(project: &Project) -> Vec<Found> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in &project.packages {
        if ONCE.contains(&package.name.as_str()) {
            versions.entry(&package.name).or_default().insert(&package.version);
        }
    }
    let several = versions.into_iter().filter(|(_, versions)| versions.len() > 1);
    let tell = |(name, versions): (&str, BTreeSet<&str>)| {
        let all: Vec<&str> = versions.into_iter().collect();
        let why = if name == "syn" { "each is compiled" } else { "their types do not fit each other" };
        let oldest = all.first().copied().unwrap_or_default();
        Found::doubtful(
            format!("{} versions of {name}: {}; {why}", all.len(), all.join(", ")),
            format!("cargo tree --invert {name}@{oldest} says who asks for the old one"),
        )
    };
    several.map(tell).collect()
}

/// What a message's derive needs of serde.
fn features(project: &Project) -> Vec<Found> {
    let mut found = Vec::new();
    for package in project.members().filter(|package| package.uses_partitura()) {
        let serde =
            package.dependencies.iter().find(|dependency| dependency.name == "serde" && dependency.kind.is_none());
        if let Some(serde) = serde
            && !serde.features.iter().any(|feature| feature == "derive")
        {
            let fix = format!("cargo add serde --features derive --package {}", package.name);
            found.push(Found::doubtful(format!("`{}` asks for serde without its derives", package.name), fix));
        }
    }
    found
}

/// What newer scaffolds have.
fn scaffold(project: &Project, package: &Package) -> Vec<Found> {
    let root = &project.workspace_root;
    let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
    let mut found = Vec::new();
    if package.bins().next().is_none() {
        return found;
    }
    if !manifest.contains("[profile.dev.build-override]") {
        found.push(Found::doubtful(
            "macros are compiled unoptimised, so each build after an edit takes longer",
            format!("in {}: [profile.dev.build-override] with opt-level = 3", root.join("Cargo.toml").display()),
        ));
    }
    let ignored = std::fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
    if root.join(".git").exists() && !ignored.lines().any(|line| line.trim_matches('/') == "target") {
        found.push(Found::doubtful("git does not ignore what cargo builds", "echo /target >> .gitignore"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolchain_says_its_version() {
        assert_eq!(version("rustc 1.95.0 (abc 2026-01-01)"), Some((1, 95)));
        assert_eq!(version("rustc 1.96.0-nightly (abc)"), Some((1, 96)));
        assert_eq!(version("what"), None);
    }
}
