//! Puts the templates and the catalogue of diagnostics into the program, so that it needs nothing beside itself.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap());
    println!("cargo::rerun-if-changed=build.rs");
    fs::write(out.join("templates.rs"), templates(&root.join("templates"))).unwrap();
    fs::write(out.join("catalogue.rs"), catalogue(&root.join("diagnostics"))).unwrap();
}

/// `&[("minimal", &[("src/main.rs", ".."), ..]), ..]`
fn templates(folder: &Path) -> String {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut text = String::from("&[\n");
    for template in sorted(folder) {
        let mut files = Vec::new();
        collect(&template, &template, &mut files);
        let name = template.file_name().unwrap().to_str().unwrap();
        let _ = writeln!(text, "({name:?}, &[");
        for (relative, file) in files {
            let _ = writeln!(text, "({relative:?}, include_str!({:?})),", file.to_str().unwrap());
        }
        text.push_str("]),\n");
    }
    text + "]\n"
}

/// `&[("PT0101", ".."), ..]`
fn catalogue(folder: &Path) -> String {
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut text = String::from("&[\n");
    for page in sorted(&folder.canonicalize().unwrap()) {
        let code = page.file_stem().unwrap().to_str().unwrap();
        if code.starts_with("PT") {
            let _ = writeln!(text, "({code:?}, include_str!({:?})),", page.to_str().unwrap());
        }
    }
    text + "]\n"
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    for path in sorted(folder) {
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let relative = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.push((relative, path));
        }
    }
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}
