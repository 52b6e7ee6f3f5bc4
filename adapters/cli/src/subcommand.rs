//! The verbs that entrypoints add.

use std::ffi::OsString;

use partitura_runtime::app::Blueprint;
use partitura_runtime::entrypoint::{Invocation, Subcommand};
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
    let arguments = match arguments {
        Ok(arguments) => arguments,
        Err(argument) => {
            world.tell(format_args!("`{}` is not Unicode", argument.to_string_lossy()));
            return exit::USAGE;
        }
    };
    let config = match options.configure(blueprint, world) {
        Ok(config) => config,
        Err(code) => return code,
    };
    if let Err(code) = host::log(&config, Level::Warn, world) {
        return code;
    }
    host::on_tokio(world, async |world| {
        let mut stop = host::stop(world);
        let work = Env::real().spawn((added.run)(Invocation::new(blueprint, arguments, config)));
        let answer = tokio::select! {
            answer = work => answer.unwrap_or_else(|error| Err(Error::from(error))),
            () = &mut stop => {
                world.tell("cancelled");
                return exit::CANCELLED;
            }
        };
        match answer {
            Ok(text) if text.is_empty() || world.answer(text.trim_end_matches('\n')) => exit::DONE,
            Ok(_) => exit::OUTPUT,
            Err(error) => {
                world.tell(told::line(&error, None));
                for failure in error.failures() {
                    world.tell(format_args!("  {failure}"));
                }
                error.exit_code()
            }
        }
    })
}
