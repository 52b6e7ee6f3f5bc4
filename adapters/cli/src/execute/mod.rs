//! `execute`: one message, from the command line and back.

use std::ffi::OsString;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;

use partitura_description::graph::{Format, plan};
use partitura_description::{Plan, Run};
use partitura_runtime::app::describe::{Description, MessageDescription};
use partitura_runtime::app::{App, Blueprint, Call};
use partitura_runtime::entrypoint::DOORS;
use partitura_runtime::error::{Error, Kind};
use partitura_runtime::identity::Identity;
use partitura_runtime::input::shape::Shape;
use partitura_runtime::line::output::{Items, OUTPUT, Output};
use partitura_runtime::line::{self, Input, Line, help};
use partitura_runtime::telemetry::log::Level;
use partitura_runtime::telemetry::trace::TraceId;
use serde_json::Value;

use crate::host::Stop;
use crate::options::Options;
use crate::world::World;
use crate::{exit, host, progress};

/// How the configuration speaks of the command line.
#[linkme::distributed_slice(DOORS)]
pub(crate) static ENTRYPOINT: &'static str = "cli";

/// What was asked for.
pub(crate) struct Request {
    /// The message, as typed.
    pub(crate) name: String,
    /// `--json` before the name.
    pub(crate) json: Option<String>,
    /// Everything behind the name.
    pub(crate) fields: Vec<OsString>,
    /// The flags before the name.
    pub(crate) options: Options,
    /// Who sends it.
    pub(crate) caller: Caller,
    /// Where a picture of the run goes.
    pub(crate) graph: Option<PathBuf>,
    /// How the reply is printed.
    pub(crate) output: Output,
}

/// `--as ada --role teller --session 17`: who runs the program may be whoever it knows.
#[derive(Debug, Default)]
pub(crate) struct Caller {
    pub(crate) subject: Option<String>,
    pub(crate) roles: Vec<String>,
    pub(crate) session: Option<String>,
}

impl Caller {
    fn call(self) -> Call {
        let identity = self.subject.map_or_else(Identity::anonymous, Identity::user);
        let identity = self.roles.into_iter().fold(identity, Identity::with_role);
        let call = Call::by(identity).at(ENTRYPOINT);
        match self.session {
            Some(session) => call.in_session(session),
            None => call,
        }
    }
}

/// The flags that may stand behind the name, unless they are fields.
pub(crate) const OWN: [&str; 5] = [Options::FLAGS[0], Options::FLAGS[1], Options::FLAGS[2], Options::FLAGS[3], OUTPUT];

/// Builds the application, sends the message, prints the reply, and shuts down in order.
pub(crate) fn execute(blueprint: &'static Blueprint, request: Request, world: &mut World<'_>) -> u8 {
    let Request { name, json, fields, options, caller, graph, output } = request;
    let described = blueprint.describe();
    let message = match find(&described, &name) {
        Ok(message) => message,
        Err(text) => {
            world.tell(format_args!("error[PT0307]: {text}"));
            return exit::NOT_FOUND;
        }
    };
    let schema = message.schema.clone().unwrap_or(Value::Bool(true));
    let shape = Shape::new(&schema);
    let mut line = line::parse(&shape, fields, &OWN);
    if line.help {
        let text = help::of(message, &shape, &format!("{} execute", world.program));
        return if world.answer(text) { exit::DONE } else { exit::OUTPUT };
    }
    let picture = match graph.map(|file| Picture::of(&described, message, file)).transpose() {
        Ok(picture) => picture,
        Err(text) => {
            world.tell(text);
            return exit::USAGE;
        }
    };
    let json = line.json.take().or(json);
    let output = line.output().unwrap_or(output);
    let options = options.then(Options::given(std::mem::take(&mut line.own)));
    let input = match read(&shape, line, json.as_deref(), world) {
        Ok(input) => input,
        Err(code) => return code,
    };
    let config = match options.configure(blueprint, world) {
        Ok(config) => config,
        Err(code) => return code,
    };
    if let Err(code) = host::log(&config, Level::Warn, world) {
        return code;
    }
    if let Err(error) = check(blueprint, &name, &input) {
        refuse(&error, None, &shape, &input, world);
        return error.exit_code();
    }
    host::on_tokio(world, async |world| {
        let mut stop = host::stop(world);
        let app = match host::build(blueprint, config, &mut stop, world).await {
            Ok(app) => app,
            Err(code) => return code,
        };
        let call = match world.trace() {
            Some(trace) => caller.call().within(trace),
            None => caller.call(),
        };
        let _progress = progress::watch(&app, world);
        let streams = message.handlers.iter().any(|handler| handler.streams);
        let sending = Sending { name: &name, shape: &shape, input, output, streams };
        let code = send(&app, call, sending, &mut stop, world).await;
        let code = host::shut_down(&app, &mut stop, code, world).await;
        // After the stop, which waits for what is undone.
        match picture {
            Some(picture) => picture.write(&app, code, world),
            None => code,
        }
    })
}

/// `--graph run.svg`.
struct Picture {
    plan: Plan,
    file: PathBuf,
    format: Format,
}

impl Picture {
    fn of(described: &Description, message: &MessageDescription, file: PathBuf) -> Result<Self, String> {
        let Some(format) = Format::of_file(&file) else {
            return Err(format!("--graph {}: the file ends in .svg, .dot or .mmd", file.display()));
        };
        let plan = described.plans.iter().find(|plan| plan.message == message.name);
        let plan = plan.and_then(|plan| serde_json::from_value(serde_json::to_value(plan).ok()?).ok());
        match plan {
            Some(plan) => Ok(Picture { plan, file, format }),
            None => Err(format!("--graph: `{}` is no plan, and has no picture", message.name)),
        }
    }

    fn write(&self, app: &App, code: u8, world: &mut World<'_>) -> u8 {
        // A plan that was not run has no report: why is told already.
        let Some(report) = app.plans().last(&self.plan.name) else { return code };
        let run = serde_json::to_value(&*report).ok().and_then(|report| Run::read(report).ok());
        let Some(picture) = plan(&self.plan, run.as_ref(), self.format) else { return code };
        match std::fs::write(&self.file, picture.text) {
            Ok(()) => code,
            Err(error) => {
                world.tell(format_args!("{}: {error}", self.file.display()));
                if code == exit::DONE { exit::OUTPUT } else { code }
            }
        }
    }
}

/// The message of this name, if it can be sent.
pub(crate) fn find<'d>(described: &'d Description, name: &str) -> Result<&'d MessageDescription, String> {
    described.sendable(name).map_err(|error| error.message().to_owned())
}

/// As [`find`], events and local messages among them.
pub(crate) fn any<'d>(described: &'d Description, name: &str) -> Result<&'d MessageDescription, String> {
    described.message(name).map_err(|error| error.message().to_owned())
}

/// The input, or everything that is wrong with the command line.
fn read(shape: &Shape<'_>, line: Line, json: Option<&str>, world: &mut World<'_>) -> Result<Input, u8> {
    line::read(shape, line, json, world.stdin).map_err(|wrong| {
        wrong.iter().for_each(|line| world.tell(line));
        exit::USAGE
    })
}

/// What the decoder says of the input, before anything is built for it.
fn check(blueprint: &'static Blueprint, name: &str, input: &Input) -> Result<(), Error> {
    let checked = || blueprint.check_input(name, input.value.clone());
    // The hook has told the log what a decoder panicked with.
    std::panic::catch_unwind(AssertUnwindSafe(checked))
        .unwrap_or_else(|_| Err(Error::internal(format!("the decoder of `{name}` panicked"))))
}

/// A message on its way, and what becomes of its reply.
struct Sending<'s> {
    name: &'s str,
    shape: &'s Shape<'s>,
    input: Input,
    output: Output,
    streams: bool,
}

async fn send(app: &App, call: Call, sending: Sending<'_>, stop: &mut Stop, world: &mut World<'_>) -> u8 {
    if sending.streams {
        return stream(app, call, sending, stop, world).await;
    }
    let Sending { name, shape, input, output, .. } = sending;
    let door = app.door(call);
    let trace = door.trace_id();
    let (own, value) = (name.to_owned(), input.value.clone());
    // A task of its own: a handler that blocks a thread does not block the signal.
    let mut task = app.env().spawn(async move { door.execute(&own, value).await });
    let reply = tokio::select! {
        reply = &mut task => reply.unwrap_or_else(|error| Err(Error::from(error))),
        () = stop => {
            task.abort();
            Err(cancelled(name))
        }
    };
    match reply {
        Ok(reply) if world.answer_as(output, &reply) => exit::DONE,
        Ok(_) => exit::OUTPUT,
        Err(error) => {
            refuse(&error, Some(trace), shape, &input, world);
            error.exit_code()
        }
    }
}

/// How many items wait to be printed.
const WAITING: usize = 16;

/// The items as they come.
async fn stream(app: &App, call: Call, sending: Sending<'_>, stop: &mut Stop, world: &mut World<'_>) -> u8 {
    let Sending { name, shape, input, output, .. } = sending;
    let door = app.door(call);
    let trace = door.trace_id();
    let (own, value) = (name.to_owned(), input.value.clone());
    let (send, mut items) = tokio::sync::mpsc::channel(WAITING);
    let mut task = app.env().spawn(async move {
        let mut items = door.stream(&own, value).await?;
        while let Some(item) = items.next().await {
            // Nobody prints any more.
            if send.send(item?).await.is_err() {
                break;
            }
        }
        Ok(())
    });
    let mut printed = Items::new(output, world.width);
    let outcome = loop {
        tokio::select! {
            biased;
            () = &mut *stop => {
                task.abort();
                break Err(cancelled(name));
            }
            item = items.recv() => match item {
                Some(item) => {
                    if let Err(code) = world.answer_part(&printed.next(&item)) {
                        return code;
                    }
                }
                None => break (&mut task).await.unwrap_or_else(|error| Err(Error::from(error))),
            },
        }
    };
    // What has come is whole, however it ended.
    if let Err(code) = world.answer_part(printed.end(outcome.is_err())) {
        return code;
    }
    match outcome {
        Ok(()) => exit::DONE,
        Err(error) => {
            refuse(&error, Some(trace), shape, &input, world);
            error.exit_code()
        }
    }
}

fn cancelled(name: &str) -> Error {
    Error::new(Kind::Cancelled, format!("`{name}` was cancelled by a signal"))
}

fn refuse(error: &Error, trace: Option<TraceId>, shape: &Shape<'_>, input: &Input, world: &mut World<'_>) {
    for line in line::refusal(error, trace, shape, input) {
        world.tell(line);
    }
}
