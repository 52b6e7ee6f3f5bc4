//! `check` on a project with five mistakes that compile, and one in its configuration: as a person reads them, and as an editor does.

use crate::support::{Folder, checkout};

fn five_mistakes(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.project("wrong", "minimal");
    folder.write("wrong/src/main.rs", include_str!("five-mistakes/src/main.rs"));
    // Its section of the configuration stays, and belongs to nothing.
    std::fs::remove_file(folder.path("wrong/src/greeting.rs")).unwrap();
    folder
}

#[test]
fn mistakes_are_shown_with_their_lines_and_as_json() {
    let folder = five_mistakes("check");
    let said = folder.partitura("wrong", &["check"]);
    assert_eq!(said.code, 1, "{said:?}");
    insta::assert_snapshot!("five_mistakes_text", said.out);

    let said = folder.partitura("wrong", &["check", "--json"]);
    assert_eq!(said.code, 1, "{said:?}");
    let mut shown = String::new();
    let mut findings = 0;
    for line in said.out.lines() {
        let message: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(message["reason"], "compiler-message");
        let code = message["message"]["code"]["code"].as_str().unwrap_or_default();
        // What rustc warns of stands there, too.
        if code.starts_with("PT") {
            findings += 1;
            shown += &format!("{message:#}\n");
            // The columns are those of the text that is there.
            for span in message["message"]["spans"].as_array().unwrap() {
                let bytes = std::fs::read(folder.path("wrong").join(span["file_name"].as_str().unwrap())).unwrap();
                let at = |key: &str| usize::try_from(span[key].as_u64().unwrap()).unwrap();
                let text = String::from_utf8(bytes[at("byte_start")..at("byte_end")].to_vec()).unwrap();
                let line = span["text"][0]["text"].as_str().unwrap();
                assert_eq!(text, line.trim());
                assert_eq!(text.chars().count(), at("column_end") - at("column_start"));
            }
        }
    }
    assert_eq!(findings, 6, "{shown}");
    let root = folder.path("wrong").display().to_string();
    insta::assert_snapshot!("five_mistakes_json", shown.replace(&root, "[ROOT]"));
}

#[test]
fn what_does_not_compile_is_told_once_and_in_the_form_that_was_asked_for() {
    let folder = Folder::new("broken");
    folder.project("broken", "minimal");
    let file = "broken/src/greeting.rs";
    let text = folder.read(file).replace("config: &GreetingConfig", "config: &Missing");
    folder.write(file, &text);
    let said = folder.partitura("broken", &["check"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("error: `broken` does not compile\n  fix: what the compiler says above"), "{}", said.err);
    let said = folder.partitura("broken", &["check", "--json"]);
    assert_eq!(said.code, 1);
    assert!(
        said.out.lines().all(|line| line.starts_with('{')) && said.out.contains("\"level\":\"error\""),
        "{}",
        said.out
    );
    assert!(checkout().join("partitura").is_dir());
}
