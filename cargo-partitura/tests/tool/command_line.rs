//! The command line: what it says of itself, and to whoever mistypes it. Nothing is compiled here.

use std::fs;

use crate::support::Folder;

#[test]
fn every_verb_says_what_it_does() {
    let folder = Folder::new("help");
    let mut text = folder.partitura("", &["--help"]).done().out;
    for verb in
        ["new", "add", "run", "check", "routes", "describe", "graph", "expand", "diff", "explain", "doctor", "clean"]
    {
        text += &format!("\n========== {verb}\n{}", folder.partitura("", &[verb, "--help"]).done().out);
    }
    insta::assert_snapshot!("help", text);
}

#[test]
fn a_mistake_is_a_line_and_its_fix_and_leaves_nothing_behind() {
    let folder = Folder::new("mistakes");
    fs::create_dir(folder.path("taken")).unwrap();
    let mut told = String::new();
    let mut refused = |arguments: &[&str], code: i32| {
        let said = folder.partitura("", arguments);
        assert_eq!((said.code, said.out.as_str()), (code, ""), "{arguments:?}: {said:?}");
        assert!(said.err.contains("fix: ") && said.err.lines().count() == 2, "{arguments:?}: {}", said.err);
        told += &format!("$ cargo partitura {}\n{}\n", arguments.join(" "), said.err);
    };
    refused(&["new", "shop", "--template", "servcie"], 2);
    refused(&["new", "taken"], 1);
    refused(&["new", "3d-shop"], 2);
    refused(&["new", "my shop"], 2);
    refused(&["new", "crate"], 2);
    refused(&["new", "domain", "--template", "modules"], 2);
    refused(&["new", "not/there/shop"], 1);
    refused(&["new", "shop", "--path", "taken"], 2);
    refused(&["add", "command", "pay"], 1);
    refused(&["check"], 1);
    refused(&["explain", "PT9999"], 2);
    refused(&["explain", "zebra"], 2);
    let left: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["taken"]);
    insta::assert_snapshot!("mistakes", told);
}

#[test]
fn two_binaries_are_told_apart() {
    let folder = Folder::new("two");
    folder.project("two", "minimal");
    folder.write("two/src/bin/other.rs", "fn main() {}\n");
    let said = folder.partitura("two", &["check"]);
    assert_eq!(said.code, 2);
    assert_eq!(
        said.err,
        "error: there are 2 binaries: other, two\n  fix: say which: --bin other, or `default-run` in Cargo.toml\n"
    );
    let said = folder.partitura("two", &["check", "--bin", "tow"]);
    assert_eq!((said.code, said.err.as_str()), (2, "error: no binary is named `tow`; did you mean `two`?\n"));
}

#[test]
fn add_refuses_what_it_does_not_understand_and_a_dry_run_changes_nothing() {
    let folder = Folder::new("add");
    folder.project("shop", "minimal");
    let before = files(&folder);
    let said = folder.partitura("shop", &["add", "command", "open-account", "--route", "post /accounts", "--dry-run"]);
    insta::assert_snapshot!(
        "dry_run",
        said.done().out.replace(&crate::support::checkout().display().to_string(), "[CHECKOUT]")
    );
    let refused = |arguments: &[&str], word: &str| {
        let said = folder.partitura("shop", arguments);
        assert!(said.code != 0 && said.err.contains(word), "{arguments:?}: {said:?}");
    };
    refused(&["add", "command", "greeting"], "is there already");
    refused(&["add", "command", "x", "--route", "fetch /x"], "the method is one of get, post");
    refused(&["add", "command", "x", "--route", "get /x"], "`get` only reads");
    refused(&["add", "command", "x", "--route", "post /x/{type}"], "`type` cannot be a name");
    refused(&["add", "event", "x", "--route", "get /x"], "an event has no --route");
    refused(&["add", "step", "x"], "no folder");
    refused(&["add", "command", "x", "--module", "shp"], "did you mean `shop`?");
    assert_eq!(files(&folder), before, "a refusal changes nothing");

    let odd =
        folder.read("shop/src/main.rs").replace("partitura::app! {", "macro_rules! app { () => {} } partitura::app! {");
    folder.write("shop/src/main.rs", &odd.replace("mod greeting;\n", "").replace("modules: []", "modules: MODULES"));
    let before = files(&folder);
    refused(&["add", "module", "billing"], "I do not see the one `modules: [..]`");
    refused(&["add", "command", "pay"], "I do not see where `mod pay;` belongs");
    assert_eq!(files(&folder), before, "a refusal changes nothing");
}

fn files(folder: &Folder) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut open = vec![folder.path("shop")];
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                open.push(entry);
            } else {
                all.push((entry.display().to_string(), fs::read_to_string(&entry).unwrap()));
            }
        }
    }
    all.sort();
    all
}
