//! Mistakes between crates. `workspace` holds small crates: some are right and are listed by others, the rest are cases,
//! each with what the compiler says of it in `expected.stderr`; a crate without that file compiles without a word.
//! `BLESS=1` writes the files anew; read them as the user who made the mistake would.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

#[test]
fn a_mistake_between_crates_is_told_in_the_application() {
    let room = workspace();
    let said = check(&room);
    let bless = ["BLESS", "TRYBUILD"].iter().any(|name| std::env::var_os(name).is_some_and(|value| value != "wip"));
    let mut wrong = Vec::new();
    for package in packages(&room) {
        let golden = room.join(&package).join("expected.stderr");
        let actual = said.get(&package).map_or("", String::as_str);
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if actual == expected {
            continue;
        }
        if !bless {
            wrong.push(format!("── {package}: expected\n{expected}\n── {package}: actual\n{actual}"));
        } else if actual.is_empty() {
            fs::remove_file(&golden).expect("the golden of a case that compiles now");
        } else {
            fs::write(&golden, actual).expect("the golden");
        }
    }
    assert!(wrong.is_empty(), "{}\nBLESS=1 accepts what is said now.", wrong.join("\n"));
}

/// The forms compile in `check`; here the strictest lints look at them, too.
#[test]
fn no_lint_looks_into_what_the_macros_write() {
    let room = workspace();
    let mut cargo = cargo(&room, "clippy");
    cargo.args([
        "-p",
        "forms",
        "-p",
        "forms-2021",
        "--examples",
        "--",
        "-Dwarnings",
        "-Wclippy::pedantic",
        "-Aclippy::unused_async",
    ]);
    let output = cargo.output().expect("cargo clippy runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn workspace() -> PathBuf {
    let room = Path::new(env!("CARGO_MANIFEST_DIR")).join("workspace");
    // The same versions as everywhere else, and nothing to ask the network for.
    fs::copy(room.join("../../Cargo.lock"), room.join("Cargo.lock")).expect("the lock file of the main workspace");
    room
}

fn packages(room: &Path) -> Vec<String> {
    let mut packages: Vec<String> = fs::read_dir(room)
        .expect("the workspace")
        .filter_map(|entry| entry.ok())
        .filter(|entry| entry.path().join("Cargo.toml").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    packages.sort();
    packages
}

fn cargo(room: &Path, verb: &str) -> Command {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../ui-workspace");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg(verb).current_dir(room).env("CARGO_TARGET_DIR", target).args(["--offline", "--quiet"]);
    cargo
}

/// One run for all cases: what the compiler says of each package.
fn check(room: &Path) -> BTreeMap<String, String> {
    let mut cargo = cargo(room, "check");
    cargo.args(["--workspace", "--lib", "--bins", "--examples", "--keep-going", "--message-format=json"]);
    let output = cargo.stderr(Stdio::piped()).output().expect("cargo check runs");
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        let Ok(line) = serde_json::from_str::<Value>(line) else { continue };
        if line["reason"] != "compiler-message" {
            continue;
        }
        let package = package(&line);
        let rendered = line["message"]["rendered"].as_str().unwrap_or_default();
        if is_summary(&line["message"]) || !room.join(&package).exists() {
            continue;
        }
        let text = said.entry(package).or_default();
        text.push_str(&normalised(rendered, room));
    }
    assert!(!said.is_empty(), "cargo said nothing:\n{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// `path+file:///…/workspace/accounts#0.0.0`
fn package(line: &Value) -> String {
    let id = line["package_id"].as_str().unwrap_or_default();
    let path = id.split('#').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}

fn is_summary(message: &Value) -> bool {
    let text = message["message"].as_str().unwrap_or_default();
    message["spans"].as_array().is_none_or(Vec::is_empty)
        && ["aborting due to", "For more information", "Some errors have"].iter().any(|start| text.starts_with(start))
}

/// Without what differs from one machine to the next, and without line numbers of files that are not the case's own.
fn normalised(rendered: &str, room: &Path) -> String {
    let root = room.join("../..").canonicalize().expect("the main workspace");
    let rendered = rendered.replace(&*root.to_string_lossy(), "$WORKSPACE");
    let mut foreign = false;
    let mut text = String::new();
    for line in rendered.lines() {
        let place = line.trim_start();
        if let Some(path) = place.strip_prefix("--> ").or(place.strip_prefix("::: ")) {
            foreign = path.starts_with('/') || path.starts_with('$') || path.starts_with("..");
            if foreign {
                let indent = &line[..line.len() - place.len()];
                text.push_str(&format!("{indent}--> {}\n", short(path)));
                continue;
            }
        }
        let number = line.trim_start().split(' ').next().unwrap_or_default();
        if foreign && !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) {
            text.push_str(&line.replacen(number, &" ".repeat(number.len()), 1));
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    text
}

/// The path without its line; of the registry and the toolchain only what follows the machine's own folders.
fn short(path: &str) -> String {
    let path = path.split(':').next().unwrap_or_default();
    let after = |marker: &str| path.find(marker).map(|at| &path[at + marker.len()..]);
    if let Some(rest) = after("/library/") {
        return format!("$RUST/{rest}");
    }
    match after("/registry/src/").and_then(|rest| rest.split_once('/')) {
        Some((_, rest)) => format!("$CARGO/{rest}"),
        None => path.replace("../../", "$WORKSPACE/"),
    }
}
