//! The verbs that entrypoints add.

use std::ffi::OsString;
use std::io::{ErrorKind, Read as _};

use partitura_runtime::app::Blueprint;
use partitura_runtime::entrypoint::{Asked, Invocation, Streams, Subcommand, Terminal, Told};
use partitura_runtime::env::Env;
use partitura_runtime::error::Error;
use partitura_runtime::telemetry::log::Level;
use tokio::sync::oneshot;

use crate::options::Options;
use crate::world::World;
use crate::{exit, host, told};

/// Runs the verb `added` until it is done or a signal comes.
pub(crate) fn run(
    blueprint: &'static Blueprint,
    options: &Options,
    added: &Subcommand,
    arguments: Vec<OsString>,
    world: &mut World<'_>,
) -> u8 {
    let arguments: Result<Vec<String>, OsString> = arguments.into_iter().map(OsString::into_string).collect();
    let mut arguments = match arguments {
        Ok(arguments) => arguments,
        Err(argument) => {
            world.tell(format_args!("`{}` is not Unicode", argument.to_string_lossy()));
            return exit::USAGE;
        }
    };
    let options = options.clone().then(Options::leading(&mut arguments));
    let config = match options.configure(blueprint, world) {
        Ok(config) => config,
        Err(code) => return code,
    };
    if let Err(code) = host::log(&config, Level::Warn, world) {
        return code;
    }
    host::on_tokio(world, async |world| {
        let mut stop = host::stop(world);
        let (terminal, mut asked) = Terminal::new();
        let invocation = Invocation::new(blueprint, arguments, config).at(terminal);
        let mut work = Env::real().spawn((added.run)(invocation));
        let mut serving =
            Serving { printed: true, streams: world.streams, speaks: false, stops: Vec::new(), ends_itself: false };
        let answer = loop {
            tokio::select! {
                biased;
                Some(asked) = asked.recv() => serving.serve(asked, world),
                answer = &mut work => break answer.unwrap_or_else(|error| Err(Error::from(error))),
                // It is fused: it completes once.
                () = &mut stop => if !serving.stop() {
                    world.tell("cancelled");
                    return exit::CANCELLED;
                },
            }
        };
        // What it told last.
        while let Ok(asked) = asked.try_recv() {
            serving.serve(asked, world);
        }
        match answer {
            _ if !serving.printed => exit::OUTPUT,
            Ok(text) if serving.speaks => {
                if !text.is_empty() {
                    world.tell(text.trim_end_matches('\n'));
                }
                exit::DONE
            }
            Ok(text) if text.is_empty() || world.answer(text.trim_end_matches('\n')) => exit::DONE,
            Ok(_) => exit::OUTPUT,
            Err(error) => {
                if error.downcast_ref::<Told>().is_none() {
                    world.tell(told::line(&error, None::<String>));
                    for failure in error.failures() {
                        world.tell(format_args!("  {failure}"));
                    }
                }
                error.exit_code()
            }
        }
    })
}

/// A verb's terminal while it runs.
struct Serving {
    /// Whether all that it printed could be written.
    printed: bool,
    streams: fn() -> Option<Streams>,
    /// Whether stdin and stdout are the verb's.
    speaks: bool,
    /// Who is told of a stop.
    stops: Vec<oneshot::Sender<()>>,
    /// Whether the verb ends by itself when it is told to.
    ends_itself: bool,
}

impl Serving {
    /// Tells the verb that it shall stop; false if it does not ask.
    fn stop(&mut self) -> bool {
        for told in self.stops.drain(..) {
            // Whoever asked and does not wait any more has ended by then.
            let _ = told.send(());
        }
        self.ends_itself
    }

    /// What it wants.
    fn serve(&mut self, asked: Asked, world: &mut World<'_>) {
        // Whoever asked and does not wait has been cancelled.
        match asked {
            Asked::Answer(text, done) if self.speaks => {
                world.tell(text);
                drop(done.send(Ok(())));
            }
            Asked::Answer(text, done) => {
                let written = writeln!(world.stdout, "{text}").and_then(|()| world.stdout.flush());
                let failed = written.as_ref().err().filter(|error| error.kind() != ErrorKind::BrokenPipe);
                if let Some(error) = failed {
                    world.tell(format_args!("the answer cannot be written: {error}"));
                    self.printed = false;
                }
                drop(done.send(written));
            }
            Asked::Tell(line, done) => {
                world.tell(line);
                let _ = done.send(());
            }
            Asked::Read(most, done) if !self.speaks => {
                let mut bytes = Vec::new();
                let read = std::io::Read::take(&mut *world.stdin, most).read_to_end(&mut bytes);
                drop(done.send(read.map(|_| bytes)));
            }
            Asked::Read(_, done) => drop(done.send(Err(std::io::Error::other("stdin is the verb's own")))),
            Asked::Streams(done) => {
                let streams = if self.speaks { None } else { (self.streams)() };
                self.speaks |= streams.is_some();
                drop(done.send(streams));
            }
            Asked::Stop(done) => {
                self.ends_itself = true;
                self.stops.push(done);
            }
        }
    }
}
