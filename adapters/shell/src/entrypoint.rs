//! What the command line finds the verb by.

use partitura_runtime::app::App;
use partitura_runtime::entrypoint::{DOORS, Entrypoint, Subcommand};
use partitura_runtime::error::{Error, Result};
use partitura_runtime::future::BoxFuture;

use crate::verb;

/// How the configuration speaks of it.
#[linkme::distributed_slice(DOORS)]
pub(crate) static NAME: &'static str = "shell";

/// The entrypoint `shell`, which opens nothing: it only has a verb.
#[derive(Debug, Default)]
pub struct Shell(());

impl Shell {
    /// The verb.
    pub fn new() -> Self {
        Shell::default()
    }
}

impl Entrypoint for Shell {
    fn name(&self) -> &'static str {
        NAME
    }

    fn opens(&self) -> bool {
        false
    }

    fn is_enabled(&self, _: &App) -> bool {
        false
    }

    fn start<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<String>> {
        let text = format!("a shell is opened at a terminal, by the verb `shell` of {}", app.name());
        Box::pin(async { Err(Error::unavailable(text).with_code("PT0470")) })
    }

    fn drain(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }

    fn stop(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async { Ok(()) })
    }

    fn subcommands(&self) -> Vec<Subcommand> {
        vec![Subcommand {
            name: "shell",
            about: "Takes messages from a prompt or a script, in process or attached to the running application",
            run: Box::new(|invocation| Box::pin(verb::shell(invocation))),
        }]
    }
}
