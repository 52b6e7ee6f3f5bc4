//! What is going to be written: shown as a diff, or written all together.

use std::fs;
use std::path::{Path, PathBuf};

use similar::TextDiff;

use crate::application::print_line;
use crate::failure::{Failure, Result};

/// Files that are new or otherwise, and what the person should know.
#[derive(Debug, Default)]
pub(super) struct Changes {
    files: Vec<Change>,
    notes: Vec<String>,
}

#[derive(Debug)]
struct Change {
    path: PathBuf,
    /// None for a new file.
    before: Option<String>,
    after: String,
    what: String,
}

impl Changes {
    /// A file that must not be there yet.
    pub(super) fn create(&mut self, path: PathBuf, after: String) -> Result {
        if path.symlink_metadata().is_ok() {
            return Err(
                Failure::new(format!("{} is there already", path.display())).fix("another name: nothing was changed")
            );
        }
        self.files.push(Change { path, before: None, after, what: String::new() });
        Ok(())
    }

    /// A file as it will be, with what that means in words. The same text is no change.
    pub(super) fn edit(&mut self, path: &Path, after: String, what: impl Into<String>) -> Result {
        if let Some(change) = self.files.iter_mut().find(|change| change.path == path) {
            if change.after != after {
                change.what = format!("{}, {}", change.what, what.into());
                change.after = after;
            }
            return Ok(());
        }
        let before = read(path)?;
        if before != after {
            self.files.push(Change { path: path.to_owned(), before: Some(before), after, what: what.into() });
        }
        Ok(())
    }

    /// The text of a file as it will be.
    pub(super) fn text(&self, path: &Path) -> Result<String> {
        match self.files.iter().find(|change| change.path == path) {
            Some(change) => Ok(change.after.clone()),
            None => read(path),
        }
    }

    /// A line for the person.
    pub(super) fn note(&mut self, line: impl Into<String>) {
        self.notes.push(line.into());
    }

    /// The diff.
    pub(super) fn show(&self, root: &Path) -> Result {
        for change in &self.files {
            let name = relative(root, &change.path);
            let before = change.before.as_deref().unwrap_or_default();
            let old = if change.before.is_some() { format!("a/{name}") } else { "/dev/null".to_owned() };
            let diff = TextDiff::from_lines(before, &change.after);
            let text = diff.unified_diff().context_radius(3).header(&old, &format!("b/{name}")).to_string();
            print_line(text.trim_end())?;
        }
        eprintln!("a dry run: nothing was changed");
        Ok(())
    }

    /// Writes everything, or, when one cannot be written, nothing.
    pub(super) fn write(&self, root: &Path) -> Result {
        for (number, change) in self.files.iter().enumerate() {
            if let Err(failure) = write(change) {
                self.files[..=number].iter().for_each(undo);
                return Err(failure);
            }
        }
        for change in &self.files {
            let name = relative(root, &change.path);
            match change.before {
                None => print_line(&format!("wrote    {name}"))?,
                Some(_) => print_line(&format!("changed  {name}: {}", change.what))?,
            }
        }
        for note in &self.notes {
            print_line(&format!("next     {note}"))?;
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))
}

fn write(change: &Change) -> Result {
    let folder = change.path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| Failure::file("make", folder, &error))?;
    fs::write(&change.path, &change.after).map_err(|error| Failure::file("write", &change.path, &error))
}

/// The first failure is the one to tell.
fn undo(change: &Change) {
    let _ = match &change.before {
        None => fs::remove_file(&change.path),
        Some(before) => fs::write(&change.path, before),
    };
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    path.display().to_string().replace('\\', "/")
}
