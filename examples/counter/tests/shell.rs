//! The verb `shell` as a process: scripts, attached and not. What it does at a terminal is shown by `adapters/shell/tests/tmux`.
#![cfg(unix)]
#![allow(missing_docs)]
#![allow(clippy::disallowed_methods, reason = "these tests watch real processes")]

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_counter");

/// A folder that is gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("counter-shell-{}-{name}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir(&folder).unwrap();
        Folder(folder)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command
            .current_dir(&self.0)
            .args(arguments)
            .env_remove("TRACEPARENT")
            .env("XDG_STATE_HOME", self.0.join("state"));
        command.env("XDG_RUNTIME_DIR", &self.0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `shell` with `input` as its stdin.
    fn shell(&self, arguments: &[&str], input: impl AsRef<[u8]>) -> Ran {
        let mut child = self.command(&["shell"]).args(arguments).spawn().unwrap();
        // One that stops early reads no more.
        drop(child.stdin.take().unwrap().write_all(input.as_ref()));
        ran(child.wait_with_output().unwrap())
    }

    /// Serves, and returns when it is ready.
    fn serve(&self, settings: &[&str]) -> Server {
        let mut command = self.command(&["serve", "--only", "socket"]);
        for setting in settings {
            command.arg("--set").arg(setting);
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.starts_with("ready")));
        std::thread::spawn(move || lines.for_each(drop));
        Server(child)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[derive(Debug, PartialEq)]
struct Ran {
    out: String,
    err: String,
    code: Option<i32>,
}

fn ran(output: Output) -> Ran {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
}

fn is(out: &str, err: &str, code: i32) -> Ran {
    Ran { out: out.to_owned(), err: err.to_owned(), code: Some(code) }
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap().success());
}

/// Waits for its end, not for ever.
fn ended(mut child: Child) -> Ran {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > Duration::from_secs(30) {
            drop(child.kill());
            panic!("it does not end: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    ran(child.wait_with_output().unwrap())
}

#[test]
fn a_script_is_run_in_one_application() {
    let folder = Folder::new("script");
    let script = "\
# All of it in one process: the total is kept between.
counter.Add --by 2
Add {
  \"by\": 40
}
output compact
Count --to 3
counter.Who
as ada teller
Who
";
    let expected = "\
2
42
1
2
3
{\"subject\":null,\"roles\":[],\"claims\":{}}
{\"subject\":\"ada\",\"roles\":[\"teller\"],\"claims\":{}}
";
    assert_eq!(folder.shell(&[], script), is(expected, "", 0));
    std::fs::write(folder.0.join("s.txt"), script).unwrap();
    assert_eq!(folder.shell(&["--script", "s.txt"], ""), is(expected, "", 0));
    // A script is no history.
    assert!(!folder.0.join("state").exists());
}

#[test]
fn it_stops_at_the_first_failure_unless_it_shall_go_on() {
    let folder = Folder::new("failure");
    let script = "Add --by 1\n\nAdd --by 2000\nAdd --by 1\nReset\n";
    let stopped = folder.shell(&[], script);
    assert_eq!((&*stopped.out, stopped.code), ("1\n", Some(65)), "{stopped:?}");
    let told = "stdin:3: error[invalid]: the input of `counter.Add` breaks 1 rule
stdin:3:   --by: must be at least -1000 and at most 1000
";
    assert_eq!(stopped.err, told);
    let on = folder.shell(&["--keep-going"], script);
    assert_eq!((&*on.out, on.code), ("1\n2\n", Some(65)), "{on:?}");
    assert_eq!(on.err, format!("{told}stdin:5: error[PT0313]: `counter.Reset` needs credentials\n"));
    // As `execute` says it.
    let executed = ran(folder.command(&["execute", "counter.Add", "--by", "2000"]).output().unwrap());
    let same: String = executed.err.lines().map(|line| format!("stdin:3: {line}\n")).collect();
    assert_eq!((same, executed.code), (stopped.err, stopped.code));
    for (line, code, what) in [
        ("counter.Ad --by 1", 66, "did you mean `counter.Add`?"),
        ("Waat --millis 1", 66, "no message and no command is named `Waat`; did you mean `counter.Wait`?"),
        ("hlep", 66, "did you mean `help`?"),
        ("counter.Add --yb 1", 2, "stdin:1: --yb: unknown field; did you mean `--by`?"),
        ("counter.Add {\"by\": \"much\"}", 2, "stdin:1: input: /by: "),
        ("counter.Add {\"by\": 1,}", 2, "stdin:1: input:1:"),
        ("counter.Add {\"by\": 1, \"by\": 2}", 2, "/by"),
        ("counter.Add --json -", 2, "stdin is where the commands come from"),
        ("counter.Add {\n\n", 2, "stdin:1: error[PT0472]: the script ends within this command"),
        ("output xml", 2, "stdin:1: `output` is written: output json|compact|table"),
        ("ls nothing", 66, "there is no message that fits `nothing`"),
        ("trace", 66, "error[PT0475]: nothing has been sent yet"),
        ("counter.Wait --millis 5000", 75, "error[PT0304]"),
    ] {
        let ran = folder.shell(&[], if code == 75 { format!("timeout 50ms\n{line}\n") } else { format!("{line}\n") });
        assert_eq!((&*ran.out, ran.code), ("", Some(code)), "{line}: {ran:?}");
        assert!(ran.err.contains(what), "{line}: {ran:?}");
    }
}

#[test]
fn commands_answer_on_stdout() {
    let folder = Folder::new("commands");
    let ran = folder
        .shell(&[], "ls count*\nhelp Count\nCount --help\nhelp counter.Reset\nAdd --by 1\ntrace\nquit\nAdd --by 1\n");
    assert_eq!((&*ran.err, ran.code), ("", Some(0)));
    let count = "\
counter.Count, query

Counts up, a number at a time.

Fields
  --to    required, integer  The last number.
  --pace  optional, integer  Milliseconds between two. [default: 0]

Reply: a stream of u64
";
    assert!(ran.out.contains("counter.Add    command  Adds to the total, and answers with it.\n"), "{}", ran.out);
    assert_eq!(ran.out.matches("Counts up, a number at a time.\n\nFields").count(), 2, "{}", ran.out);
    assert!(ran.out.contains(count), "{}", ran.out);
    assert!(ran.out.contains("Who may send it: callers with the role admin\n"), "{}", ran.out);
    let last: Vec<&str> = ran.out.lines().rev().take(2).collect();
    assert_eq!((last[0].len(), last[1]), (32, "1"), "{last:?}");
    let described = folder.shell(&[], "describe Wait");
    assert!(described.out.starts_with("{\n  \"name\": \"counter.Wait\""), "{described:?}");
    assert_eq!(folder.shell(&["--what"], "").code, Some(2));
    let help = folder.shell(&["--help"], "");
    assert!(help.out.contains("Usage: shell [OPTIONS]") && help.code == Some(0), "{help:?}");
    let missing = folder.shell(&["--script", "none.txt"], "");
    assert!(missing.err.contains("--script none.txt: ") && missing.code == Some(2), "{missing:?}");
}

#[test]
fn it_attaches_to_the_application_that_runs() {
    let folder = Folder::new("attach");
    let nobody = folder.shell(&["--attach"], "Add --by 1\n");
    assert!(nobody.err.contains("error[PT0454]") && nobody.code == Some(69), "{nobody:?}");
    let server = folder.serve(&[]);
    assert_eq!(folder.shell(&["--attach"], "Add --by 1\nAdd --by 1\n"), is("1\n2\n", "", 0));
    let path = folder.0.join("counter.sock");
    let again = folder.shell(&["--attach", path.to_str().unwrap()], "output compact\nWho\nas root\n");
    assert!(again.out.starts_with("{\"subject\":\"uid:"), "{again:?}");
    assert!(again.err.contains("stdin:3: error[PT0473]") && again.code == Some(77), "{again:?}");
    let refused = folder.shell(&["--attach"], "subscribe #\n");
    assert!(refused.err.contains("error[PT0447]") && refused.code == Some(77), "{refused:?}");
    // An application that goes away ends no shell: it says so, command by command.
    let mut child = folder.command(&["shell", "--attach", "--keep-going"]).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    input.write_all(b"Add --by 1\n").unwrap();
    output.read_line(&mut line).unwrap();
    drop(server);
    let server = folder.serve(&[]);
    input.write_all(b"Add --by 5\n").unwrap();
    output.read_line(&mut line).unwrap();
    drop(input);
    let ran = ended(child);
    assert_eq!((&*line, ran.code), ("3\n5\n", Some(0)), "{ran:?}");
    assert!(ran.err.contains("connected again to "), "{ran:?}");
    drop(server);
    // The path that the configuration says; and an application that does not describe itself.
    let elsewhere = format!("socket.path={}", folder.0.join("e.sock").display());
    let _server = folder.serve(&[&elsewhere, "socket.describe=false"]);
    let mut child = folder.command(&["--set", &elsewhere, "shell", "--attach"]).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"Add --by 1\n").unwrap();
    let ran = ended(child);
    assert_eq!((&*ran.out, ran.code), ("1\n", Some(0)));
    assert!(ran.err.contains("names and fields are those of this program"), "{ran:?}");
}

#[test]
fn a_signal_ends_a_script_within_a_stream() {
    let folder = Folder::new("signal");
    let server = folder.serve(&[]);
    for (name, arguments) in [("INT", &[][..]), ("TERM", &[]), ("INT", &["--attach"])] {
        let mut child = folder.command(&["shell"]).args(arguments).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(b"Count --to 1000000 --pace 20\nAdd --by 1\n").unwrap();
        // So that one that goes on comes to its end.
        drop(input);
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        signal(&child, name);
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        let ran = ended(child);
        assert_eq!((&*line, ran.code, &*ran.err), ("1\n", Some(75), ""), "{name} {arguments:?}");
        // The command behind it was not run.
        assert!(rest.lines().last().is_none_or(|last| last != "1"), "{rest}");
    }
    // And while it waits for a command.
    let child = folder.command(&["shell"]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(500));
    signal(&child, "INT");
    assert_eq!(ended(child).code, Some(75));
    drop(server);
}

#[test]
fn whoever_reads_no_more_ends_it() {
    let folder = Folder::new("pipe");
    let mut child = folder.command(&["shell"]).spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    child.stdin.take().unwrap().write_all(b"Count --to 100000000\n").unwrap();
    output.read_line(&mut String::new()).unwrap();
    drop(output);
    assert_eq!(ended(child).code, Some(0));
}

#[test]
fn what_cannot_start_is_told() {
    let folder = Folder::new("start");
    let mut command = folder.command(&["--set", "runtime.timeout=soon", "shell"]);
    let wrong = ran(command.stdin(Stdio::null()).output().unwrap());
    assert_eq!(wrong.code, Some(78), "{wrong:?}");
    // It is no way in that `serve` could open.
    let serve = folder.command(&["serve", "--only", "shell"]).output().unwrap();
    assert_eq!(serve.status.code(), Some(2));
    let told = String::from_utf8(serve.stderr).unwrap();
    // Which others there are depends on what is built together.
    let offered = told.lines().find_map(|line| line.trim().strip_prefix("[possible values: ")).unwrap_or_default();
    assert!(offered.contains("socket") && !offered.contains("shell"), "{told}");
}
