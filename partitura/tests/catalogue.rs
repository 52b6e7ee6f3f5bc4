//! Codes, pages and sources agree.
#![allow(missing_docs)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn codes(text: &str) -> BTreeSet<String> {
    text.match_indices("PT0")
        .filter_map(|(at, _)| text.get(at..at + 6))
        .filter(|code| code[2..].chars().all(|c| c.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

fn sources(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(codes(&std::fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn every_code_has_a_page_and_every_page_a_code() {
    let mut used = BTreeSet::new();
    for room in ["runtime/src", "macros/src", "adapters"] {
        sources(&root().join(room), &mut used);
    }
    let pages: BTreeSet<String> = std::fs::read_dir(root().join("docs/diagnostics"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().trim_end_matches(".md").to_owned())
        .filter(|name| name != "README")
        .collect();
    assert_eq!(used, pages);
    let index = std::fs::read_to_string(root().join("docs/diagnostics/README.md")).unwrap();
    assert_eq!(codes(&index), pages, "the index lists them all");
}

#[test]
fn readme_shows_the_quickstart_as_it_is() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let program = read("examples/quickstart/src/main.rs");
    assert!(program.lines().count() < 40, "the program of the README is short");
    assert!(read("README.md").contains(&program), "README.md shows another program than examples/quickstart");
}
