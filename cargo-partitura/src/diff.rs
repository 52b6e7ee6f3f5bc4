//! `diff`: what changed between two builds, in the words of the application.

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ArgMatches;
use partitura_description::Description;
use partitura_description::diff::{Mark, changes, is_breaking};

use crate::application::{Application, described, print_line, read};
use crate::failure::{Failure, Result};
use crate::listed::count;
use crate::project::{Choice, Project};

/// Compares, and says what breaks.
pub(crate) fn diff(matches: &ArgMatches) -> Result<u8> {
    let choice = Choice::of(matches);
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str);
    let old = side(&choice, text("old").unwrap_or_default())?;
    let new = match text("new") {
        Some(new) => side(&choice, new)?,
        None => Application::build(&choice)?.described()?,
    };
    let changes = changes(&old, &new);
    if changes.is_empty() {
        eprintln!("no difference");
    }
    for change in &changes {
        print_line(&change.to_string())?;
    }
    let breaking = changes.iter().filter(|change| change.mark != Mark::Compatible).count();
    if breaking > 0 {
        eprintln!("{} that may break somebody, or let somebody in", count(breaking, "change"));
    }
    Ok(u8::from(is_breaking(&changes) && matches.get_flag("deny-breaking")))
}

/// A file of JSON, a program, or a git revision.
fn side(choice: &Choice, name: &str) -> Result<Description> {
    let path = Path::new(name);
    if path.is_file() {
        let bytes = std::fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
        return match serde_json::from_slice(&bytes) {
            Ok(value) => read(value),
            Err(_) if bytes.trim_ascii_start().starts_with(b"{") => {
                Err(Failure::new(format!("{name} is no JSON")).fix("cargo partitura describe --json > FILE"))
            }
            Err(_) => read(described(&path.canonicalize().unwrap_or_else(|_| path.to_owned()))?),
        };
    }
    revision(choice, name)
}

/// Builds a git revision in a folder of its own, into the same target folder.
fn revision(choice: &Choice, name: &str) -> Result<Description> {
    let project = Project::read(choice)?;
    let root = &project.workspace_root;
    let unknown = || {
        Failure::usage(format!("`{name}` is no file, and no git revision of this project"))
            .fix("a file of `cargo partitura describe --json`, a program, or a revision such as `main` or `HEAD~1`")
    };
    let commit = git(root, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")]);
    let commit = commit.ok_or_else(unknown)?;
    let top = PathBuf::from(git(root, &["rev-parse", "--show-toplevel"]).ok_or_else(unknown)?);
    // Beside and not below the project: cargo would look for a workspace in the folders above.
    let copy = std::env::temp_dir().join(format!(
        "cargo-partitura-{}-{}",
        &commit[..12.min(commit.len())],
        std::process::id()
    ));
    let tree = Worktree { top: top.clone(), copy };
    let path = tree.copy.to_str().unwrap_or_default();
    git(&top, &["worktree", "add", "--detach", "--quiet", path, &commit])
        .ok_or_else(|| Failure::new(format!("git cannot check out {name} in {path}")).fix("git worktree prune"))?;
    eprintln!("  Comparing with {name} ({})", &commit[..12.min(commit.len())]);
    let manifest = choice.manifest.clone().unwrap_or_else(|| root.join("Cargo.toml"));
    let manifest = manifest.canonicalize().unwrap_or(manifest);
    let inside = manifest.strip_prefix(top.canonicalize().unwrap_or(top)).unwrap_or(Path::new("Cargo.toml"));
    let mut there = choice.clone();
    there.manifest = Some(tree.copy.join(inside));
    if choice.package.is_none() && choice.manifest.is_none() {
        // The package of this folder is that of the other tree, too.
        there.package = project.binary(choice).ok().map(|binary| binary.package.name);
    }
    there.is_copy = true;
    there.flags.extend(["--target-dir".to_owned(), project.target_directory.display().to_string()]);
    Application::build(&there)?.described()
}

/// A checkout that is removed again, whatever happens.
struct Worktree {
    top: PathBuf,
    copy: PathBuf,
}

impl Drop for Worktree {
    fn drop(&mut self) {
        if let Some(copy) = self.copy.to_str() {
            git(&self.top, &["worktree", "remove", "--force", copy]);
        }
    }
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
