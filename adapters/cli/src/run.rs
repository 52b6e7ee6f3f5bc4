//! From the arguments to a verb.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use partitura_runtime::app::Blueprint;
use partitura_runtime::entrypoint::{Entrypoint, Subcommand};

use crate::command::{VERBS, command};
use crate::execute::{Caller, Request};
use crate::options::Options;
use crate::world::World;
use crate::{check, config, describe, execute, exit, graph, ls, serve, subcommand};

/// Runs the command line of an application in `world`, and answers with the exit code.
///
/// It makes a tokio runtime when the verb needs one, so it is not to be called inside of another.
pub fn run(blueprint: &'static Blueprint, entrypoints: Vec<Arc<dyn Entrypoint>>, mut world: World<'_>) -> u8 {
    let more = subcommands(&entrypoints);
    let entrypoints: Vec<_> = entrypoints.into_iter().filter(|entrypoint| entrypoint.opens()).collect();
    let command = command(blueprint, &world.program, entrypoints.iter().map(Arc::as_ref), &more);
    let arguments = std::iter::once(OsString::from(&world.program)).chain(world.arguments.iter().cloned());
    let matches = match command.try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => return refuse(blueprint, &error, &mut world),
    };
    let Some((verb, own)) = matches.subcommand() else { return exit::USAGE };
    let world = &mut world;
    if let Some(added) = more.iter().find(|added| added.name == verb) {
        let arguments = own.get_many::<OsString>("arguments").into_iter().flatten().cloned().collect();
        return subcommand::run(blueprint, &Options::of(&matches), added, arguments, world);
    }
    let options = Options::of(&matches).then(Options::of(own));
    match verb {
        "serve" => serve::serve(blueprint, &options, &entrypoints, &texts(own, "only"), world),
        "execute" => {
            let json = own.get_one::<String>("json").cloned();
            let Some((name, fields)) = own.subcommand() else {
                world.tell(format_args!("execute: which message? `{} ls` lists them", world_program(world)));
                return exit::USAGE;
            };
            let fields = fields.get_many::<OsString>("").into_iter().flatten().cloned().collect();
            let caller = Caller {
                subject: own.get_one::<String>("as").cloned(),
                roles: texts(own, "role"),
                session: own.get_one::<String>("session").cloned(),
            };
            let graph = own.get_one::<PathBuf>("graph").cloned();
            let request = Request { name: name.to_owned(), json, fields, options, caller, graph };
            execute::execute(blueprint, request, world)
        }
        "ls" => ls::ls(blueprint, world),
        "describe" => describe::describe(blueprint, own.get_one::<String>("name"), own.get_flag("json"), world),
        "graph" => {
            let format =
                own.get_one::<String>("format").map_or(graph::Format::Mermaid, |name| graph::Format::named(name));
            graph::graph(blueprint, own.get_one::<String>("plan"), format, world)
        }
        "check" => check::check(blueprint, own.get_flag("json"), world),
        _ => config::config(blueprint, &options, world),
    }
}

/// The verbs that entrypoints add. One that has the name of another is left out: it could never be called.
fn subcommands(entrypoints: &[Arc<dyn Entrypoint>]) -> Vec<Subcommand> {
    let mut all: Vec<Subcommand> = Vec::new();
    for own in entrypoints.iter().flat_map(|entrypoint| entrypoint.subcommands()) {
        if !VERBS.contains(&own.name) && all.iter().all(|other| other.name != own.name) {
            all.push(own);
        }
    }
    all
}

/// What clap has to say: help and version are answers, all else is not.
fn refuse(blueprint: &'static Blueprint, error: &clap::Error, world: &mut World<'_>) -> u8 {
    let text = error.render().to_string();
    if !error.use_stderr() {
        return if world.answer(text.trim_end()) { exit::DONE } else { exit::OUTPUT };
    }
    world.tell(text.trim_end());
    if let (ErrorKind::InvalidSubcommand, Some(ContextValue::String(verb))) =
        (error.kind(), error.get(ContextKind::InvalidSubcommand))
        && blueprint.describe().messages.iter().any(|message| message.name == *verb)
    {
        world.tell(format_args!("\n`{verb}` is a message: {} execute {verb}", world_program(world)));
    }
    exit::USAGE
}

fn texts(matches: &ArgMatches, name: &str) -> Vec<String> {
    matches.get_many::<String>(name).into_iter().flatten().cloned().collect()
}

fn world_program(world: &World<'_>) -> String {
    world.program.clone()
}
