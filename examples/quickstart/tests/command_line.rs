//! The command line, as somebody types it: the real program, its two streams and its exit code.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

/// Runs the program, and gives stdout, stderr and the exit code.
#[track_caller]
fn run(arguments: &[&str]) -> (String, String, i32) {
    run_with(arguments, &[], "")
}

#[track_caller]
fn run_with(arguments: &[&str], environment: &[(&str, &str)], stdin: &str) -> (String, String, i32) {
    let mut child = program()
        .args(arguments)
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(stdin.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code().unwrap())
}

fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_quickstart"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("QUICKSTART")) {
        program.env_remove(name);
    }
    program
}

#[test]
fn execute_prints_the_reply_as_json() {
    let (out, err, code) = run(&["execute", "quickstart.Greet", "--name", "Ada"]);
    assert_eq!((out.as_str(), err.as_str(), code), ("\"Hello, Ada!\"\n", "greeted Ada\n", 0));
    assert_eq!(run(&["execute", "quickstart.Greet", "--name=Ada"]).0, "\"Hello, Ada!\"\n");
    let json = run_with(&["execute", "quickstart.Greet", "--json", "-"], &[], r#"{"name": "Bob"}"#);
    assert_eq!(json.0, "\"Hello, Bob!\"\n");
    let over = run_with(&["execute", "quickstart.Greet", "--json", "-", "--name", "Eve"], &[], r#"{"name": "Bob"}"#);
    assert_eq!(over.0, "\"Hello, Eve!\"\n", "a field wins over the file");
}

#[test]
fn execute_tells_every_mistake_of_the_input_in_one_line_each() {
    let (out, err, code) = run(&["execute", "quickstart.Greet", "--nmae", "Ada", "--x", "1"]);
    assert_eq!(out, "");
    assert_eq!(
        err.lines().collect::<Vec<_>>(),
        [
            "--name: missing (string)",
            "--nmae: unknown field; did you mean `--name`?",
            "--x: unknown field; there is `--name`"
        ]
    );
    assert_eq!(code, 2);

    let (_, err, code) = run_with(&["execute", "quickstart.Greet", "--json", "-"], &[], r#"{"name": 3, "nam": 1}"#);
    assert_eq!(
        err,
        "stdin: /name: must be a string, not an integer\nstdin: /nam: unknown field `nam`; did you mean `name`?\n"
    );
    assert_eq!(code, 2);

    let (_, err, code) = run_with(&["execute", "quickstart.Greet", "--json", "-"], &[], "{\"name\": ");
    assert!(err.starts_with("stdin:1:9: is not JSON"), "{err}");
    assert_eq!(code, 2);
    let (_, err, code) = run_with(&["execute", "quickstart.Greet", "--json", "-"], &[], "\n");
    assert_eq!((err.as_str(), code), ("stdin: is empty\n", 2));
}

#[test]
fn execute_refuses_a_key_that_is_there_twice() {
    let twice = r#"{"name": "Ada", "nam": {"a/b": 1, "a/b": 2}, "name": "Bob"}"#;
    let (out, err, code) = run_with(&["execute", "quickstart.Greet", "--json", "-"], &[], twice);
    assert_eq!((out.as_str(), code), ("", 2));
    assert_eq!(
        err.lines().collect::<Vec<_>>(),
        [
            "stdin: /nam/a~1b: the field `a/b` is there twice",
            "stdin: /name: the field `name` is there twice",
            "stdin: /nam: unknown field `nam`; did you mean `name`?"
        ]
    );
    let file = std::env::temp_dir().join(format!("quickstart-twice-{}.json", std::process::id()));
    std::fs::write(&file, r#"{"name": "Ada", "name": "Ada"}"#).unwrap();
    let (_, err, code) = run(&["execute", "quickstart.Greet", "--json", file.to_str().unwrap(), "--name", "Eve"]);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(err, format!("{}: /name: the field `name` is there twice\n", file.display()), "whatever a field says");
    assert_eq!(code, 2);
}

#[test]
fn execute_of_an_unknown_message_names_the_near_one() {
    let (out, err, code) = run(&["execute", "quickstart.Great", "--name", "Ada"]);
    assert_eq!((out.as_str(), code), ("", 66));
    assert_eq!(err, "error[PT0307]: no message is named `quickstart.Great`; did you mean `quickstart.Greet`?\n");
}

#[test]
fn configuration_comes_from_variables_and_flags_and_the_flag_wins() {
    let polite = [("QUICKSTART__GREETING__POLITE", "true")];
    let ada = ["execute", "quickstart.Greet", "--name", "Ada"];
    assert_eq!(run_with(&ada, &polite, "").0, "\"Good day, Ada!\"\n");
    let flag = ["--set", "greeting.polite=false", "execute", "quickstart.Greet", "--name", "Ada"];
    assert_eq!(run_with(&flag, &polite, "").0, "\"Hello, Ada!\"\n");
    let (out, _, code) = run_with(&["config"], &polite, "");
    assert!(out.starts_with("greeting.polite = true  # environment variable QUICKSTART__GREETING__POLITE"), "{out}");
    assert_eq!(code, 0);
}

#[test]
fn configuration_that_does_not_parse_is_told_all_at_once() {
    let folder = std::env::temp_dir().join(format!("quickstart-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("partitura.toml"), "[greeting]\npolite = \"perhaps\"\nword = 1\n\n[logg]\nlevel = 1\n")
        .unwrap();
    let arguments = ["--config-dir", folder.to_str().unwrap(), "execute", "quickstart.Greet", "--name", "Ada"];
    let (out, err, code) = run(&arguments);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!((out.as_str(), code), ("", 78));
    let lines: Vec<&str> = err.lines().collect();
    assert_eq!(lines.len(), 3, "{err}");
    assert!(lines[0].contains("partitura.toml:2:10: `greeting.polite` must be"), "{err}");
    assert!(lines[1].contains("partitura.toml:3:1: unknown key `greeting.word`"), "{err}");
    assert!(lines[2].contains("partitura.toml:5:2: unknown section `logg`; did you mean `log`?"), "{err}");
}

#[test]
fn check_ls_and_describe_say_what_was_made_of_the_code() {
    assert_eq!(run(&["check"]), ("ok: 2 messages, 3 providers, 1 module\n".into(), String::new(), 0));
    let (out, _, code) = run(&["ls"]);
    assert_eq!(out.lines().next(), Some("quickstart.Greet    command  Greets somebody."));
    assert_eq!(code, 0);
    let (out, _, _) = run(&["describe", "--json"]);
    let described: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(described["messages"][0]["name"], "quickstart.Greet");
    assert_eq!(described["messages"][0]["handlers"][0]["name"], "greet");
    assert_eq!(described["messages"][0]["schema"]["properties"]["name"]["type"], "string");
    let (out, _, _) = run(&["execute", "quickstart.Greet", "--help"]);
    assert!(out.starts_with("Greets somebody.") && out.contains("--name  required, string"), "{out}");
}

#[test]
fn a_mistyped_verb_names_the_near_one() {
    let (out, err, code) = run(&["exectue"]);
    assert_eq!((out.as_str(), code), ("", 2));
    assert!(err.contains("a similar subcommand exists: 'execute'"), "{err}");
}

#[cfg(unix)]
#[test]
fn serve_stops_at_a_signal() {
    let mut child =
        program().arg("serve").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.by_ref().any(|line| line.unwrap() == "ready"), "it says when it is ready");
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(rest.iter().any(|line| line.contains("stopping")), "{rest:?}");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

/// Of this program there are no types to be had here: all but the typed send. The verb is there where another package of the same
/// build asks for the feature `parity`.
#[test]
fn one_answer_at_every_entrypoint() {
    let (out, err, code) = run(&["parity"]);
    if code == 2 && err.contains("unrecognized subcommand") && std::env::var_os("CI").is_none() {
        println!("SKIPPED: this build is without the feature `parity`");
        return;
    }
    assert_eq!(code, 0, "{out}{err}");
    assert!(out.contains("| `quickstart.Greet`") && out.contains("answers compared."), "{out}");
}
