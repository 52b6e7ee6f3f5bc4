//! The verbs, as clap knows them.

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint, value_parser};
use partitura_description::graph::{Format, Of};
use partitura_runtime::app::Blueprint;
use partitura_runtime::entrypoint::{Entrypoint, Subcommand};
use partitura_runtime::line::output::Output;

use crate::complete::SHELLS;
use crate::options;

/// The verbs that every application has.
pub(crate) const VERBS: [&str; 11] = [
    "serve",
    "execute",
    "ls",
    "routes",
    "describe",
    "graph",
    "check",
    "config",
    "completions",
    "help",
    crate::complete::VERB,
];

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 different, 2 not understood, 65 invalid, 66 not found, 69 unavailable, 70 internal, 73 conflict,
            75 timeout, too many or cancelled, 77 not allowed, 78 configuration";

/// The whole command line of an application.
pub(crate) fn command<'e>(
    blueprint: &'static Blueprint,
    program: &str,
    entrypoints: impl Iterator<Item = &'e dyn Entrypoint>,
    more: &[Subcommand],
) -> Command {
    let names: Vec<&'static str> = entrypoints.map(|entrypoint| entrypoint.name()).collect();
    let command = Command::new(blueprint.name)
        .bin_name(program)
        .version(blueprint.version)
        .about(format!("The application {} {}", blueprint.name, blueprint.version))
        .after_help(EXIT_CODES)
        // The same whether another crate of the build turns clap's wrapping on or not.
        .term_width(0)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(serve(&names))
        .subcommand(execute(program))
        .subcommand(options::add(
            Command::new("ls").about("Lists the messages, one a line").arg(as_json()).arg(output()),
        ))
        .subcommand(routes())
        .subcommand(describe())
        .subcommand(graph())
        .subcommand(check())
        .subcommand(options::add(
            Command::new("config").about("Prints the configuration: every value and where it stands").arg(as_json()),
        ))
        .subcommand(completions(program));
    options::add(more.iter().fold(command, |command, own| command.subcommand(added(own))))
}

fn serve(names: &[&'static str]) -> Command {
    let only = Arg::new("only")
        .long("only")
        .value_name("NAME,..")
        .help("Opens only these entrypoints, whatever the configuration turns on")
        .action(ArgAction::Append)
        .value_delimiter(',');
    // Without any, the verb itself says what is missing.
    let only = if names.is_empty() { only } else { only.value_parser(PossibleValuesParser::new(names)) };
    options::add(
        Command::new("serve").about("Opens every entrypoint that the configuration turns on, until Ctrl-C").arg(only),
    )
}

fn execute(program: &str) -> Command {
    let command = Command::new("execute")
        .about("Sends one message and prints its reply")
        .override_usage(format!("{program} execute [OPTIONS] <NAME> [--FIELD VALUE]..."))
        .after_help(format!("`{program} ls` lists the messages, `{program} execute NAME --help` the fields of one."))
        .arg(json("FILE", "The whole input as JSON, `-` for stdin; fields win over it"))
        .args(caller())
        .arg(output())
        .arg(
            Arg::new("graph")
                .long("graph")
                .value_name("FILE")
                .help("Of a plan: a picture of the run, with times (.svg, .dot, .mmd)")
                .value_parser(value_parser!(std::path::PathBuf)),
        )
        // The name and all that is behind it, untouched: the fields are known by the message's schema only.
        .allow_external_subcommands(true)
        .disable_help_subcommand(true);
    options::add(command)
}

/// Who sends it. Before the name, since behind it these are fields of the message.
fn caller() -> [Arg; 3] {
    let flag = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help).help_heading("Caller (before the name)")
    };
    [
        flag("as", "SUBJECT", "Sends it as this caller, instead of an anonymous one"),
        flag("role", "ROLE", "With this role, may be repeated").action(ArgAction::Append),
        flag("session", "ID", "In this session"),
    ]
}

/// How a reply is printed. A field of the same name wins over it behind the name of a message.
fn output() -> Arg {
    Arg::new("output")
        .long("output")
        .value_name("FORM")
        .help("How the answer is printed")
        .value_parser(PossibleValuesParser::new(Output::NAMES))
}

fn as_json() -> Arg {
    Arg::new("json").long("json").action(ArgAction::SetTrue).help("As JSON, for programs")
}

fn routes() -> Command {
    let served = Arg::new("served")
        .long("served")
        .action(ArgAction::SetTrue)
        .conflicts_with("json")
        .help("As the configuration makes them: moved, switched off, added");
    options::add(
        Command::new("routes")
            .about("Lists the routes: method, path, what they lead to, who may, where they are declared")
            .arg(as_json())
            .arg(served),
    )
}

fn describe() -> Command {
    let name = Arg::new("name").value_name("NAME").help("One message; without it, the whole application");
    let diff = Arg::new("diff")
        .long("diff")
        .value_name("FILE")
        .help("What changed since FILE, which `describe --json` wrote; exit code 1 if something breaks or opens")
        .conflicts_with("name")
        .value_hint(ValueHint::FilePath)
        .value_parser(value_parser!(std::path::PathBuf));
    options::add(
        Command::new("describe")
            .about("Says what was made of the code")
            .arg(name)
            .arg(as_json())
            .arg(output())
            .arg(diff),
    )
}

fn graph() -> Command {
    options::add(
        Command::new("graph")
            .about("Draws the application, or one plan of it")
            .after_help(
                "Pictures:\n  \
                 modules       who imports what from whom, and who answers whose contracts\n  \
                 dependencies  what each handler and provider needs\n  \
                 messages      routes to messages to handlers; events to their subscribers\n  \
                 plans         the steps of each plan in their order\n  \
                 routes        paths to what they lead to",
            )
            .arg(Arg::new("plan").value_name("PLAN").help("One plan").conflicts_with("of"))
            .arg(
                Arg::new("of")
                    .long("of")
                    .value_name("WHAT")
                    .help("Which picture; without it plans, if there are any, else modules")
                    .value_parser(PossibleValuesParser::new(Of::NAMES)),
            )
            .arg(
                Arg::new("format")
                    .long("format")
                    .value_name("FORMAT")
                    .help("How it is written; without it by the end of the file's name, else mermaid")
                    .value_parser(PossibleValuesParser::new(Format::NAMES)),
            )
            .arg(
                Arg::new("output")
                    .long("output")
                    .short('o')
                    .value_name("FILE")
                    .help("Where to: .svg, .mmd, .dot; without it, stdout")
                    .value_hint(ValueHint::FilePath)
                    .value_parser(value_parser!(std::path::PathBuf)),
            ),
    )
}

fn completions(program: &str) -> Command {
    Command::new("completions")
        .about("Prints a script with which a shell completes verbs, messages, fields and values")
        .after_help(format!(
            "bash:  {program} completions bash > ~/.local/share/bash-completion/completions/{program}\n\
             zsh:   {program} completions zsh > ~/.zfunc/_{program}      # fpath+=(~/.zfunc) before compinit\n\
             fish:  {program} completions fish > ~/.config/fish/completions/{program}.fish"
        ))
        .arg(
            Arg::new("shell")
                .value_name("SHELL")
                .help("Which shell")
                .required(true)
                .value_parser(PossibleValuesParser::new(SHELLS)),
        )
}

fn check() -> Command {
    options::add(
        Command::new("check")
            .about("Says what is wrong or doubtful in the wiring, and in the configuration")
            .arg(as_json()),
    )
}

fn json(value: &'static str, help: &'static str) -> Arg {
    Arg::new("json").long("json").value_name(value).help(help)
}

/// A verb of an entrypoint, which reads its arguments itself.
fn added(own: &Subcommand) -> Command {
    let rest = Arg::new("arguments").num_args(0..).trailing_var_arg(true).allow_hyphen_values(true);
    Command::new(own.name)
        .about(own.about)
        .disable_help_flag(true)
        .arg(rest.value_name("ARGUMENTS").value_parser(clap::value_parser!(std::ffi::OsString)))
}
