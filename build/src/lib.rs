//! For `build.rs`: which folders `partitura::folder!` reads, so that a new file in one of them takes part at the next build.
//!
//! ```toml
//! [build-dependencies]
//! partitura-build = "0.1"
//! ```
//!
//! ```no_run
//! // build.rs
//! partitura_build::watch("src/models");
//! ```
//!
//! A macro can read a folder, but not tell cargo that it did: only a build script can. `folder!` refuses a folder that nobody
//! watches, since a new file there would take part at some later build.

use std::path::Path;

/// Watches `folder`, with all that is in it, from the folder of the package's `Cargo.toml`: `"src/models"`.
///
/// What it prints is for cargo: call it from `build.rs`.
///
/// # Panics
/// If the path is not Unicode.
pub fn watch(folder: impl AsRef<Path>) {
    lines(folder.as_ref()).iter().for_each(|line| println!("{line}"));
}

fn lines(folder: &Path) -> [String; 3] {
    let Some(folder) = folder.to_str() else { panic!("`{}` is not Unicode", folder.display()) };
    [
        // As soon as one is named, cargo looks no longer at every file of the package.
        "cargo::rerun-if-changed=build.rs".to_owned(),
        format!("cargo::rerun-if-changed={folder}"),
        format!("cargo::rustc-env={}={folder}", variable(folder)),
    ]
}

/// By this `folder!` knows that the folder is watched. One for each, since a second value would replace the first.
fn variable(folder: &str) -> String {
    let name = folder.trim_start_matches("./").trim_end_matches('/');
    let name: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    format!("PARTITURA_WATCHES_{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_is_told_of_the_folder_and_the_macro_that_it_is_watched() {
        let told = lines(Path::new("./src/my-models/"));
        assert_eq!(told[1], "cargo::rerun-if-changed=./src/my-models/");
        assert_eq!(told[2], "cargo::rustc-env=PARTITURA_WATCHES_SRC_MY_MODELS=./src/my-models/");
    }
}
