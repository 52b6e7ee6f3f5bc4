//! `clean`: what was generated goes, what a person wrote stays.

use std::fs;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use crate::application::print_line;
use crate::failure::{Failure, Result};
use crate::project::{Choice, Project, cargo};

/// What cargo puts into a folder that it made.
const TAG: &str = "CACHEDIR.TAG";

/// Shows what would go, asks, and removes it.
///
/// Nothing that Partitura generates stands among the sources: macros write into the compiler, not into files. So it is what cargo
/// built, and what this tool put beside it.
pub(crate) fn clean(matches: &ArgMatches) -> Result<u8> {
    let choice = Choice { manifest: matches.get_one("manifest-path").cloned(), ..Choice::default() };
    let project = Project::read(&choice)?;
    let found = found(&project)?;
    if found.is_empty() {
        print_line("nothing was generated: there is nothing to remove")?;
        return Ok(0);
    }
    for thing in &found {
        print_line(&thing.to_string())?;
    }
    if matches.get_flag("dry-run") {
        eprintln!("a dry run: nothing was removed");
        return Ok(0);
    }
    if !matches.get_flag("yes") && !agreed()? {
        eprintln!("nothing was removed");
        return Ok(1);
    }
    for thing in &found {
        thing.remove(&project)?;
    }
    eprintln!("removed");
    Ok(0)
}

/// Something that was generated.
enum Generated {
    /// A folder that belongs to this workspace alone.
    Folder(PathBuf, u64),
    /// What cargo built of these packages, in a folder that is shared with others.
    Built(PathBuf, Vec<String>),
}

impl std::fmt::Display for Generated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Generated::Folder(path, bytes) => write!(f, "{}  {}", path.display(), size(*bytes)),
            Generated::Built(path, packages) => {
                write!(
                    f,
                    "{}: what was built of {}; the folder is shared, the rest stays",
                    path.display(),
                    packages.join(", ")
                )
            }
        }
    }
}

fn found(project: &Project) -> Result<Vec<Generated>> {
    let target = &project.target_directory;
    if !target.is_dir() {
        return Ok(Vec::new());
    }
    if !target.join(TAG).is_file() {
        return Err(Failure::new(format!("{} was not made by cargo: it has no {TAG}", target.display()))
            .fix("look what is in it, and remove it by hand; nothing was changed"));
    }
    let is_own = inside(&project.workspace_root, target);
    Ok(vec![if is_own {
        Generated::Folder(target.clone(), bytes(target))
    } else {
        Generated::Built(target.clone(), project.members().map(|package| package.name.clone()).collect())
    }])
}

fn inside(root: &Path, target: &Path) -> bool {
    match (root.canonicalize(), target.canonicalize()) {
        (Ok(root), Ok(target)) => target.starts_with(&root) && target != root,
        _ => false,
    }
}

impl Generated {
    fn remove(&self, project: &Project) -> Result {
        match self {
            Generated::Folder(path, _) => {
                fs::remove_dir_all(path).map_err(|error| Failure::file("remove", path, &error))
            }
            Generated::Built(path, packages) => {
                let own = path.join("partitura");
                if own.is_dir() {
                    fs::remove_dir_all(&own).map_err(|error| Failure::file("remove", &own, &error))?;
                }
                let mut command = cargo();
                command.args(["clean", "--quiet", "--manifest-path"]).arg(project.workspace_root.join("Cargo.toml"));
                for package in packages {
                    command.args(["--package", package]);
                }
                let status = command.status().map_err(|error| Failure::new(format!("cannot run cargo: {error}")))?;
                if status.success() { Ok(()) } else { Err(Failure::told()) }
            }
        }
    }
}

/// Asks on the terminal; where there is none, nobody agreed.
fn agreed() -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage("nobody is there to be asked").fix("cargo partitura clean --yes"));
    }
    eprint!("remove? [y/N] ");
    let _ = std::io::stderr().flush();
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Failure::new(format!("cannot read the answer: {error}")))?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

fn bytes(folder: &Path) -> u64 {
    let mut sum = 0;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        // A link is removed, not what it points at.
        let Ok(metadata) = entry.metadata() else { continue };
        sum += if metadata.is_dir() { bytes(&entry.path()) } else { metadata.len() };
    }
    sum
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        1_000_000..1_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
