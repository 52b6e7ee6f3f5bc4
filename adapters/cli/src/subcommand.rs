//! The verbs that entrypoints add.

use std::ffi::OsString;
use std::io::{ErrorKind, Read as _};

use futures_util::FutureExt;
use partitura_runtime::app::Blueprint;
use partitura_runtime::entrypoint::{Asked, Console, Exit, Invocation, Subcommand, Terminal, Told};
use partitura_runtime::env::Env;
use partitura_runtime::error::Error;
use partitura_runtime::telemetry::log::Level;

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
        let invocation = Invocation::new(blueprint, arguments, config).at(terminal).within(world.trace());
        let mut work = Env::real().spawn((added.run)(invocation));
        // Whether all that it printed could be written.
        let mut printed = true;
        let answer = loop {
            tokio::select! {
                biased;
                Some(asked) = asked.recv() => match asked {
                    Asked::Take(done) => {
                        let console = take(world);
                        if console.is_ok() {
                            // The verb's from now on.
                            stop = std::future::pending().boxed().fuse();
                        }
                        drop(done.send(console));
                    }
                    asked => printed &= serve(asked, world),
                },
                answer = &mut work => break answer.unwrap_or_else(|error| Err(Error::from(error))),
                () = &mut stop => {
                    world.tell("cancelled");
                    return exit::CANCELLED;
                }
            }
        };
        // What it told last.
        while let Ok(asked) = asked.try_recv() {
            printed &= serve(asked, world);
        }
        match answer {
            _ if !printed => exit::OUTPUT,
            Ok(text) if text.is_empty() || world.answer(text.trim_end_matches('\n')) => exit::DONE,
            Ok(_) => exit::OUTPUT,
            Err(error) => {
                if let Some(Exit(code)) = error.downcast_ref::<Exit>() {
                    return *code;
                }
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

/// What a verb wants of its terminal while it runs. False for an answer that cannot be written.
fn serve(asked: Asked, world: &mut World<'_>) -> bool {
    // Whoever asked and does not wait has been cancelled.
    match asked {
        Asked::Answer(text, done) => {
            let written = writeln!(world.stdout, "{text}").and_then(|()| world.stdout.flush());
            let failed = written.as_ref().err().filter(|error| error.kind() != ErrorKind::BrokenPipe);
            if let Some(error) = failed {
                world.tell(format_args!("the answer cannot be written: {error}"));
            }
            let failed = failed.is_some();
            drop(done.send(written));
            return !failed;
        }
        Asked::Tell(line, done) => {
            world.tell(line);
            let _ = done.send(());
        }
        Asked::Read(most, done) => {
            let mut bytes = Vec::new();
            let read = std::io::Read::take(&mut *world.stdin, most).read_to_end(&mut bytes);
            drop(done.send(read.map(|_| bytes)));
        }
        // While the verb runs, and not after it.
        Asked::Take(done) => drop(done.send(Err(gone()))),
    }
    true
}

/// The streams and signals of the process, for one verb and once.
fn take(world: &mut World<'_>) -> std::io::Result<Console> {
    world.console.take().map_or_else(|| Err(gone()), |console| console())
}

fn gone() -> std::io::Error {
    std::io::Error::other("there is no terminal to take")
}
