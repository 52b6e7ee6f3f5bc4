//! `expand`: what the macros made of one item.

mod select;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use clap::ArgMatches;

use self::select::Wanted;
use crate::application::print_line;
use crate::failure::{Failure, Result};
use crate::project::{Choice, Package, Project, cargo};

/// Set while cargo runs this program in the place of rustc: the file into which the one call that prints does so.
const AS_RUSTC: &str = "CARGO_PARTITURA_AS_RUSTC_INTO";
/// What makes rustc print instead of compile.
const PRINT: &str = "-Zunpretty=expanded";

/// When cargo calls this program as `RUSTC_WORKSPACE_WRAPPER`: runs rustc, and lets the one call that prints use what is
/// unstable.
///
/// `RUSTC_BOOTSTRAP=1` for all of cargo would do as well, and build every dependency again whose build script looks at it, in both
/// directions. Cargo keeps what a wrapper compiles apart for the workspace's own crates only.
pub(crate) fn as_rustc() -> Option<ExitCode> {
    let output = std::env::var_os(AS_RUSTC)?;
    let mut arguments = std::env::args_os().skip(1);
    let mut command = Command::new(arguments.next()?);
    command.args(arguments);
    if command.get_args().any(|argument| argument == PRINT) {
        command.env("RUSTC_BOOTSTRAP", "1");
        match std::fs::File::create(&output) {
            Ok(file) => drop(command.stdout(file)),
            Err(error) => {
                eprintln!("error: cannot write {}: {error}", PathBuf::from(output).display());
                return Some(ExitCode::FAILURE);
            }
        }
    }
    let code = match command.status() {
        Ok(status) => status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1),
        Err(error) => {
            eprintln!("error: cannot run rustc: {error}");
            1
        }
    };
    Some(ExitCode::from(code))
}

/// Makes cargo keep what it compiles of the workspace's own crates apart from what it compiles of them otherwise, and lets
/// rustc print into `output`.
pub(crate) fn compile_apart(command: &mut Command, output: &Path) -> Result {
    let this = std::env::current_exe().map_err(|error| Failure::new(format!("cannot find myself: {error}")))?;
    command.env("RUSTC_WORKSPACE_WRAPPER", this).env(AS_RUSTC, output);
    Ok(())
}

/// Prints what became of an item, or of the crate.
pub(crate) fn expand(matches: &ArgMatches) -> Result<u8> {
    let choice = Choice::of(matches);
    let project = Project::read(&choice)?;
    let target = target(&project, &choice)?;
    let expanded = expanded(&project, &choice, &target)?;
    let wanted =
        Wanted { item: matches.get_one::<String>("item").map(String::as_str), derives: matches.get_flag("derives") };
    print_line(select::select(&expanded, &wanted)?.trim_end())?;
    Ok(0)
}

/// What is compiled: a package, and the flag that names its target.
struct Expanded {
    package: Package,
    flags: Vec<String>,
    crate_name: String,
}

/// The library of the package of this folder, if it has one, else the application's binary.
fn target(project: &Project, choice: &Choice) -> Result<Expanded> {
    let package = match &choice.package {
        Some(name) => Some(project.member(name)?),
        None => project.here(choice),
    };
    let library = package.filter(|_| choice.bin.is_none()).and_then(|package| Some((package, package.library()?)));
    if let Some((package, library)) = library {
        let name = library.name.replace('-', "_");
        return Ok(Expanded { package: package.clone(), flags: vec!["--lib".to_owned()], crate_name: name });
    }
    let binary = project.binary(choice)?;
    let crate_name = binary.name.replace('-', "_");
    Ok(Expanded { flags: vec!["--bin".to_owned(), binary.name], package: binary.package, crate_name })
}

/// The text of the crate behind all macros.
fn expanded(project: &Project, choice: &Choice, target: &Expanded) -> Result<String> {
    let folder = project.target_directory.join("partitura");
    std::fs::create_dir_all(&folder).map_err(|error| Failure::file("make", &folder, &error))?;
    let output: PathBuf = folder.join(format!("{}-{}.expanded.rs", target.crate_name, std::process::id()));
    let mut command = cargo();
    compile_apart(&mut command, &output)?;
    let status = command
        .args(["rustc", "--profile", "check", "--manifest-path"])
        .arg(&target.package.manifest_path)
        .args(&target.flags)
        .args(choice.flags.iter().filter(|flag| *flag != "--release"))
        .args(["--", PRINT])
        .stdout(Stdio::null())
        .status()
        .map_err(|error| Failure::new(format!("cannot run cargo: {error}")))?;
    let text = std::fs::read_to_string(&output);
    remove(&output);
    match (text, status.success()) {
        // With an error in the crate rustc prints what it has: so does this, and the error is above.
        (Ok(text), true) => Ok(text),
        (Ok(text), false) if !text.is_empty() => Ok(text),
        (Err(error), true) => Err(Failure::file("read", &output, &error)),
        _ => Err(Failure::new(format!("`{}` cannot be expanded", target.crate_name))
            .fix("what the compiler says above; if it speaks of `-Z`, the toolchain is too old: rustup update stable")),
    }
}

fn remove(file: &Path) {
    // It is below `target`, and the next run overwrites it.
    let _ = std::fs::remove_file(file);
}
