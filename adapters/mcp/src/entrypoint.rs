//! What the host starts and stops.

use std::sync::{Arc, Mutex, PoisonError};

use partitura_runtime::app::{App, Blueprint};
use partitura_runtime::config::Config;
use partitura_runtime::entrypoint::{DOORS, Entrypoint, Mount, Subcommand};
use partitura_runtime::error::{Error, Result};
use partitura_runtime::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::config::McpConfig;
use crate::shared::Shared;
use crate::tools::Tools;
use crate::{http, stdio};

/// How the configuration speaks of it.
#[linkme::distributed_slice(DOORS)]
pub(crate) static NAME: &'static str = "mcp";

/// The entrypoint `mcp`.
#[derive(Default)]
pub struct Mcp {
    running: Mutex<Option<Running>>,
}

/// What is hung onto `http`.
#[derive(Clone)]
struct Running {
    shared: Arc<Shared>,
    /// Ends sessions and their streams.
    closed: CancellationToken,
}

impl Mcp {
    /// One that is not started.
    pub fn new() -> Self {
        Mcp::default()
    }

    fn running(&self) -> Option<Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Entrypoint for Mcp {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_enabled(&self, app: &App) -> bool {
        // A section that does not parse is told by `mounts`.
        app.config().section::<McpConfig>().map_or(true, |config| config.enabled == Some(true))
    }

    fn check(&self, blueprint: &'static Blueprint, config: &Config) -> Result<()> {
        let own: McpConfig = config.section().map_err(Error::from)?;
        // The verb `mcp` needs no more than that nobody forbids it.
        if own.enabled == Some(false) {
            return Ok(());
        }
        let checked = own.check().and_then(|()| Tools::new(blueprint, &own).map(drop));
        checked.map_err(|error| config.placed(error))
    }

    fn mounts(&self, app: &App) -> Result<Vec<Mount>> {
        let config: McpConfig = app.config().section().map_err(Error::from)?;
        if !config.http {
            return Ok(Vec::new());
        }
        let path = config.path.clone();
        let running = Running { shared: Shared::new(app, config)?, closed: CancellationToken::new() };
        let router = http::open(&running.shared, &running.closed)?;
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
        Ok(vec![Mount { onto: "http", path, what: Box::new(router) }])
    }

    fn start<'a>(&'a self, _: &'a App) -> BoxFuture<'a, Result<String>> {
        Box::pin(async {
            match self.running() {
                Some(running) => Ok(format!("{} of `http`", running.shared.config.path)),
                None => Ok("nothing: `mcp.http` is false, and stdin is for the verb `mcp`".to_owned()),
            }
        })
    }

    fn drain(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            if let Some(running) = self.running() {
                running.shared.drain().await;
                // Streams that nothing more comes of would keep the server waiting for its connections.
                running.closed.cancel();
            }
        })
    }

    fn stop(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            if let Some(running) = self.running() {
                running.shared.end();
                running.closed.cancel();
            }
            Ok(())
        })
    }

    fn subcommands(&self) -> Vec<Subcommand> {
        vec![Subcommand {
            name: "mcp",
            about: "Speaks the Model Context Protocol on stdin and stdout, for a client that starts this program",
            run: Box::new(|invocation| Box::pin(stdio::speak(invocation))),
        }]
    }
}
