//! `send`: one message to the running application, as `execute` sends one to an application of its own.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use partitura_runtime::app::describe::MessageDescription;
use partitura_runtime::config::parse_duration;
use partitura_runtime::entrypoint::{Invocation, Terminal, Told};
use partitura_runtime::error::{Error, Result};
use partitura_runtime::input::shape::Shape;
use partitura_runtime::line::output::{Items, OUTPUT, Output};
use partitura_runtime::line::{self, Input, help};
use partitura_runtime::telemetry::trace::TraceParent;
use partitura_wire::unix::{connect, default_path};
use partitura_wire::{Client, DESCRIBE, Remote, Request};
use serde_json::{Value, json};

use crate::config::SocketConfig;

const USAGE: &str = "\
Sends one message to the running application, through its socket, and prints its reply;
the items of a stream as they come, as JSON one a line.

Usage: send [OPTIONS] <NAME> [--FIELD VALUE]...

Options, before the name:
  --socket PATH   Where the application listens, instead of `socket.path` of the configuration
  --timeout TIME  Until when it is cancelled, `5s`; default: as the application says
  --session ID    In this session
  --output FORM   How the reply is printed: json, yaml, table
Behind the name:
  --json FILE     The whole input as JSON, `-` for stdin; fields win over it
  --output FORM   As before the name
  --help          The fields of the message";

/// The most that is read of `--json -`.
const MOST_BYTES: u64 = 64 << 20;

/// The flags before the name.
#[derive(Default)]
struct Flags {
    socket: Option<PathBuf>,
    timeout: Option<Duration>,
    session: Option<String>,
    /// No flag: who runs the program may be within one.
    trace: Option<TraceParent>,
    output: Output,
}

/// Runs the verb.
pub(crate) async fn send(invocation: Invocation) -> Result<String> {
    let Invocation { blueprint, arguments, config, terminal, trace, .. } = invocation;
    let mut arguments = arguments.into_iter();
    let mut flags = Flags { trace, ..Flags::default() };
    let name = loop {
        let Some(argument) = arguments.next() else {
            return Err(usage("send: which message? `ls` lists them"));
        };
        match &*argument {
            "--help" | "-h" => return Ok(USAGE.to_owned()),
            _ => match argument.strip_prefix("--") {
                Some(flag) => flags.read(flag, &mut arguments)?,
                None => break argument,
            },
        }
    };
    let path = match flags.socket.take() {
        Some(path) => path,
        None => match config.section::<SocketConfig>().map_err(Error::from)?.path {
            Some(path) => path,
            None => default_path(blueprint.name)?,
        },
    };
    let client = connect(&path).await?;
    // The application that runs may be of another version than this program, and knows its messages best.
    let message = match client.execute(DESCRIBE, json!({ "name": name })).await {
        Ok(described) => serde_json::from_value::<MessageDescription>(described)?,
        // It does not describe itself: then as this program knows it.
        Err(error) if error.message().contains(DESCRIBE) => blueprint.describe().sendable(&name)?.clone(),
        Err(error) => return Err(error),
    };
    let schema = message.schema.clone().unwrap_or(Value::Bool(true));
    let shape = Shape::new(&schema);
    let mut typed = line::parse(&shape, arguments.map(OsString::from).collect(), &[OUTPUT]);
    let form = typed.output().unwrap_or(flags.output);
    if typed.help {
        return Ok(help::of(&message, &shape, "send"));
    }
    let json = typed.json.take();
    let stdin = match json.as_deref() {
        Some("-") => terminal.read(MOST_BYTES + 1).await?,
        _ => Vec::new(),
    };
    let input = match line::read(&shape, typed, json.as_deref(), &mut &*stdin) {
        Ok(input) => input,
        Err(wrong) => {
            for line in wrong {
                terminal.tell(line).await;
            }
            return Err(Error::malformed("the line", Vec::new()).with_source(Told));
        }
    };
    let streams = message.handlers.iter().any(|handler| handler.streams);
    match sent(&client, form, flags.request(&name, &input), streams, &terminal).await {
        Ok(text) => Ok(text),
        Err(error) => Err(refuse(error, &shape, &input, &terminal).await),
    }
}

/// The reply; the items of a stream are printed meanwhile.
async fn sent(client: &Client, output: Output, request: Request, streams: bool, terminal: &Terminal) -> Result<String> {
    if !streams {
        return Ok(output.whole(&client.send(request).await?, None));
    }
    let mut items = client.send_stream(request).await?;
    let mut printed = Items::new(output, None);
    while let Some(item) = items.next().await {
        let item = item?;
        let text = match output {
            // Other programs read them line by line.
            Output::Json => item.to_string(),
            _ => printed.next(&item).trim_end_matches('\n').to_owned(),
        };
        if terminal.answer(text).await.is_err() {
            // Nobody reads any more, as in `bank send .. | head -1`, or it has been told why not.
            break;
        }
    }
    Ok(String::new())
}

/// Tells an error as `execute` does. What is left of it is its exit code.
async fn refuse(error: Error, shape: &Shape<'_>, input: &Input, terminal: &Terminal) -> Error {
    let trace = error.downcast_ref::<Remote>().and_then(|remote| remote.trace_id.clone());
    for line in line::refusal(&error, trace, shape, input) {
        terminal.tell(line).await;
    }
    match error.is_malformed() {
        true => Error::malformed("", Vec::new()).with_source(Told),
        false => Error::new(error.kind(), "").with_source(Told),
    }
}

impl Flags {
    fn read(&mut self, flag: &str, rest: &mut impl Iterator<Item = String>) -> Result<()> {
        let (name, text) = match flag.split_once('=') {
            Some((name, text)) => (name, Some(text.to_owned())),
            None => (flag, None),
        };
        if !["socket", "timeout", "session", "output"].contains(&name) {
            return Err(usage(&format!("send: `--{name}` is no option of this verb; fields come behind the name")));
        }
        let Some(text) = text.or_else(|| rest.next()) else {
            return Err(usage(&format!("send: `--{name}` needs a value")));
        };
        match name {
            "socket" => self.socket = Some(text.into()),
            "session" => self.session = Some(text),
            "output" => self.output = output(&text)?,
            _ => {
                let timeout = parse_duration(&text).map_err(|error| usage(&format!("send: --timeout: {error}")))?;
                self.timeout = Some(timeout);
            }
        }
        Ok(())
    }

    fn request(self, name: &str, input: &Input) -> Request {
        let mut request = Request::new(name, input.value.clone());
        if let Some(timeout) = self.timeout {
            request = request.timeout(timeout);
        }
        if let Some(session) = self.session {
            request = request.in_session(session);
        }
        match self.trace {
            Some(trace) => request.within(trace),
            None => request,
        }
    }
}

/// The form of that name.
fn output(form: &str) -> Result<Output> {
    Output::named(form).ok_or_else(|| usage(&format!("send: --output: {}", Output::refused(form))))
}

#[cold]
fn usage(text: &str) -> Error {
    Error::malformed(text, Vec::new())
}
