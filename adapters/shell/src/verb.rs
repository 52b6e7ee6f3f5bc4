//! The verb `shell`: where the application is, and where the commands come from.

use std::fs::File;
use std::path::{Path, PathBuf};

use partitura_runtime::app::{App, Blueprint};
use partitura_runtime::config::{Config, Field, Section};
use partitura_runtime::entrypoint::{Console, Exit, Invocation, Signal};
use partitura_runtime::error::{Error, Kind, Result};
use partitura_runtime::line::told;
use partitura_runtime::telemetry::trace::TraceParent;
use partitura_wire::unix::default_path;
use serde::Deserialize;
use tokio::sync::mpsc;

use crate::history::{self, History};
use crate::inside::{self, CANCELLED};
use crate::link::Link;
use crate::options::{Attach, Options, USAGE};
use crate::screen::Screen;
use crate::script::Script;
use crate::shell::{From, Shell};

/// Runs the verb.
pub(crate) async fn shell(invocation: Invocation) -> Result<String> {
    let Invocation { blueprint, arguments, config, terminal, trace, .. } = invocation;
    let options = Options::read(arguments)?;
    if options.help {
        return Ok(USAGE.to_owned());
    }
    let path = match &options.attach {
        None => None,
        Some(Attach::At(path)) => Some(path.clone()),
        Some(Attach::Configured) => Some(configured(blueprint, &config)?),
    };
    // Before anything is started for it.
    let script = options.script.as_deref().map(open).transpose()?;
    let console = terminal.take().await.map_err(|error| Error::unavailable(format!("shell: {error}")))?;
    let Console { stdin, stdout, stderr, is_terminal, mut signals, .. } = console;
    let is_prompt = script.is_none() && is_terminal;
    let mut screen = Screen::new(stdout, stderr, is_prompt);
    let commands = match script {
        Some(script) => Commands::Script(script),
        None if is_prompt => Commands::Prompt(history(blueprint, &options, &mut screen)),
        None => Commands::Script(Script::new("stdin".to_owned(), stdin)),
    };
    let session = Start { blueprint, commands, screen, keep_going: options.keep_going, trace };
    let code = match path {
        Some(path) => tokio::select! {
            link = Link::attach(path) => session.run(link?, signals).await,
            _ = signals.recv() => CANCELLED,
        },
        None => {
            let (code, told) =
                inside::run(blueprint, config, signals, |app, signals| session.inside(app, signals)).await;
            for line in told {
                terminal.tell(line).await;
            }
            code
        }
    };
    match code {
        0 => Ok(String::new()),
        code => Err(Error::new(Kind::Internal, "").with_source(Exit(code))),
    }
}

/// Where the commands come from, before anything is started.
enum Commands {
    Script(Script),
    Prompt(History),
}

/// What a shell begins with.
struct Start {
    blueprint: &'static Blueprint,
    commands: Commands,
    screen: Screen,
    keep_going: bool,
    trace: Option<TraceParent>,
}

impl Start {
    async fn inside(mut self, app: App, signals: mpsc::Receiver<Signal>) -> u8 {
        match Link::inside(&app).await {
            Ok(link) => self.run(link, signals).await,
            Err(error) => {
                self.screen.tell(told::operator(&error));
                error.exit_code()
            }
        }
    }

    async fn run(self, link: Link, signals: mpsc::Receiver<Signal>) -> u8 {
        let from = match self.commands {
            Commands::Script(script) => From::Script { script, keep_going: self.keep_going },
            Commands::Prompt(history) => From::Prompt { history },
        };
        Shell::new(self.blueprint, link, self.screen, signals, self.trace).run(from).await
    }
}

fn open(file: &Path) -> Result<Script> {
    let name = file.display().to_string();
    match File::open(file) {
        Ok(file) => Ok(Script::new(name, Box::new(file))),
        Err(error) => Err(Error::malformed(format!("shell: --script {name}: {error}"), Vec::new())),
    }
}

/// The history of this application; an empty one, and a line that says why, if it cannot be kept.
fn history(blueprint: &Blueprint, options: &Options, screen: &mut Screen) -> History {
    if options.no_history {
        return History::default();
    }
    let Some(path) = history::place(blueprint.name) else { return History::default() };
    let shown = path.display().to_string();
    History::open(path).unwrap_or_else(|error| {
        screen.tell(format_args!("warning[PT0474]: the history is not kept: {shown}: {error}"));
        History::default()
    })
}

/// Where the application listens that the configuration is of.
fn configured(blueprint: &'static Blueprint, config: &Config) -> Result<PathBuf> {
    match config.section::<SocketPath>().map_err(Error::from)?.path {
        Some(path) => Ok(path),
        None => default_path(blueprint.name),
    }
}

/// What the shell reads of the section `socket`, whose owner is another adapter.
#[derive(Deserialize)]
struct SocketPath {
    #[serde(default)]
    path: Option<PathBuf>,
    #[serde(flatten)]
    _others: std::collections::BTreeMap<String, serde::de::IgnoredAny>,
}

impl Section for SocketPath {
    const NAME: &'static str = "socket";
    const FIELDS: &'static [Field] = &[Field::optional("path", "PathBuf")];
}
