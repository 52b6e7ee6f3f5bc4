//! The verb `parity` of an application's command line.

use partitura_runtime::app::App;
use partitura_runtime::entrypoint::{Entrypoint, Invocation, Subcommand, Told};
use partitura_runtime::error::{Error, Kind, Result};
use partitura_runtime::future::BoxFuture;

use crate::run::Parity;

const USAGE: &str = "\
Takes every message through every entrypoint with the same inputs, and compares the answers.

Usage: parity [--cases FILE] [--only NAME]

Options:
  --cases FILE  Inputs, callers and what happens before; default parity.toml, if it is there
  --only NAME   One message";

/// Adds the verb `parity` to a command line: `Bank::main_with(vec![Arc::new(Verb::default())])`.
#[derive(Default)]
pub struct Verb {
    typed: Vec<fn(Parity) -> Parity>,
}

impl Verb {
    /// With typed sends, too: `Verb::with(|parity| parity.typed::<OpenAccount>())`.
    #[must_use]
    pub fn with(typed: fn(Parity) -> Parity) -> Self {
        Verb { typed: vec![typed] }
    }
}

impl Entrypoint for Verb {
    fn name(&self) -> &'static str {
        "parity"
    }

    fn opens(&self) -> bool {
        false
    }

    fn is_enabled(&self, _: &App) -> bool {
        false
    }

    fn start<'a>(&'a self, _: &'a App) -> BoxFuture<'a, Result<String>> {
        Box::pin(async { Err(Error::invalid("`parity` is a verb: there is nothing to serve")) })
    }

    fn drain(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn stop(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn subcommands(&self) -> Vec<Subcommand> {
        let typed = self.typed.clone();
        vec![Subcommand {
            name: "parity",
            about: "Proves that every entrypoint gives the same answers",
            run: Box::new(move |invocation| Box::pin(run(invocation, typed.clone()))),
        }]
    }
}

async fn run(invocation: Invocation, typed: Vec<fn(Parity) -> Parity>) -> Result<String> {
    let Invocation { blueprint, arguments, terminal, .. } = invocation;
    let (mut cases, mut only) = (None, None);
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let place = match &*argument {
            "--help" | "-h" => return Ok(USAGE.to_owned()),
            "--cases" => &mut cases,
            "--only" => &mut only,
            _ => return Err(usage(format!("parity: `{argument}` is not understood\n\n{USAGE}"))),
        };
        *place = Some(arguments.next().ok_or_else(|| usage(format!("parity: `{argument}` needs a value")))?);
    }
    let file = cases.clone().unwrap_or_else(|| "parity.toml".to_owned());
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && cases.is_none() => String::new(),
        Err(error) => return Err(usage(format!("{file}: {error}"))),
    };
    let mut parity = Parity::of(blueprint).cases(&text).map_err(|error| usage(format!("{file}: {error}")))?;
    if let Some(name) = only {
        parity = parity.only(&name).map_err(usage)?;
    }
    for add in typed {
        parity = add(parity);
    }
    let proven = tokio::task::spawn_blocking(move || parity.run()).await;
    let table = proven.map_err(Error::from)?.map_err(Error::invalid)?;
    if table.holds() {
        return Ok(table.to_string());
    }
    terminal.answer(table.to_string()).await?;
    Err(Error::new(Kind::Internal, "not every answer is the same").with_source(Told))
}

fn usage(text: impl Into<String>) -> Error {
    Error::malformed(text, Vec::new())
}
