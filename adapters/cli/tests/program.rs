//! A whole program with an entrypoint, in a process of its own: signals, panics, ends.
//!
//! The program is this file once more: the test `program` is the application when it is started with arguments for it.
#![cfg(unix)]
#![allow(missing_docs)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use partitura::config::Config;
use partitura::entrypoint::{Exit, Invocation, Subcommand};
use partitura::prelude::*;
use partitura::{App, Blueprint, Entrypoint, Failure};
use partitura_cli::World;

partitura::app! { pub Program { modules: [] } }

/// Never answers.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Hang {}

#[handler(timeout = "1h")]
async fn hang(_command: Hang) -> Result<()> {
    eprintln!("hanging");
    std::future::pending().await
}

/// Blocks its thread for good.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Block {}

#[handler]
async fn block(_command: Block) -> Result<()> {
    eprintln!("blocking");
    loop {
        std::thread::park();
    }
}

/// Blocks its thread for good, and the driver of the runtime along with it: a timer has woken it.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Doze {}

#[handler]
async fn doze(_command: Doze, cx: &Context) -> Result<()> {
    cx.env().sleep(Duration::from_millis(20)).await;
    block_thread("dozing")
}

fn block_thread(told: &str) -> ! {
    eprintln!("{told}");
    loop {
        std::thread::park();
    }
}

/// Says something.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Say {}

#[handler]
async fn say(_command: Say, _second: &Second, cx: &Context) -> Result<()> {
    cx.emit(Said {}).await
}

/// Has no pool to take from.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Draw {}

#[handler]
async fn draw(_command: Draw) -> Result<()> {
    Err(no_pool())
}

fn no_pool() -> Error {
    Error::unavailable("no \x1b[31mpool").with_source(std::io::Error::other("it is\ndry"))
}

/// Panics.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Panic {}

#[handler]
async fn panics(_command: Panic) -> Result<()> {
    panic!("the inside")
}

/// Something was said.
#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Said {}

#[handler]
async fn hears(_event: &Said, cx: &Context) -> Result<()> {
    if behaves("hearing") {
        eprintln!("hearing");
        cx.env().sleep(Duration::from_millis(500)).await;
        eprintln!("heard");
    }
    Ok(())
}

/// The trace that it runs in.
#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Trace {}

#[handler]
async fn trace(_query: Trace, cx: &Context) -> Result<String> {
    tracing::info!("asked");
    Ok(cx.trace_id().to_string())
}

/// Counts down.
#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Countdown {
    from: u32,
}

#[handler]
fn countdown(query: Countdown) -> impl Stream<Item = Result<u32>> + Send {
    futures_util::stream::iter((0..query.from).rev().map(|number| match number < 20_000 {
        true => Ok(number),
        false => Err(Error::conflict("too far")),
    }))
}

/// Where the secret is.
#[derive(Deserialize)]
#[config(section = "vault")]
pub struct Vault {
    #[serde(default)]
    word: Option<Secret<String>>,
    #[serde(default)]
    pin: Option<Secret<u32>>,
    #[serde(default)]
    door: String,
}

/// Opens it.
#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Open {}

#[handler]
async fn open(_query: Open, vault: &Vault) -> Result<bool> {
    Ok(vault.word.is_some() && vault.pin.is_some() && !vault.door.is_empty())
}

/// Built before the slow one.
pub struct First;

#[provider(dispose = end_first)]
fn first() -> First {
    First
}

async fn end_first(_: &First) -> Result<()> {
    disposed("first")
}

/// Built after the first one.
pub struct Second;

#[provider(dispose = end_second)]
fn second(_first: &First) -> Second {
    Second
}

async fn end_second(_: &Second) -> Result<()> {
    if behaves("clinging") {
        eprintln!("clinging");
        std::future::pending::<()>().await;
    }
    if behaves("clogged") {
        block_thread("clogged");
    }
    disposed("second")
}

fn disposed(what: &str) -> Result<()> {
    if ["slow", "blocking", "clinging", "hearing"].into_iter().any(behaves) {
        eprintln!("disposed of the {what}");
    }
    Ok(())
}

/// What takes for ever to be built, if the environment says so.
pub struct Slow;

#[provider]
async fn slow(_second: &Second) -> Result<Slow> {
    if behaves("loud") {
        eprintln!("building");
    }
    if behaves("slow") {
        eprintln!("building");
        std::future::pending::<()>().await;
    }
    if behaves("blocking") {
        eprintln!("building");
        std::thread::park();
    }
    if behaves("dozing") {
        partitura::env::Env::real().sleep(Duration::from_millis(20)).await;
        block_thread("building");
    }
    if behaves("dry") {
        return Err(no_pool());
    }
    if behaves("panicking") {
        panic!("as asked");
    }
    Ok(Slow)
}

/// Needs it.
#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Wait {
    #[serde(default)]
    seconds: u8,
    #[serde(default)]
    odd: Odd,
}

/// Whose decoder does not like it.
#[derive(Default, Serialize, JsonSchema)]
pub struct Odd(u8);

impl<'de> Deserialize<'de> for Odd {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = u8::deserialize(deserializer)?;
        assert!(number % 2 == 1, "even");
        Ok(Odd(number))
    }
}

#[handler]
async fn wait(query: Wait, _slow: &Slow) -> Result<u8> {
    Ok(query.seconds + query.odd.0)
}

/// A way in that listens nowhere. What it does is in the environment: it does not start, or never ends draining.
struct Wire;

fn behaves(how: &str) -> bool {
    std::env::var("WIRE").is_ok_and(|text| text == how)
}

impl Entrypoint for Wire {
    fn name(&self) -> &'static str {
        "wire"
    }

    fn is_enabled(&self, _: &App) -> bool {
        !behaves("off")
    }

    fn check(&self, _: &'static Blueprint, config: &Config) -> Result<()> {
        let door = config.section::<Vault>().map_err(Error::from)?.door;
        let failures = vec![Failure::new("vault.door", "wire", format!("there is no wire to `{door}`: leave it out"))];
        let error = Error::invalid("the wire cannot be strung").with_code("PT0410").with_failures(failures);
        if behaves("unfit") { Err(config.placed(error)) } else { Ok(()) }
    }

    fn start<'a>(&'a self, _: &'a App) -> partitura_runtime::future::BoxFuture<'a, Result<String>> {
        let answer = match behaves("broken") {
            true => Err(Error::unavailable("wire://nowhere is taken").with_failures(vec![Failure::new(
                "wire.address",
                "taken",
                "choose another one",
            )])),
            false => Ok("wire://nowhere".to_owned()),
        };
        Box::pin(std::future::ready(answer))
    }

    fn drain(&self) -> partitura_runtime::future::BoxFuture<'_, ()> {
        if behaves("stuck") { Box::pin(std::future::pending()) } else { Box::pin(std::future::ready(())) }
    }

    fn stop(&self) -> partitura_runtime::future::BoxFuture<'_, Result<()>> {
        Box::pin(std::future::ready(Ok(())))
    }

    fn subcommands(&self) -> Vec<Subcommand> {
        let echo = |invocation: Invocation| -> partitura_runtime::future::BoxFuture<'static, Result<String>> {
            let profile = invocation.config.profile().unwrap_or("none").to_owned();
            Box::pin(async move {
                match invocation.arguments.first().map(String::as_str) {
                    Some("--fail") => Err(Error::unavailable("nobody listens")),
                    Some("--hang") => {
                        eprintln!("hanging");
                        std::future::pending().await
                    }
                    Some("--take") => {
                        let mut console = invocation.terminal.take().await?;
                        assert!(invocation.terminal.take().await.is_err(), "there is one");
                        assert!(!console.is_terminal);
                        writeln!(console.stderr, "taken")?;
                        if invocation.arguments.len() > 1 {
                            std::future::pending::<()>().await;
                        }
                        let told = [console.signals.recv().await, console.signals.recv().await].map(Option::unwrap);
                        invocation.terminal.tell(format!("{told:?}")).await;
                        Err(Error::internal("told already").with_source(Exit(42)))
                    }
                    _ => Ok(format!("{:?} {profile}", invocation.arguments)),
                }
            })
        };
        vec![
            Subcommand { name: "echo", about: "Says it again", run: Box::new(echo) },
            Subcommand { name: "serve", about: "Can never be called", run: Box::new(echo) },
        ]
    }
}

/// No test, but the program.
#[test]
fn program() {
    let Ok(line) = std::env::var("PROGRAM") else { return };
    if line == "(listen)" {
        listen();
    }
    let (mut stdin, mut stdout, mut stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let mut world = World::process(&mut stdin, &mut stdout, &mut stderr);
    world.program = "program".to_owned();
    world.arguments = line.split_whitespace().map(Into::into).collect();
    partitura_cli::panics_to_the_log();
    let code = partitura_cli::run(Program::BLUEPRINT, vec![Arc::new(Wire)], world);
    std::process::exit(code.into());
}

/// Asks for the signal, gets it before anybody has polled for it, and only then waits for it.
fn listen() -> ! {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let signal = partitura::host::signal();
        let own = std::process::id().to_string();
        assert!(Command::new("kill").args(["-TERM", &own]).status().unwrap().success());
        signal.await.unwrap();
    });
    std::process::exit(0)
}

fn command(line: &str, environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "program", "--nocapture", "--quiet"])
        .env("PROGRAM", line)
        .env_remove("RUST_BACKTRACE")
        .env_remove("TRACEPARENT")
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs it to its end: stdout without what the test harness writes, stderr, exit code.
#[track_caller]
fn run(line: &str, environment: &[(&str, &str)]) -> (String, String, i32) {
    let output = command(line, environment).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let out = text(output.stdout);
    let out = out.strip_prefix("\nrunning 1 test\n").unwrap_or(&out).to_owned();
    (out, text(output.stderr), output.status.code().unwrap())
}

/// A program that has written `line` to stderr.
struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
}

impl Running {
    #[track_caller]
    fn until(line: &str, environment: &[(&str, &str)], wanted: &str) -> Self {
        let mut child = command(line, environment).spawn().unwrap();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut seen = String::new();
        while !seen.lines().any(|line| line == wanted) {
            assert!(stderr.read_line(&mut seen).unwrap() > 0, "no `{wanted}` in\n{seen}");
        }
        Running { child, stderr }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// What it writes until its end, and its exit code.
    fn end(mut self) -> (String, i32) {
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        (rest, self.child.wait().unwrap().code().unwrap())
    }
}

#[test]
fn execute_prints_a_stream_as_an_array() {
    let (out, err, code) = run("execute program.Countdown --from 3", &[]);
    assert_eq!((out.as_str(), code), ("[\n  2,\n  1,\n  0\n]\n", 0), "{err}");
    let (out, err, code) = run("execute program.Countdown --from 20001", &[]);
    assert!(out.is_empty() && err.contains("too far"), "{out}{err}");
    assert_eq!(code, 73);
    // As it comes, so it has no limit.
    let (out, err, code) = run("execute program.Countdown --from 20000", &[]);
    assert_eq!((out.lines().count(), code), (20_002, 0), "{err}");
    let (out, ..) = run("describe program.Countdown", &[]);
    assert!(out.contains("reply\n  a stream of u32\n"), "{out}");
}

#[test]
fn serve_says_where_it_listens_and_stops_at_a_signal() {
    for signal in ["TERM", "INT"] {
        let running = Running::until("serve", &[], "ready: wire at wire://nowhere");
        running.signal(signal);
        let (rest, code) = running.end();
        assert_eq!(code, 0, "{rest}");
    }
}

#[test]
fn serve_stops_within_its_budget_whatever_an_entrypoint_does() {
    let running =
        Running::until("serve --set runtime.stop_timeout=50ms", &[("WIRE", "stuck")], "ready: wire at wire://nowhere");
    running.signal("TERM");
    let (rest, code) = running.end();
    assert!(rest.contains("error[PT0309]: the entrypoints did not drain within 50ms"), "{rest}");
    assert_eq!(code, 75);
}

#[test]
fn a_second_signal_ends_at_once() {
    let running = Running::until(
        "serve --set runtime.stop_timeout=1h --set log.level=info",
        &[("WIRE", "stuck")],
        "ready: wire at wire://nowhere",
    );
    running.signal("INT");
    let mut running = running;
    let mut seen = String::new();
    while !seen.contains("stopping") {
        assert!(running.stderr.read_line(&mut seen).unwrap() > 0, "{seen}");
    }
    running.signal("INT");
    assert_eq!(running.end().1, 130);
}

#[test]
fn serve_tells_why_an_entrypoint_did_not_open() {
    let (_, err, code) = run("serve --set log.level=off", &[("WIRE", "broken")]);
    let told = "error[PT0204]: `wire` did not open: wire://nowhere is taken\n  wire.address: choose another one\n";
    assert_eq!((err.as_str(), code), (told, 69));
}

/// A folder with this `partitura.toml`, and the flag that names it.
fn folder(name: &str, text: &str) -> (String, String) {
    let folder = std::env::temp_dir().join(format!("partitura-check-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("partitura.toml"), text).unwrap();
    let folder = folder.display().to_string();
    (folder.clone(), format!("--config-dir {folder}"))
}

/// What `check` says of the handler whose timeout is longer than anybody gives it.
fn long() -> String {
    let handler =
        include_str!("program.rs").lines().position(|line| line == "#[handler(timeout = \"1h\")]").unwrap() + 1;
    format!(
        "warning[PT0207]: `program.Hang` may take 3600s, and `runtime.timeout` gives a message 30s, unless its caller says \
         more: raise `runtime.timeout`, or make the timeout shorter\n  --> adapters/cli/tests/program.rs:{handler}\n"
    )
}

#[test]
fn check_tells_what_serve_would_of_an_entrypoint() {
    let (folder, flag) = folder("vault", "[vault]\n\ndoor = 'barn'\n");
    let wrong = [("WIRE", "unfit")];
    let place = format!("{folder}/partitura.toml:3");
    let told = format!(
        "error[PT0410]: the wire cannot be strung\n  vault.door: there is no wire to `barn`: leave it out ({place}:8)\n"
    );
    let (_, err, code) = run(&format!("serve --set log.level=off {flag}"), &wrong);
    assert_eq!((err.as_str(), code), (told.as_str(), 78));
    let (out, err, code) = run(&format!("check {flag}"), &wrong);
    assert_eq!((out, err, code), (format!("{told}  --> {place}\n{}1 error, 1 warning\n", long()), String::new(), 78));
    let (out, _, code) = run(&format!("check --json {flag}"), &wrong);
    let findings: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&findings[0]["code"], &findings[0]["places"], code), (&"PT0410".into(), &vec![place].into(), 78));
}

#[test]
fn check_tells_what_serve_would_of_the_configuration() {
    let (folder, flag) = folder("timeout", "[runtime]\ntimeuot = '1s'\n[log]\nlevel = 1\n");
    let (_, told, code) = run(&format!("serve {flag}"), &[]);
    assert_eq!(code, 78);
    let (out, _, code) = run(&format!("check {flag}"), &[]);
    let lines: Vec<&str> = out.lines().filter_map(|line| line.strip_prefix("error[PT0206]: ")).collect();
    // The place of each stands below it.
    let words = told.replace(&format!("{folder}/partitura.toml:2:1: "), "");
    let words = words.replace(&format!("{folder}/partitura.toml:4:9: "), "");
    assert_eq!((lines.join("\n") + "\n", code), (words, 78));
    for line in [2, 4] {
        assert!(out.contains(&format!("  --> {folder}/partitura.toml:{line}\n")), "{out}");
    }
    assert!(out.ends_with("2 errors, 0 warnings\n"), "{out}");
    let (out, _, code) = run("check --config-dir /nowhere", &[]);
    assert!(out.starts_with("error[PT0206]: --config-dir /nowhere: there is no such folder\n"), "{out}");
    assert_eq!(code, 78);
}

#[test]
fn check_tells_what_serve_would_of_the_framework_s_own_sections() {
    let text = "[session]\nhistory = 0\n[log.filter]\n\"a b\" = \"info\"\n";
    let (path, flag) = folder("own", text);
    let (out, _, code) = run(&format!("check {flag}"), &[]);
    let told = out.replace(&format!("{path}/"), "");
    let session = "error[PT0206]: `session.history` must be 1 or more\n  --> partitura.toml:2\n";
    let log = "error[PT0206]: `a b` is not the path of a module, such as `accounts::store`\n  --> partitura.toml:4\n";
    assert!(told.contains(session) && told.contains(log), "{told}");
    assert_eq!(code, 78);
    let (_, err, code) = run(&format!("serve {flag}"), &[]);
    let session = "partitura.toml:2:11: `session.history` must be 1 or more\n";
    let log = "partitura.toml:4:9: `a b` is not the path of a module, such as `accounts::store`\n";
    assert_eq!((err.replace(&format!("{path}/"), ""), code), (format!("{session}{log}"), 78));
    let (_, err, code) = run("serve --set session.history=0", &[]);
    assert_eq!((err.as_str(), code), ("--set session.history=..: `session.history` must be 1 or more\n", 78));
}

#[test]
fn check_tells_a_time_that_nobody_is_given() {
    let (out, _, code) = run("check", &[]);
    assert_eq!((out.starts_with(&long()), code), (true, 0), "{out}");
    for quiet in ["runtime.timeout=2h", "runtime.timeout=0s", "messages.\"program.Hang\".timeout=30s"] {
        let (out, _, code) = run(&format!("check --set {quiet}"), &[]);
        assert_eq!((out.starts_with("ok: "), code), (true, 0), "{quiet}: {out}");
    }
    let (folder, flag) = folder(
        "long",
        "[runtime]\ntimeout = '5s'\n[messages.'program.Panic']\ntimeout = '6s'\n[subscribers]\n'program.hears' = { timeout = '7s' }\n",
    );
    let (out, _, _) = run(&format!("check {flag}"), &[]);
    let out = out.replace(&format!("{folder}/"), "");
    for part in [
        "`program.Hang` may take 3600s, and `runtime.timeout` gives a message 5s (partitura.toml:2:11), unless",
        "`program.Panic` may take 6s (partitura.toml:4:11), and `runtime.timeout` gives a message 5s (partitura.toml:2:11)",
        "`program.hears` may take 7s (partitura.toml:6:31), and `runtime.timeout` gives it 5s (partitura.toml:2:11): raise",
        "  --> partitura.toml:6\n",
    ] {
        assert!(out.contains(part), "{part} is not in\n{out}");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn serve_says_that_nothing_listens() {
    let running = Running::until("serve --set log.level=off", &[("WIRE", "off")], "ready");
    running.signal("TERM");
    assert_eq!(running.end().1, 0);
    let (_, err, code) = run("serve --only wrie", &[]);
    assert!(err.contains("a similar value exists: 'wire'"), "{err}");
    assert_eq!(code, 2);
}

#[test]
fn a_signal_is_heard_from_the_call_on_and_not_from_the_first_poll() {
    assert_eq!(command("(listen)", &[]).output().unwrap().status.code(), Some(0));
}

#[test]
fn a_signal_ends_a_start_and_what_was_built_is_disposed_of_in_reverse() {
    for line in ["serve", "execute program.Wait"] {
        let running = Running::until(line, &[("WIRE", "slow")], "building");
        running.signal("TERM");
        let (rest, code) = running.end();
        let told = "cancelled while the application was starting\ndisposed of the second\ndisposed of the first\n";
        assert_eq!((rest.as_str(), code), (told, 75), "{line}");
    }
}

#[test]
fn a_provider_that_blocks_its_thread_does_not_keep_a_start_that_is_cancelled() {
    let line = "serve --set runtime.stop_timeout=50ms";
    let running = Running::until(line, &[("WIRE", "blocking")], "building");
    running.signal("TERM");
    let (rest, code) = running.end();
    let told = "cancelled while the application was starting\n\
        error[PT0309]: what was being built did not end within 50ms and was left behind\n";
    assert_eq!((rest.as_str(), code), (told, 75));
}

#[test]
fn a_signal_ends_a_verb_of_an_entrypoint() {
    let running = Running::until("echo --hang", &[], "hanging");
    running.signal("TERM");
    assert_eq!(running.end(), ("cancelled\n".to_owned(), 75));
}

#[test]
#[allow(clippy::disallowed_methods, reason = "it waits for a real process")]
fn a_verb_that_takes_the_terminal_is_told_of_signals_and_has_its_own_exit_code() {
    let running = Running::until("echo --take", &[], "taken");
    running.signal("INT");
    // A second one that comes while the first has not been taken would end it.
    std::thread::sleep(Duration::from_millis(300));
    running.signal("TERM");
    assert_eq!(running.end(), ("[Interrupt, Terminate]\n".to_owned(), 42));
    let hanging = Running::until("echo --take forever", &[], "taken");
    for _ in 0..2 {
        hanging.signal("INT");
        std::thread::sleep(Duration::from_millis(300));
    }
    assert_eq!(hanging.end(), (String::new(), 130));
}

#[test]
fn a_mistake_of_the_input_is_told_before_anything_is_built() {
    let loud = [("WIRE", "loud")];
    let (out, err, code) = run("execute program.Wait --seconds many --second 1", &loud);
    let told = "--seconds: must be an integer, not `many`\n--second: unknown field; did you mean `--seconds`?\n";
    assert_eq!((out.as_str(), err.as_str(), code), ("", told, 2));
    let (out, err, code) = run("execute program.Wait --seconds 1 --odd 3", &loud);
    assert_eq!((out.as_str(), err.as_str(), code), ("4\n", "building\n", 0));
    let (_, err, code) = run("execute program.Wait --odd 4 --set log.level=off", &loud);
    assert_eq!((err.as_str(), code), ("internal error\n", 70), "a decoder that panics");
}

#[test]
fn a_signal_cancels_what_is_executed() {
    for signal in ["TERM", "INT"] {
        let running = Running::until("execute program.Hang", &[], "hanging");
        running.signal(signal);
        let (rest, code) = running.end();
        assert_eq!((rest.as_str(), code), ("error[cancelled]: `program.Hang` was cancelled by a signal\n", 75));
    }
}

#[test]
fn a_handler_that_blocks_its_thread_does_not_keep_the_process() {
    let running = Running::until("execute program.Block --set runtime.stop_timeout=50ms", &[], "blocking");
    running.signal("TERM");
    let (rest, code) = running.end();
    assert!(rest.starts_with("error[cancelled]: `program.Block` was cancelled by a signal\n"), "{rest}");
    assert_eq!(code, 75);
}

/// As on a machine with one core.
const ONE: (&str, &str) = ("TOKIO_WORKER_THREADS", "1");

#[test]
fn a_signal_is_heard_while_the_runtime_is_blocked() {
    // A worker is left, which nobody has told to wait for timers.
    let running = Running::until("execute program.Doze --set runtime.stop_timeout=50ms", &[], "dozing");
    running.signal("TERM");
    let (rest, code) = running.end();
    assert!(rest.starts_with("error[cancelled]: `program.Doze` was cancelled by a signal\n"), "{rest}");
    assert!(rest.contains("error[PT0309]: 1 messages were still running after 50ms"), "{rest}");
    assert_eq!(code, 75);
    // None is left.
    for message in ["program.Block", "program.Doze"] {
        let told = if message == "program.Block" { "blocking" } else { "dozing" };
        let running = Running::until(&format!("execute {message} --set runtime.stop_timeout=50ms"), &[ONE], told);
        running.signal("INT");
        let (rest, code) = running.end();
        assert!(rest.contains("error[PT0309]: the application did not stop within 50ms"), "{rest}");
        assert_eq!((rest.lines().count(), code), (2, 75), "{rest}");
    }
}

#[test]
fn a_signal_is_heard_while_a_provider_blocks_the_runtime() {
    for more in [&[][..], &[ONE]] {
        let environment: Vec<_> = more.iter().copied().chain([("WIRE", "dozing")]).collect();
        let running = Running::until("serve --set runtime.stop_timeout=50ms", &environment, "building");
        running.signal("TERM");
        let (rest, code) = running.end();
        assert!(rest.starts_with("cancelled while the application was starting\nerror[PT0309]: "), "{rest}");
        assert_eq!((rest.lines().count(), code), (2, 75), "{rest}");
    }
}

#[test]
fn a_second_signal_ends_at_once_whatever_blocks() {
    for environment in [&[ONE][..], &[]] {
        let line = "execute program.Doze --set runtime.stop_timeout=1h";
        let mut running = Running::until(line, environment, "dozing");
        running.signal("TERM");
        let mut seen = String::new();
        while !seen.contains("cancelled") {
            assert!(running.stderr.read_line(&mut seen).unwrap() > 0, "{seen}");
        }
        running.signal("TERM");
        assert_eq!(running.end(), ("ended before everything was closed\n".to_owned(), 130));
    }
}

#[test]
fn a_disposal_that_blocks_its_thread_does_not_keep_the_process() {
    let line = "execute program.Wait --set runtime.stop_timeout=50ms --seconds 1 --odd 1";
    let running = Running::until(line, &[("WIRE", "clogged")], "clogged");
    running.signal("TERM");
    let (rest, code) = running.end();
    assert!(rest.starts_with("error[PT0309]: the application did not stop within 50ms"), "{rest}");
    assert_eq!(code, 75);
}

#[test]
fn a_disposal_that_does_not_end_is_told_and_the_others_are_disposed_of() {
    let told = "clinging\ndisposed of the first\nerror[PT0309]: the disposal of `Second` did not end within 100ms and was left \
                behind\n";
    let line = "execute program.Wait --set runtime.stop_timeout=50ms --set log.level=off --seconds 1 --odd 1";
    let (out, err, code) = run(line, &[("WIRE", "clinging")]);
    assert_eq!((out.as_str(), err.as_str(), code), ("2\n", told, 75));
    let line = "serve --set runtime.stop_timeout=50ms --set log.level=off";
    let running = Running::until(line, &[("WIRE", "clinging")], "ready: wire at wire://nowhere");
    running.signal("TERM");
    assert_eq!(running.end(), (told.to_owned(), 75));
}

#[test]
fn a_signal_after_the_reply_lets_what_was_accepted_end() {
    let mut running = Running::until("execute program.Say", &[("WIRE", "hearing")], "hearing");
    running.signal("INT");
    let mut out = String::new();
    running.child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    assert!(out.contains("null"), "{out}");
    let told = "finishing what was accepted; one more signal ends at once\nheard\ndisposed of the second\n\
                disposed of the first\n";
    assert_eq!(running.end(), (told.to_owned(), 0));
}

#[test]
fn what_caused_an_error_is_told_to_the_operator_and_to_the_log() {
    let (_, err, code) = run("execute program.Wait --seconds 1 --odd 1", &[("WIRE", "dry")]);
    let provider = include_str!("program.rs").lines().position(|line| line.starts_with("async fn slow(")).unwrap();
    let told = format!(
        "error[PT0202]: the provider of `Slow` (adapters/cli/tests/program.rs:{provider}) failed: no \\u{{1b}}[31mpool\n  \
         caused by: it is dry\n"
    );
    assert_eq!((err, code), (told, 69));
    let (_, err, code) = run("execute program.Draw", &[]);
    assert_eq!((err.as_str(), code), ("error[unavailable]: no \\u{1b}[31mpool\n", 69), "a caller is not told");
    let (_, err, _) = run("execute program.Draw --set log.level=debug", &[]);
    assert!(err.contains("a message failed") && err.contains("caused by: it is"), "{err}");
}

#[test]
fn a_provider_that_panics_is_told_once() {
    let (_, err, code) = run("execute program.Wait --seconds 1 --odd 1 --set log.level=off", &[("WIRE", "panicking")]);
    assert_eq!(err.matches("the provider of `Slow`").count(), 1, "{err}");
    assert!(err.contains(" panicked: as asked\n"), "{err}");
    assert_eq!(code, 70);
}

#[test]
fn what_would_steer_a_terminal_is_escaped() {
    // The line is split at spaces.
    for line in
        ["execute program.\x1b[31mWait", "execute program.Wait --seconds \x1b[31m", "execute program.Wait --\x1b[31m 1"]
    {
        let (_, err, code) = run(line, &[]);
        assert!(err.contains("\\u{1b}[31m") && !err.contains('\x1b'), "{err:?}");
        assert!(code != 0, "{err}");
    }
}

#[test]
fn a_panic_is_one_line_and_its_text_is_in_the_log_only() {
    let (out, err, code) = run("execute program.Panic", &[]);
    assert_eq!((out.as_str(), code), ("", 70));
    assert!(err.contains("the inside") && err.contains("adapters/cli/tests/program.rs:"), "the log has it: {err}");
    assert!(!err.contains("RUST_BACKTRACE"), "{err}");
    let (_, err, code) = run("execute program.Panic --set log.level=off", &[]);
    assert!(err.starts_with("internal error (trace ") && err.lines().count() == 1, "{err}");
    assert_eq!(code, 70);
}

#[test]
fn the_trace_of_the_caller_is_taken() {
    let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let (out, _, code) = run("execute program.Trace", &[("TRACEPARENT", parent)]);
    assert_eq!((out.as_str(), code), ("\"4bf92f3577b34da6a3ce929d0e0e4736\"\n", 0));
    // What does not parse is as good as absent (W3C Trace Context).
    let (out, err, code) = run("execute program.Trace", &[("TRACEPARENT", "nonsense")]);
    assert_eq!((out.len(), err.as_str(), code), ("\"\"\n".len() + 32, "", 0));
}

#[test]
fn config_tells_origins_and_no_secret() {
    let (out, err, code) = run("config --set vault.door=front", &[("PROGRAM__VAULT__WORD", "sesame")]);
    assert_eq!((err.as_str(), code), ("", 0));
    let line = |key: &str| {
        let line = out.lines().find(|line| line.starts_with(key)).unwrap_or_default();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(line("vault.word"), "vault.word = *** # environment variable PROGRAM__VAULT__WORD");
    assert_eq!(line("vault.door"), "vault.door = \"front\" # --set vault.door=..");
    assert!(!out.contains("sesame"));
    let (out, err, code) = run("config --set vault.dor=front", &[("PROGRAM__VAULT__PIN", "sesame")]);
    let told = format!("{out}{err}");
    assert!(!told.contains("sesame"), "not even where it is wrong: {told}");
    assert!(!told.contains("front"), "a key that nobody reads may be a secret: {told}");
    assert!(err.contains("unknown key `vault.dor`; did you mean `door`?") && err.lines().count() == 2, "{err}");
    assert_eq!(code, 78);
}

#[test]
fn verbs_of_entrypoints_are_listed_and_run() {
    let (out, _, code) = run("--help", &[]);
    assert!(out.contains("echo         Says it again") && !out.contains("never be called"), "{out}");
    assert_eq!(code, 0);
    assert_eq!(run("echo a --help -x", &[]), ("[\"a\", \"--help\", \"-x\"] none\n".into(), String::new(), 0));
    assert_eq!(run("echo --fail", &[]).1, "error[unavailable]: nobody listens\n");
    assert_eq!(run("echo --fail", &[]).2, 69);
}
