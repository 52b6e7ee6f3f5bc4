//! The command line, with arguments, streams and environment of the proof's own.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::sync::Arc;

use partitura_cli::{World, run};
use partitura_runtime::entrypoint::Entrypoint;
use partitura_runtime::error::Kind;
use partitura_runtime::telemetry::trace::TraceParent;
use partitura_socket::Socket;
use serde_json::Value;

use super::{Asked, socket};
use crate::answer::{Answer, Refusal};
use crate::home::Home;

/// What a program printed, and its exit code.
pub(super) struct Printed {
    pub(super) code: u8,
    pub(super) out: String,
    pub(super) err: String,
}

pub(crate) async fn ask(asked: &Asked, home: &Home<'_>, trace: TraceParent) -> Result<Answer, String> {
    let input = home.case.input.to_string();
    let behind = [home.message.to_owned(), "--json".to_owned(), "-".to_owned()];
    let printed = match home.case.before.is_empty() {
        true => {
            let mut arguments = vec!["execute".to_owned()];
            if let Some(roles) = &home.case.roles {
                arguments.extend(["--as".to_owned(), home.subject()]);
                arguments.extend(roles.iter().flat_map(|role| ["--role".to_owned(), role.clone()]));
            }
            arguments.extend(behind);
            home.watch.begin();
            program(home, arguments, input, trace, Vec::new()).await?
        }
        // `execute` has an application of its own, in which nothing has happened: so `send`, to one that runs.
        false => {
            let (app, socket) = socket::open(home).await?;
            let arguments =
                ["send".to_owned(), "--socket".to_owned(), home.path("socket").to_string_lossy().into_owned()];
            let arguments = arguments.into_iter().chain(behind).collect();
            let printed = program(home, arguments, input, trace, vec![Arc::new(Socket::new())]).await;
            socket::close(&app, &socket).await?;
            printed?
        }
    };
    read(&printed, asked.streams)
}

/// Runs the program with these arguments, and the configuration of the proof.
pub(super) async fn program(
    home: &Home<'_>,
    mut arguments: Vec<String>,
    stdin: String,
    trace: TraceParent,
    entrypoints: Vec<Arc<dyn Entrypoint>>,
) -> Result<Printed, String> {
    let mut all = vec!["--config-dir".to_owned(), home.ground.folder.path().to_string_lossy().into_owned()];
    all.extend(home.settings().into_iter().flat_map(|text| ["--set".to_owned(), text]));
    all.append(&mut arguments);
    let blueprint = home.ground.blueprint;
    // It makes a tokio runtime of its own.
    let ran = tokio::task::spawn_blocking(move || {
        let (mut stdin, mut out, mut err) = (stdin.as_bytes(), Vec::new(), Vec::new());
        let world = World {
            program: "app".to_owned(),
            arguments: all.into_iter().map(OsString::from).collect(),
            environment: Some(vec![("TRACEPARENT".to_owned(), trace.to_string())]),
            stdin: &mut stdin,
            stdout: &mut out,
            stderr: &mut err,
            notes: Arc::new(|_| {}),
            is_terminal: false,
            width: None,
            log: |_| Ok(true),
            stop: || Box::pin(std::future::pending()),
            console: None,
        };
        let code = run(blueprint, entrypoints, world);
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Printed { code, out: text(out), err: text(err) }
    });
    ran.await.map_err(|error| error.to_string())
}

/// Exit code, stdout and stderr, by the table of kinds.
pub(super) fn read(printed: &Printed, streams: bool) -> Result<Answer, String> {
    let values: Vec<Value> = serde_json::Deserializer::from_str(&printed.out)
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(|error| format!("stdout: {error}: {}", printed.out))?;
    let end = match printed.code {
        0 => Ok(()),
        _ => Err(refusal(printed)?),
    };
    match (streams, end) {
        // A stream is one list, or an item a line.
        (true, end) => {
            let items = match values.as_slice() {
                [Value::Array(items)] => items.clone(),
                _ => values,
            };
            Ok(Answer::stream(items, end))
        }
        (false, Ok(())) => Ok(Answer::reply(values.into_iter().next().unwrap_or(Value::Null))),
        (false, Err(refusal)) => Ok(Answer::refused(refusal)),
    }
}

fn refusal(printed: &Printed) -> Result<Refusal, String> {
    let kinds = match printed.code {
        2 | 65 => vec![Kind::Invalid],
        66 => vec![Kind::NotFound],
        69 => vec![Kind::Unavailable],
        70 => vec![Kind::Internal],
        73 => vec![Kind::Conflict, Kind::Gone],
        75 => vec![Kind::TooLarge, Kind::TooMany, Kind::Timeout, Kind::Cancelled],
        77 => vec![Kind::Unauthenticated, Kind::Forbidden],
        code => return Err(format!("exit code {code}: {}", printed.err)),
    };
    let code = printed.err.lines().find_map(|line| line.strip_prefix("error[")?.split(']').next());
    Ok(Refusal {
        kinds,
        malformed: printed.code == 2,
        code: code.map(str::to_owned),
        pointers: printed.err.lines().filter_map(place).collect::<BTreeSet<_>>(),
    })
}

/// `-: /lines/0: ..` or `--lines[0].sku: ..`
fn place(line: &str) -> Option<String> {
    let line = line.trim_start();
    if let Some(flag) = line.strip_prefix("--") {
        let (flag, _) = flag.split_once(": ")?;
        return Some(format!("/{}", flag.replace(['.', '['], "/").replace(']', "")));
    }
    let (_, rest) = line.split_once(": /")?;
    let (pointer, _) = rest.split_once(": ")?;
    (!pointer.contains(' ')).then(|| format!("/{pointer}"))
}
