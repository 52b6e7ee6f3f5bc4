//! From the arguments to a verb.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ArgMatches;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use partitura_runtime::app::Blueprint;
use partitura_runtime::entrypoint::{Entrypoint, Subcommand};
use partitura_runtime::line::output::Output;

use crate::command::{VERBS, command};
use crate::execute::{Caller, Request};
use crate::options::Options;
use crate::world::World;
use crate::{check, complete, config, describe, execute, exit, graph, ls, routes, serve, subcommand};

/// Runs the command line of an application in `world`, and answers with the exit code.
///
/// It makes a tokio runtime when the verb needs one, so it is not to be called inside of another.
pub fn run(blueprint: &'static Blueprint, entrypoints: Vec<Arc<dyn Entrypoint>>, mut world: World<'_>) -> u8 {
    let more = subcommands(&entrypoints);
    let entrypoints: Vec<_> = entrypoints.into_iter().filter(|entrypoint| entrypoint.opens()).collect();
    let command = command(blueprint, &world.program, entrypoints.iter().map(Arc::as_ref), &more);
    if world.arguments.first().is_some_and(|verb| verb == complete::VERB) {
        return complete::complete(blueprint, &command, &mut world);
    }
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
    if verb == "completions" {
        return complete::script(own.get_one::<String>("shell").map_or("bash", String::as_str), world);
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
            let output = output(own).unwrap_or_default();
            let request = Request { name: name.to_owned(), json, fields, options, caller, graph, output };
            execute::execute(blueprint, request, world)
        }
        "ls" => ls::ls(blueprint, form(own), world),
        "routes" if own.get_flag("served") => served(blueprint, &options, &entrypoints, world),
        "routes" => routes::routes(blueprint, own.get_flag("json"), world),
        "describe" => match own.get_one::<PathBuf>("diff") {
            Some(file) => describe::diff(blueprint, file, own.get_flag("json"), world),
            None => describe::describe(blueprint, own.get_one::<String>("name"), form(own), world),
        },
        "graph" => {
            let text = |name: &str| own.get_one::<String>(name).cloned();
            let output = own.get_one::<PathBuf>("output").cloned();
            let request = graph::Request { plan: text("plan"), of: text("of"), format: text("format"), output };
            graph::graph(blueprint, &request, world)
        }
        "check" => check::check(blueprint, &options, &entrypoints, own.get_flag("json"), world),
        _ => config::config(blueprint, &options, own.get_flag("json"), world),
    }
}

/// `--output`, if it is there.
fn output(own: &ArgMatches) -> Option<Output> {
    own.get_one::<String>("output").and_then(|name| Output::named(name))
}

/// `--output`, or `--json`; none for people.
fn form(own: &ArgMatches) -> Option<Output> {
    output(own).or_else(|| own.get_flag("json").then_some(Output::Json))
}

/// `routes --served`: the entrypoint that serves them knows what the configuration made of them.
fn served(
    blueprint: &'static Blueprint,
    options: &Options,
    entrypoints: &[Arc<dyn Entrypoint>],
    world: &mut World<'_>,
) -> u8 {
    let all: Vec<Subcommand> = entrypoints.iter().flat_map(|entrypoint| entrypoint.subcommands()).collect();
    match all.iter().find(|own| own.name == "routes") {
        Some(own) => subcommand::run(blueprint, options, own, Vec::new(), world),
        None => {
            world
                .tell("routes --served: this program was built with no entrypoint that serves routes (feature `http`)");
            exit::USAGE
        }
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
