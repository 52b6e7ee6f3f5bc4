//! `new`: a project that builds, tests, lints and runs at once.

mod template;

use std::fs;
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use self::template::{Source, Template};
use crate::failure::{Failure, Result};
use crate::names::Name;

/// The environment variable that names a checkout of Partitura.
const CHECKOUT: &str = "PARTITURA_PATH";

/// The names of all templates.
pub(crate) fn templates() -> Vec<&'static str> {
    template::ALL.iter().map(|(name, _)| *name).collect()
}

/// Makes a project, whole or not at all.
pub(crate) fn new(matches: &ArgMatches) -> Result<u8> {
    let path = matches.get_one::<PathBuf>("name").cloned().unwrap_or_default();
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = Name::read(name)?;
    let template = matches.get_one::<String>("template").map_or("minimal", String::as_str);
    let template = Template::named(template)?;
    let source = source(matches.get_one::<PathBuf>("path"))?;
    if path.symlink_metadata().is_ok() {
        return Err(Failure::new(format!("`{}` is there already", path.display()))
            .fix("another name, or remove it: nothing was changed"));
    }
    let files = template.files(&name, &source)?;
    write_all(&path, &files)?;
    println!("made {} from the template `{}`:", path.display(), template.name());
    for (file, _) in &files {
        println!("  {file}");
    }
    println!("\nnext:\n  cd {}\n  {}\n  cargo test", path.display(), template.first_command(&name));
    Ok(0)
}

/// Where the crates of Partitura come from.
fn source(flag: Option<&PathBuf>) -> Result<Source> {
    let named = flag.map(|path| (path.clone(), "--path")).or_else(|| {
        let variable = std::env::var_os(CHECKOUT).filter(|value| !value.is_empty())?;
        Some((PathBuf::from(variable), CHECKOUT))
    });
    let Some((path, by)) = named else { return Ok(Source::Published) };
    let checkout = path.canonicalize().ok().filter(|path| path.join("partitura/Cargo.toml").is_file());
    checkout.map(Source::Checkout).ok_or_else(|| {
        Failure::usage(format!("{by} is {}, which is no checkout of Partitura", path.display()))
            .fix("the folder that has `partitura/Cargo.toml` in it, or leave it out for the published version")
    })
}

/// Writes everything into a folder beside, which is then given its name: so nobody sees half of it.
fn write_all(path: &Path, files: &[(String, String)]) -> Result {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if !parent.is_dir() {
        return Err(Failure::new(format!("there is no folder {}", parent.display()))
            .fix(format!("mkdir -p {}", parent.display())));
    }
    let partial = parent.join(format!(".{name}.partial-{}", std::process::id()));
    let written = write(&partial, files)
        .and_then(|()| fs::rename(&partial, path).map_err(|error| Failure::file("make", path, &error)));
    if written.is_err() {
        // What is left behind would be in the way, and the first failure is the one to tell.
        let _ = fs::remove_dir_all(&partial);
    }
    written
}

fn write(folder: &Path, files: &[(String, String)]) -> Result {
    for (relative, text) in files {
        let file = folder.join(relative);
        let parent = file.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| Failure::file("make", parent, &error))?;
        fs::write(&file, text).map_err(|error| Failure::file("write", &file, &error))?;
    }
    Ok(())
}
