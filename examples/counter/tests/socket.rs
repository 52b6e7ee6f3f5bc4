//! Two processes and a socket between them.
#![cfg(unix)]
#![allow(clippy::disallowed_methods, reason = "these tests watch real processes")]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use partitura::socket::connect;
use partitura::wire::Request;
use partitura::{Error, Kind};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_counter");

/// A folder that is gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("counter-{}-{name}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir(&folder).unwrap();
        Folder(folder)
    }

    fn socket(&self) -> PathBuf {
        self.0.join("c.sock")
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(&self.0).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    fn program(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.current_dir(&self.0).arg("--set").arg(format!("socket.path={}", self.socket().display()));
        command.args(arguments).env_remove("TRACEPARENT");
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.program(arguments).stdin(Stdio::null()).output().unwrap()
    }

    fn serve(&self, settings: &[&str]) -> Server {
        let mut command = self.program(&[]);
        for setting in settings {
            command.arg("--set").arg(setting);
        }
        Server::of(command.arg("serve"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

struct Server(Child);

impl Server {
    /// Returns when it is ready.
    fn of(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = Server(command.spawn().unwrap());
        let mut lines = BufReader::new(server.0.stderr.take().unwrap()).lines();
        let mut told = Vec::new();
        for line in lines.by_ref().map_while(Result::ok) {
            let is_ready = line.starts_with("ready");
            told.push(line);
            if is_ready {
                std::thread::spawn(move || lines.for_each(drop));
                return server;
            }
        }
        panic!("it does not start:\n{}", told.join("\n"));
    }

    fn signal(&self, signal: &str) {
        let killed = Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap();
        assert!(killed.success());
    }

    fn ended(mut self) -> ExitStatus {
        for _ in 0..1_500 {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("it does not end");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn mode(path: &Path) -> u32 {
    std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn send_answers_as_execute_does() {
    let folder = Folder::new("send");
    let _server = folder.serve(&[]);
    let lines: [&[&str]; 13] = [
        &["counter.Add", "--by", "0"],
        &["counter.Add", "--yb", "3"],
        &["counter.Add", "--by", "x", "stray"],
        &["counter.Add", "--by", "30000"],
        &["counter.Add", "--by"],
        &["counter.Ad", "--by", "3"],
        &["counter.Add@7", "--by", "3"],
        &["counter.Add", "--json", "nowhere.json"],
        &["counter.Reset"],
        &["counter.Wait", "--millis", "1"],
        &["counter.Add", "--by", "0", "--output", "yaml"],
        &["counter.Add", "--by", "0", "--output", "table"],
        &["counter.Add", "--by", "x", "--output", "xml"],
    ];
    for line in lines {
        let executed = folder.run(&[&["--set", "log.level=error", "execute"], line].concat());
        let sent = folder.run(&[&["--set", "log.level=error", "send"], line].concat());
        assert_eq!(sent.status.code(), executed.status.code(), "{line:?}: {}", text(&sent.stderr));
        assert_eq!(text(&sent.stdout), text(&executed.stdout), "{line:?}");
        // Nobody is known to `execute`, and the kernel knows who sends.
        if line[0] != "counter.Reset" {
            assert_eq!(text(&sent.stderr), text(&executed.stderr), "{line:?}");
        }
    }
    assert_eq!(folder.run(&["send", "counter.Reset"]).status.code(), Some(77));
    assert_eq!(folder.run(&["send"]).status.code(), Some(2));
    assert_eq!(folder.run(&["send", "--owner", "x"]).status.code(), Some(2));
    assert_eq!(folder.run(&["send", "--timeout", "20ms", "counter.Wait", "--millis", "60000"]).status.code(), Some(75));
    let streamed = folder.run(&["send", "counter.Count", "--to", "3"]);
    assert_eq!((text(&streamed.stdout).as_str(), streamed.status.code()), ("1\n2\n3\n", Some(0)));
    let help = folder.run(&["send", "counter.Add", "--help"]);
    assert!(text(&help.stdout).contains("--by  required, integer"), "{}", text(&help.stdout));
    let nobody = Folder::new("nobody").run(&["send", "counter.Add", "--by", "1"]);
    assert!(nobody.status.code() == Some(69) && text(&nobody.stderr).contains("PT0454"), "{}", text(&nobody.stderr));
}

#[test]
fn the_input_comes_from_stdin_and_items_as_they_come() {
    let folder = Folder::new("stdin");
    let _server = folder.serve(&[]);
    let mut child = folder
        .program(&["send", "counter.Count", "--json", "-", "--pace", "150"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(br#"{"to": 4}"#).unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "1");
    let began = Instant::now();
    assert_eq!(lines.map(Result::unwrap).collect::<Vec<_>>(), ["2", "3", "4"]);
    assert!(began.elapsed() > Duration::from_millis(250), "the first came long before the last");
    assert!(child.wait().unwrap().success());
}

#[test]
fn whoever_has_read_enough_ends_the_stream() {
    let folder = Folder::new("enough");
    let _server = folder.serve(&[]);
    let script =
        format!("{PROGRAM} send --socket {} counter.Count --to 1000000000 | head -2", folder.socket().display());
    let mut child = Command::new("sh").args(["-c", &script]).stdout(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        assert!(began.elapsed() < Duration::from_secs(20), "it counts on for nobody");
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(text(&child.wait_with_output().unwrap().stdout), "1\n2\n");
}

#[test]
fn an_application_that_does_not_describe_itself_is_taken_to_be_as_the_program_is() {
    let folder = Folder::new("secretive");
    let _server = folder.serve(&["socket.describe=false"]);
    let sent = folder.run(&["send", "counter.Add", "--by", "2"]);
    assert_eq!(text(&sent.stdout), "2\n", "{}", text(&sent.stderr));
    assert_eq!(folder.run(&["send", "counter.Ad", "--by", "2"]).status.code(), Some(66));
}

#[test]
fn python_speaks_it_in_thirty_lines() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../adapters/socket/tests/client.py");
    assert!(std::fs::read_to_string(&script).unwrap().lines().count() <= 30);
    let has_python = Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success());
    if !has_python {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "python3 is needed there");
        eprintln!("SKIPPED: no python3");
        return;
    }
    let folder = Folder::new("python");
    let _server = folder.serve(&[]);
    let spoken = Command::new("python3").arg(script).arg(folder.socket()).output().unwrap();
    assert_eq!(text(&spoken.stdout), "2\n1\n2\n3\ncancelled\n", "{}", text(&spoken.stderr));
}

#[test]
fn the_file_is_the_users_alone_whatever_the_umask_says() {
    let folder = Folder::new("mode");
    let mut command = Command::new("sh");
    let script = format!("umask 000; exec {PROGRAM} --set socket.path={} serve", folder.socket().display());
    let server = Server::of(command.current_dir(&folder.0).args(["-c", &script]));
    let found = std::fs::symlink_metadata(folder.socket()).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!((mode(&folder.socket()), found.uid()), (0o600, std::fs::metadata(&folder.0).unwrap().uid()));
    assert_eq!(folder.names(), ["c.sock"], "what it was made in is gone");
    drop(server);
    drop(std::fs::remove_file(folder.socket()));
    let _server = folder.serve(&["socket.mode=\"0666\""]);
    assert_eq!(mode(&folder.socket()), 0o666);
    let wrong = folder.run(&["--set", "socket.mode=\"rw\"", "serve"]);
    assert!(wrong.status.code() == Some(78) && text(&wrong.stderr).contains("three octal digits"), "{wrong:?}");
}

#[test]
fn a_stale_file_is_replaced_a_live_one_refused_and_what_is_no_socket_left_alone() {
    let folder = Folder::new("stale");
    let server = folder.serve(&[]);
    let refused = folder.run(&["serve"]);
    assert_eq!(refused.status.code(), Some(73));
    assert!(text(&refused.stderr).contains("a process listens at"), "{}", text(&refused.stderr));
    assert!(folder.run(&["send", "counter.Add", "--by", "1"]).status.success(), "the one that lives goes on");
    server.signal("-KILL");
    server.ended();
    assert!(folder.socket().exists(), "nobody removed it");
    let server = folder.serve(&[]);
    assert!(folder.run(&["send", "counter.Add", "--by", "1"]).status.success());
    server.signal("-TERM");
    assert_eq!(server.ended().code(), Some(0));
    assert_eq!(folder.names(), [""; 0], "a stop removes it");
    std::fs::write(folder.socket(), "precious").unwrap();
    let refused = folder.run(&["serve"]);
    assert_eq!(refused.status.code(), Some(73));
    assert!(text(&refused.stderr).contains("is no socket"), "{}", text(&refused.stderr));
    assert_eq!(std::fs::read_to_string(folder.socket()).unwrap(), "precious");
    let long = format!("socket.path={}/{}", folder.0.display(), "x".repeat(120));
    let refused = folder.run(&["--set", &long, "serve"]);
    assert!(refused.status.code() == Some(69) && text(&refused.stderr).contains("longer than"), "{refused:?}");
}

#[test]
fn of_many_that_start_at_once_one_listens() {
    let folder = Folder::new("race");
    // Stale, so that all of them want to replace it.
    let server = folder.serve(&[]);
    server.signal("-KILL");
    server.ended();
    let mut all: Vec<Child> = (0..6)
        .map(|_| folder.program(&["serve"]).stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
        .collect();
    let began = Instant::now();
    let running = loop {
        all.retain_mut(|child| child.try_wait().unwrap().is_none());
        if all.len() == 1 || began.elapsed() > Duration::from_secs(20) {
            break all.len();
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    std::thread::sleep(Duration::from_millis(200));
    let answered = folder.run(&["send", "counter.Add", "--by", "1"]).status.success();
    for child in &mut all {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    assert_eq!((running, answered), (1, true));
}

#[test]
fn it_is_opened_when_it_is_configured_or_named() {
    let folder = Folder::new("default");
    let plain = || {
        let mut command = Command::new(PROGRAM);
        command.current_dir(&folder.0).env("XDG_RUNTIME_DIR", &folder.0).env("TMPDIR", &folder.0);
        command
    };
    let _idle = Server::of(plain().arg("serve"));
    assert_eq!(folder.names(), [""; 0]);
    let named = Server::of(plain().args(["serve", "--only", "socket"]));
    assert_eq!(folder.names(), ["counter.sock"]);
    assert!(plain().args(["send", "counter.Who"]).output().unwrap().status.success());
    named.signal("-TERM");
    named.ended();
    // Without the variable in a folder of the user's own.
    let _named = Server::of(plain().env_remove("XDG_RUNTIME_DIR").args(["serve", "--only", "socket"]));
    let uid = std::fs::metadata(&folder.0).unwrap().uid();
    let own = folder.0.join(format!("partitura-{uid}"));
    assert_eq!((mode(&own), mode(&own.join("counter.sock"))), (0o700, 0o600));
    std::fs::set_permissions(&own, std::fs::Permissions::from_mode(0o777)).unwrap();
    std::fs::rename(own.join("counter.sock"), folder.0.join("away")).unwrap();
    let refused = plain().env_remove("XDG_RUNTIME_DIR").args(["serve", "--only", "socket"]).output().unwrap();
    assert!(text(&refused.stderr).contains("no folder of this user alone"), "{}", text(&refused.stderr));
}

#[tokio::test]
async fn who_calls_is_what_the_kernel_says_with_the_roles_of_the_configuration() {
    let folder = Folder::new("who");
    let uid = std::fs::metadata(&folder.0).unwrap().uid();
    let _server = folder.serve(&[&format!("socket.roles.\"{uid}\"=[\"admin\"]")]);
    let client = connect(folder.socket()).await.unwrap();
    let who = client.execute("counter.Who", Value::Null).await.unwrap();
    assert_eq!(who["subject"], json!(format!("uid:{uid}")));
    assert_eq!((&who["roles"], &who["claims"]["uid"]), (&json!(["admin"]), &json!(uid)));
    assert_eq!(who["claims"]["pid"], json!(std::process::id()));
    client.execute("counter.Reset", Value::Null).await.unwrap();
}

#[tokio::test]
async fn sigterm_lets_a_stream_end_and_takes_nothing_new() {
    let folder = Folder::new("drain");
    let server = folder.serve(&[]);
    let client = connect(folder.socket()).await.unwrap();
    let mut items = client.stream("counter.Count", json!({ "to": 20, "pace": 50 })).await.unwrap();
    assert_eq!(items.next().await.unwrap().unwrap(), json!(1));
    server.signal("-TERM");
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(!folder.socket().exists(), "a successor may have its place");
    let late = client.execute("counter.Add", json!({ "by": 1 })).await.unwrap_err();
    assert_eq!((late.kind(), late.code()), (Kind::Unavailable, "PT0308"));
    let mut last = 1;
    while let Some(item) = items.next().await {
        last = item.unwrap().as_u64().unwrap();
    }
    assert_eq!(last, 20);
    let status = tokio::task::spawn_blocking(move || server.ended()).await.unwrap();
    assert_eq!(status.code(), Some(0));
}

#[tokio::test]
async fn what_is_open_after_the_budget_of_a_stop_is_told_so() {
    let folder = Folder::new("budget");
    let server = folder.serve(&["runtime.stop_timeout=300ms"]);
    let client = connect(folder.socket()).await.unwrap();
    let mut items = client.stream("counter.Count", json!({ "to": 1_000_000, "pace": 20 })).await.unwrap();
    assert_eq!(items.next().await.unwrap().unwrap(), json!(1));
    server.signal("-TERM");
    let error = loop {
        match items.next().await {
            Some(Ok(_)) => {}
            Some(Err(error)) => break error,
            None => panic!("it cannot have ended"),
        }
    };
    assert_eq!((error.kind(), error.code()), (Kind::Unavailable, "PT0308"));
    tokio::task::spawn_blocking(move || server.ended()).await.unwrap();
    let gone = client.execute("counter.Who", Value::Null).await.unwrap_err();
    assert_eq!((gone.kind(), gone.code()), (Kind::Unavailable, "PT0444"));
}

#[tokio::test]
async fn a_thousand_requests_are_in_flight_from_many_connections() {
    let folder = Folder::new("thousand");
    let _server = folder.serve(&[]);
    let began = Instant::now();
    let mut all = Vec::new();
    for _ in 0..10 {
        let client = connect(folder.socket()).await.unwrap();
        for _ in 0..100 {
            let client = client.clone();
            all.push(tokio::spawn(async move { client.execute("counter.Wait", json!({ "millis": 1500 })).await }));
        }
    }
    for answer in all {
        assert_eq!(answer.await.unwrap().unwrap(), json!(1500));
    }
    assert!(began.elapsed() < Duration::from_secs(12), "one after another they take 25 minutes, ten at a time 150 s");
    // More than the places of one connection wait for one, and are not refused.
    let client = connect(folder.socket()).await.unwrap();
    let many = (0..400).map(|_| client.execute("counter.Add", json!({ "by": 1 })));
    let sums = futures_util::future::join_all(many).await.into_iter().collect::<Result<Vec<_>, Error>>().unwrap();
    assert_eq!(sums.iter().filter_map(Value::as_i64).max(), Some(400));
}

#[tokio::test]
async fn a_client_that_never_reads_holds_nobody_else_up() {
    use tokio::io::AsyncWriteExt;
    let folder = Folder::new("deaf");
    let _server = folder.serve(&["socket.frame_timeout=500ms"]);
    let mut deaf = tokio::net::UnixStream::connect(folder.socket()).await.unwrap();
    let request = |id: u32| {
        let text = json!({
            "type": "request", "id": id, "name": "counter.Count", "body": { "to": 1_000_000_000 }, "stream": true, "credit": 1_000
        });
        let text = text.to_string();
        [&(text.len() as u32).to_be_bytes(), text.as_bytes()].concat()
    };
    let mut id = 0;
    let left = loop {
        id += 1;
        match tokio::time::timeout(Duration::from_secs(3), deaf.write_all(&request(id))).await {
            Ok(Ok(())) if id < 1_000_000 => {}
            Ok(Err(error)) => break error.kind(),
            other => panic!("{other:?} after {id}"),
        }
        if id % 100 == 0 {
            let client = connect(folder.socket()).await.unwrap();
            client.send(Request::new("counter.Add", json!({ "by": 1 })).timeout(Duration::from_secs(2))).await.unwrap();
        }
    };
    assert!(matches!(left, std::io::ErrorKind::BrokenPipe | std::io::ErrorKind::ConnectionReset), "{left:?}");
}

#[tokio::test]
async fn a_client_is_cheap_to_clone_cancels_what_is_dropped_and_says_when_it_is_lost() {
    let folder = Folder::new("client");
    let server = folder.serve(&[]);
    let client = connect(folder.socket()).await.unwrap();
    assert_eq!(client.application(), Some("Counter"));
    // Dropped, they give their places back: there are 128.
    for _ in 0..300 {
        let waits = client.execute("counter.Wait", json!({ "millis": 60_000 }));
        drop(tokio::time::timeout(Duration::from_millis(1), waits).await);
        let mut items = client.stream("counter.Count", json!({ "to": 1_000_000 })).await.unwrap();
        assert_eq!(items.next().await.unwrap().unwrap(), json!(1));
    }
    let error =
        client.send(Request::new("counter.Wait", json!({ "millis": 60_000 })).timeout(Duration::from_millis(50)));
    assert_eq!(error.await.unwrap_err().kind(), Kind::Timeout);
    let error = client.execute("counter.Add", json!({ "by": 5_000 })).await.unwrap_err();
    assert_eq!((error.kind(), error.failures()[0].pointer.as_str()), (Kind::Invalid, "/by"));
    let waits = tokio::spawn({
        let client = client.clone();
        async move { client.execute("counter.Wait", json!({ "millis": 60_000 })).await }
    });
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.signal("-KILL");
    let lost = waits.await.unwrap().unwrap_err();
    assert_eq!((lost.kind(), lost.code()), (Kind::Unavailable, "PT0444"));
    assert!(!client.is_connected());
}
