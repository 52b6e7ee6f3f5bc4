//! The next numbered file of a folder.

use super::change::Changes;
use super::krate::Krate;
use super::source::{self, Folder};
use crate::failure::{Failure, Result};
use crate::names::Name;

/// Writes it behind the others.
pub(super) fn add(krate: &Krate, name: &Name, wanted: Option<&str>) -> Result<Changes> {
    let mut changes = Changes::default();
    let folder = folder(krate, &changes.text(&krate.root)?, wanted)?;
    let path = krate.package.folder().join(&folder.path);
    let entries = std::fs::read_dir(&path).map_err(|error| Failure::file("read", &path, &error))?;
    let mut numbers: Vec<(usize, usize)> = Vec::new();
    for entry in entries.flatten() {
        let file = entry.file_name();
        let Some((number, rest)) = file.to_str().and_then(|file| file.split_once('_')) else { continue };
        if rest.strip_suffix(".rs").unwrap_or(rest) == name.snake() {
            return Err(Failure::new(format!("{} is there already", entry.path().display()))
                .fix("another name: nothing was changed"));
        }
        if let Ok(value) = number.parse() {
            numbers.push((value, number.len()));
        }
    }
    let (last, width) = numbers.into_iter().max().unwrap_or((0, 1));
    let file = path.join(format!("{:0width$}_{}.rs", last + 1, name.snake()));
    changes.create(file, text(name))?;
    krate.depend(&mut changes, &[], false)?;
    let watched = format!("partitura_build::watch(\"{}\")", folder.path);
    let script = std::fs::read_to_string(krate.package.folder().join("build.rs")).unwrap_or_default();
    if !script.contains(&format!("\"{}\"", folder.path)) {
        changes.note(format!("build.rs does not say `{watched}`: see `cargo partitura doctor`"));
    }
    changes.note(format!("cargo run -- execute {}.Run runs the folder", folder.name));
    Ok(changes)
}

fn folder(krate: &Krate, text: &str, wanted: Option<&str>) -> Result<Folder> {
    let mut all: Vec<Folder> = source::folders(text).into_iter().filter(|folder| folder.runs).collect();
    let names: Vec<String> = all.iter().map(|folder| folder.name.clone()).collect();
    if let Some(wanted) = wanted {
        all.retain(|folder| folder.name == wanted || folder.path == wanted);
    }
    match (all.len(), names.len()) {
        (1, _) => Ok(all.remove(0)),
        (_, 0) => Err(Failure::new(format!("no folder of {} runs in order", krate.root.display())).fix(
            "`partitura::folder!(pub models = \"src/models\", orchestrate);` there; a step of a plan in a file is a fn: `#[step] async fn name() -> Result<()>`",
        )),
        (0, _) => {
            let near = crate::near::did_you_mean(wanted.unwrap_or_default(), names.iter().map(String::as_str));
            Err(Failure::usage(format!("no folder is named `{}`{near}", wanted.unwrap_or_default()))
                .fix(format!("--folder {}", names.join(" | "))))
        }
        _ => Err(Failure::usage("there are several folders").fix(format!("say which: --folder {}", names.join(" | ")))),
    }
}

fn text(name: &Name) -> String {
    let sentence = name.sentence();
    format!(
        "//! {sentence}.

use partitura::prelude::*;

/// Runs when its number comes. It may take what is provided, and what an earlier step gave, by reference.
#[step]
pub async fn execute() -> Result<()> {{
    eprintln!(\"{}\");
    Ok(())
}}

#[cfg(test)]
mod tests {{
    use super::*;

    #[tokio::test]
    async fn it_runs() {{
        execute().await.unwrap();
    }}
}}
",
        sentence.to_lowercase()
    )
}
