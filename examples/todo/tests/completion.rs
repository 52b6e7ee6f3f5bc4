//! Completion in real shells: each loads the script that the program prints, and is asked as by the key.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;

const PROGRAM: &str = env!("CARGO_BIN_EXE_todo");

/// What was typed, the last word as far as it is, and what the shell offers.
const CASES: [(&[&str], &[&str]); 6] = [
    (&["de"], &["describe"]),
    (&["execute", "todo.A"], &["todo.AddTask"]),
    (&["execute", "todo.AddTask", "--t"], &["--title"]),
    (&["execute", "todo.AddTask", "--priority", ""], &["low", "normal", "high"]),
    (&["graph", "--format", ""], &["mermaid", "dot", "svg"]),
    (&["completions", "f"], &["fish"]),
];

/// A folder with the script and a file in it, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(shell: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("todo-completion-{shell}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let script = Command::new(PROGRAM).args(["completions", shell]).output().unwrap();
        assert!(script.status.success());
        std::fs::write(folder.join("script"), script.stdout).unwrap();
        std::fs::write(folder.join("a-file.json"), "{}").unwrap();
        Folder(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Whether the shell is here. Where everything has to hold, it is.
fn is_here(shell: &str) -> bool {
    let here = Command::new(shell).arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(here || std::env::var("CI").is_err(), "{shell} is needed: .ci/run installs it");
    if !here {
        eprintln!("SKIPPED: {shell} is not installed");
    }
    here
}

/// The lines that the shell prints, which runs `code` in the folder, the program first in its path.
#[track_caller]
fn lines(shell: &str, flags: &[&str], folder: &Folder, code: &str, typed: &[&str]) -> Vec<String> {
    let path = format!("{}:{}", Path::new(PROGRAM).parent().unwrap().display(), std::env::var("PATH").unwrap());
    let output = Command::new(shell)
        .args(flags)
        .args(["-c", code, shell, "todo"])
        .args(typed)
        .current_dir(&folder.0)
        .env("PATH", path)
        .env("HOME", &folder.0)
        .output()
        .unwrap();
    let [out, err] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(err, "", "{shell}: {typed:?}: {out}");
    out.lines().map(str::trim_end).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash() {
    if !is_here("bash") {
        return;
    }
    let folder = Folder::new("bash");
    let code =
        "source ./script; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _todo todo; printf '%s\\n' \"${COMPREPLY[@]}\"";
    let ask = |typed: &[&str]| lines("bash", &["--norc"], &folder, code, typed);
    for (typed, expect) in CASES {
        assert_eq!(ask(typed), expect, "{typed:?}");
    }
    // As bash takes words apart: what is behind `=` is what it replaces.
    assert_eq!(ask(&["graph", "--format", "=", "s"]), ["svg"]);
    assert_eq!(ask(&["execute", "todo.AddTask", "--priority", "="]), ["low", "normal", "high"]);
    let registered = lines("bash", &["--norc"], &folder, "source ./script; complete -p todo", &[]);
    assert_eq!(registered, ["complete -o bashdefault -o default -F _todo todo"], "files, where nothing is offered");
}

#[test]
fn zsh() {
    if !is_here("zsh") {
        return;
    }
    let folder = Folder::new("zsh");
    // Its widgets, which draw on a terminal, print.
    let code = "compdef() { :; }; _files() { print -l FILES; }; \
                _describe() { local -a all; all=(\"${(@P)3}\"); print -rl -- \"${(@)all%%:*}\"; }; \
                source ./script; words=(\"$@\"); CURRENT=$#; _todo";
    let ask = |typed: &[&str]| lines("zsh", &["-f"], &folder, code, typed);
    for (typed, expect) in CASES {
        assert_eq!(ask(typed), expect, "{typed:?}");
    }
    assert_eq!(ask(&["execute", "--json", ""]), ["FILES"]);
    let code = "autoload -U compinit; compinit -D -u; source ./script; print $_comps[todo]";
    assert_eq!(lines("zsh", &["-f"], &folder, code, &[]), ["_todo"]);
}

#[test]
fn fish() {
    if !is_here("fish") {
        return;
    }
    let folder = Folder::new("fish");
    let ask = |typed: &[&str]| {
        let code = format!("source ./script; complete -C '{}'", [&["todo"], typed].concat().join(" "));
        let found = lines("fish", &["--no-config"], &folder, &code, &[]);
        found.iter().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for (typed, expect) in CASES {
        let (mut expect, mut found) = (expect.to_vec(), ask(typed));
        // It has an order of its own.
        expect.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expect, "{typed:?}");
    }
    assert_eq!(ask(&["execute", "--json", "a-f"]), ["a-file.json"]);
}
