//! The files whose change means another build.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::project::Project;

/// Where to look, and what was seen.
pub(super) struct Watched {
    places: Vec<PathBuf>,
    seen: BTreeMap<PathBuf, (SystemTime, u64)>,
}

impl Watched {
    /// The sources of every package that is on this machine to be edited, and the configuration.
    pub(super) fn new(project: &Project) -> Watched {
        let mut places = vec![project.workspace_root.join("Cargo.toml"), project.workspace_root.join("Cargo.lock")];
        for package in project.packages.iter().filter(|package| package.is_local()) {
            for name in ["src", "build.rs", "Cargo.toml"] {
                places.push(package.folder().join(name));
            }
            places.extend(package.targets.iter().map(|target| target.src_path.clone()));
        }
        places.extend(configuration(&project.workspace_root));
        if let Ok(here) = std::env::current_dir() {
            places.extend(configuration(&here));
        }
        places.sort();
        places.dedup();
        let mut watched = Watched { places, seen: BTreeMap::new() };
        watched.seen = watched.look();
        watched
    }

    /// How many files there are.
    pub(super) fn len(&self) -> usize {
        self.seen.len()
    }

    /// A file that is new, gone or otherwise since the last time.
    pub(super) fn changed(&mut self) -> Option<PathBuf> {
        let now = self.look();
        let other =
            |(path, seen): (&PathBuf, &(SystemTime, u64))| (self.seen.get(path) != Some(seen)).then(|| path.clone());
        let changed =
            now.iter().find_map(other).or_else(|| self.seen.keys().find(|path| !now.contains_key(*path)).cloned());
        self.seen = now;
        changed
    }

    fn look(&self) -> BTreeMap<PathBuf, (SystemTime, u64)> {
        let mut found = BTreeMap::new();
        self.places.iter().for_each(|place| look(place, &mut found));
        found
    }
}

fn look(path: &Path, found: &mut BTreeMap<PathBuf, (SystemTime, u64)>) {
    let Ok(metadata) = fs::metadata(path) else { return };
    if metadata.is_dir() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            // What editors write beside.
            let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
            if !is_hidden && !entry.file_name().to_string_lossy().ends_with('~') {
                look(&entry.path(), found);
            }
        }
    } else if let Ok(time) = metadata.modified() {
        found.insert(path.to_owned(), (time, metadata.len()));
    }
}

/// `partitura.toml`, and those of profiles.
fn configuration(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![folder.join("partitura.toml")];
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("partitura.") && name.ends_with(".toml") {
            files.push(entry.path());
        }
    }
    files
}
