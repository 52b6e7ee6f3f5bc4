//! The verbs and their flags.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::failure::Result;
use crate::{add, check, clean, diff, doctor, expand, explain, graph, new, run, show};

/// Reads the command line; help, version and mistakes end the program here.
pub(crate) fn read() -> ArgMatches {
    let mut arguments: Vec<std::ffi::OsString> = std::env::args_os().collect();
    // Cargo calls `cargo-partitura partitura ..`; by its own name it is called without.
    if arguments.get(1).is_some_and(|argument| argument == "partitura") {
        arguments.remove(1);
    }
    command().get_matches_from(arguments)
}

/// Runs the verb.
pub(crate) fn run(matches: &ArgMatches) -> Result<u8> {
    match matches.subcommand() {
        Some(("new", own)) => new::new(own),
        Some(("add", own)) => add::add(own),
        Some(("run", own)) => run::run(own),
        Some(("check", own)) => check::check(own),
        Some(("routes", own)) => show::routes(own),
        Some(("describe", own)) => show::describe(own),
        Some(("graph", own)) => graph::graph(own),
        Some(("expand", own)) => expand::expand(own),
        Some(("diff", own)) => diff::diff(own),
        Some(("explain", own)) => explain::explain(own),
        Some(("doctor", own)) => doctor::doctor(own),
        Some(("clean", own)) => clean::clean(own),
        // Without a verb clap has shown the help.
        _ => Ok(2),
    }
}

/// The whole command line.
pub(crate) fn command() -> Command {
    Command::new("cargo partitura")
        .bin_name("cargo partitura")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Makes, runs, checks and explains applications of Partitura")
        .after_help(
            "Begin with:  cargo partitura new shop && cd shop && cargo run -- ls\n\
             Exit codes:  0 done, 1 it failed or something is wrong, 2 the command line was not understood",
        )
        .max_term_width(100)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(new_command())
        .subcommand(add_command())
        .subcommand(run_command())
        .subcommand(check_command())
        .subcommand(of_application(
            Command::new("routes").about("Lists the routes: method, path, message, who may call, where it is declared"),
        ))
        .subcommand(describe_command())
        .subcommand(graph_command())
        .subcommand(expand_command())
        .subcommand(diff_command())
        .subcommand(explain_command())
        .subcommand(doctor_command())
        .subcommand(clean_command())
}

fn new_command() -> Command {
    Command::new("new")
        .about("Makes a project that builds, tests and runs at once")
        .after_help(
            "Templates:\n  \
             minimal       one crate, one command on the command line, its test\n  \
             service       one crate that serves HTTP\n  \
             modules       several crates: a domain, a module, the application that lists them\n  \
             orchestrated  folders of numbered files, which run in that order at start\n\n\
             The project depends on the published crates. With --path, or PARTITURA_PATH in the environment, it \
             depends on the checkout of Partitura in that folder.",
        )
        .arg(
            Arg::new("name")
                .value_name("NAME")
                .help("The project's name, and its folder: `shop`, or `../work/shop`")
                .required(true)
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            Arg::new("template")
                .short('t')
                .long("template")
                .value_name("TEMPLATE")
                .default_value("minimal")
                .help(format!("What to begin with: {}", new::templates().join(", "))),
        )
        .arg(
            Arg::new("path")
                .long("path")
                .value_name("CHECKOUT")
                .help("Depend on this checkout of Partitura instead of the published version")
                .value_parser(value_parser!(PathBuf)),
        )
}

fn add_command() -> Command {
    let what = PossibleValuesParser::new(add::KINDS);
    Command::new("add")
        .about("Writes a new message, provider, step, module .. with its test, and declares it")
        .after_help(
            "Kinds:\n  \
             command     something that changes something, and its handler\n  \
             query       something that reads, and its handler\n  \
             event       something that happened, and a subscriber\n  \
             provider    a fn that builds an object for others\n  \
             behavior    code around every message, listed in `app!`\n  \
             controller  HTTP methods on an impl block\n  \
             step        the next numbered file of a folder that `folder!` runs in order\n  \
             module      a crate of its own, listed in `app!`\n\n\
             It writes new files, and adds lines to files that are there where it understands them: `mod x;`, the lists of \
             `app!`, dependencies in Cargo.toml. Where it does not, it changes nothing and prints what to type.",
        )
        .arg(Arg::new("kind").value_name("KIND").help("What to add").required(true).value_parser(what))
        .arg(Arg::new("name").value_name("NAME").help("Its name: `open-account` or `OpenAccount`").required(true))
        .arg(
            Arg::new("route")
                .long("route")
                .value_name("METHOD /PATH")
                .help("For a command or query: its HTTP route, as in \"post /accounts\""),
        )
        .arg(
            Arg::new("folder")
                .long("folder")
                .value_name("NAME")
                .help("For a step: the folder, as `folder!` names it; needed if there are several"),
        )
        .arg(
            Arg::new("module")
                .short('m')
                .long("module")
                .value_name("PACKAGE")
                .help("The package to add it to; without it, that of the current folder or the application's"),
        )
        .arg(
            Arg::new("dry-run")
                .short('n')
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Shows what would change, as a diff, and changes nothing"),
        )
        .arg(manifest())
}

fn run_command() -> Command {
    of_application(
        Command::new("run")
            .about("Builds and runs the application; with --watch again at every change")
            .after_help(
                "With --watch the old program runs until the new one is built, then it is asked to stop (SIGTERM), and the new one \
                 starts when it has: so a port is free again. A build that fails leaves the old one running.\n\n\
                 Watched: src, build.rs, Cargo.toml of every package of the workspace and of its path dependencies, \
                 Cargo.lock, partitura*.toml.",
            )
            .arg(Arg::new("watch").short('w').long("watch").action(ArgAction::SetTrue).help("Rebuild and restart on change"))
            .arg(
                Arg::new("arguments")
                    .value_name("ARGUMENTS")
                    .help("What the application is told, behind `--`; without any: serve")
                    .num_args(0..)
                    .last(true)
                    .value_parser(value_parser!(std::ffi::OsString)),
            ),
    )
}

fn check_command() -> Command {
    of_application(
        Command::new("check")
            .about("Builds, then shows what is wrong or doubtful in the wiring, with its lines")
            .after_help(
                "--json writes what `cargo check --message-format=json` writes, a line for each message of the compiler and \
                 each finding, so an editor shows both. For rust-analyzer:\n  \
                 \"rust-analyzer.check.overrideCommand\": [\"cargo\", \"partitura\", \"check\", \"--json\"]",
            )
            .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("As JSON, for editors"))
            .arg(
                Arg::new("deny-warnings")
                    .long("deny-warnings")
                    .action(ArgAction::SetTrue)
                    .help("Fails for a warning, too"),
            ),
    )
}

fn describe_command() -> Command {
    of_application(
        Command::new("describe")
            .about("Says what was made of the code: modules, messages, providers, configuration")
            .arg(Arg::new("message").value_name("MESSAGE").help("One message; without it, the whole application"))
            .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("As JSON, for programs")),
    )
}

fn graph_command() -> Command {
    of_application(
        Command::new("graph")
            .about("Draws the application")
            .after_help(
                "Pictures:\n  \
                 modules       who imports what from whom, and who answers whose contracts\n  \
                 dependencies  what each handler and provider needs\n  \
                 messages      entrypoints to messages to handlers; events to their subscribers\n  \
                 plans         the steps of each plan in their order\n  \
                 routes        paths to messages\n\n\
                 SVG needs no other program; mermaid is what many pages of documentation show; dot is Graphviz's.",
            )
            .arg(
                Arg::new("of")
                    .long("of")
                    .value_name("WHAT")
                    .help("Which picture")
                    .value_parser(PossibleValuesParser::new(partitura_description::graph::Of::NAMES))
                    .default_value("modules"),
            )
            .arg(
                Arg::new("format")
                    .long("format")
                    .value_name("FORMAT")
                    .help("How it is written; without it by the end of the file's name, else mermaid")
                    .value_parser(PossibleValuesParser::new(partitura_description::graph::Format::NAMES)),
            )
            .arg(
                Arg::new("output")
                    .short('o')
                    .long("output")
                    .value_name("FILE")
                    .help("Where to: .svg, .mmd, .dot; without it, stdout")
                    .value_parser(value_parser!(PathBuf)),
            ),
    )
}

fn expand_command() -> Command {
    of_application(
        Command::new("expand")
            .about("Shows what the macros made of one item, formatted")
            .after_help(
                "ITEM is a name (`greet`), or a path from the crate's root (`greeting::greet`); what `app!` wrote \
                 has the application's name, and what `module!` wrote is called `module`. Without it, the whole crate. What derives of others wrote is left out.\n\n\
                 How: it runs `cargo rustc -- -Zunpretty=expanded`, which is unstable, on your stable toolchain, by setting \
                 RUSTC_BOOTSTRAP=1 for that one call of rustc and no other. It needs nothing else; what it prints may change \
                 with the toolchain, and is for reading, not for compiling.",
            )
            .arg(Arg::new("item").value_name("ITEM").help("The item; without it, the whole crate"))
            .arg(Arg::new("derives").long("derives").action(ArgAction::SetTrue).help("Leaves in what derives wrote")),
    )
}

fn diff_command() -> Command {
    of_application(
        Command::new("diff")
            .about("Says what changed between two builds, in the words of the application")
            .after_help(
                "OLD and NEW are each a file that `describe --json` wrote, a program, or a git revision, which is built in a \
                 folder of its own; without NEW, the code as it is. A line begins with what the change means: `breaking` for who relies \
                 on what was, `security` where more may do something than before, else `compatible`. With --deny-breaking the exit code \
                 is 1 for the first two.",
            )
            .arg(Arg::new("old").value_name("OLD").help("A file, a program, or a git revision").required(true))
            .arg(Arg::new("new").value_name("NEW").help("The same; without it, the code as it is"))
            .arg(
                Arg::new("deny-breaking")
                    .long("deny-breaking")
                    .action(ArgAction::SetTrue)
                    .help("Fails if something breaks, or lets somebody in"),
            ),
    )
}

fn explain_command() -> Command {
    Command::new("explain").about("Shows the page of an error code, or finds pages by words").arg(
        Arg::new("what")
            .value_name("CODE or WORDS")
            .help("`PT0102`, or words such as `cycle`; without any, all codes")
            .num_args(0..),
    )
}

fn doctor_command() -> Command {
    Command::new("doctor")
        .about("Looks for what commonly goes wrong around a project, each with the command that mends it")
        .after_help("It looks at the toolchain, at manifests and at Cargo.lock; `check` looks at the wiring.")
        .arg(manifest())
}

fn clean_command() -> Command {
    Command::new("clean")
        .about("Removes what was generated, and nothing that a person wrote; shows it first")
        .arg(Arg::new("yes").short('y').long("yes").action(ArgAction::SetTrue).help("Does not ask"))
        .arg(
            Arg::new("dry-run")
                .short('n')
                .long("dry-run")
                .action(ArgAction::SetTrue)
                .help("Shows it and removes nothing"),
        )
        .arg(manifest())
}

/// The flags of every verb that builds an application.
fn of_application(command: Command) -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).help_heading("Which application").display_order(900)
    };
    command
        .arg(text("package", "PACKAGE", "The package it is in").short('p'))
        .arg(text("bin", "BINARY", "The binary, where there are several"))
        .arg(text("features", "FEATURES", "Handed on to cargo").action(ArgAction::Append))
        .arg(text("release", "", "Handed on to cargo").num_args(0).action(ArgAction::SetTrue))
        .arg(manifest().help_heading("Which application").display_order(900))
}

fn manifest() -> Arg {
    Arg::new("manifest-path")
        .long("manifest-path")
        .value_name("FILE")
        .help("The Cargo.toml, instead of that of the current folder")
        .value_parser(value_parser!(PathBuf))
}
