//! What the host starts and stops.

use std::sync::{Arc, Mutex, PoisonError};

use partitura_runtime::app::App;
use partitura_runtime::entrypoint::{DOORS, Entrypoint, Subcommand};
use partitura_runtime::error::{Error, Result};
use partitura_runtime::future::BoxFuture;
use partitura_wire::unix::default_path;

use crate::config::SocketConfig;
use crate::server::Server;
use crate::{listen, path, send};

/// How the configuration speaks of it.
#[linkme::distributed_slice(DOORS)]
pub(crate) static NAME: &'static str = "socket";

/// The entrypoint `socket`.
#[derive(Default)]
pub struct Socket {
    running: Mutex<Option<Arc<Server>>>,
}

impl Socket {
    /// One that is not started.
    pub fn new() -> Self {
        Socket::default()
    }

    fn running(&self) -> Option<Arc<Server>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Entrypoint for Socket {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_enabled(&self, app: &App) -> bool {
        // A section that does not parse is told by `start`.
        let Ok(config) = app.config().section::<SocketConfig>() else { return true };
        config.enabled.unwrap_or_else(|| app.config().entries().iter().any(|entry| entry.key.starts_with("socket.")))
    }

    fn start<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let config: SocketConfig = app.config().section().map_err(Error::from)?;
            let path = match &config.path {
                Some(path) => path.clone(),
                None => {
                    let path = default_path(app.name())?;
                    path::make_folder(&path)?;
                    path
                }
            };
            let listening = listen::open(&path, config.mode, app.env()).await?;
            let server = Server::start(listening, app, &Arc::new(config));
            *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(server));
            Ok(path.display().to_string())
        })
    }

    fn drain(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            if let Some(server) = self.running() {
                server.drain().await;
            }
        })
    }

    fn stop(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            match self.running() {
                Some(server) => server.stop().await,
                None => Ok(()),
            }
        })
    }

    fn subcommands(&self) -> Vec<Subcommand> {
        vec![Subcommand {
            name: "send",
            about: "Sends one message to the running application, through its socket",
            run: Box::new(|invocation| Box::pin(send::send(invocation))),
        }]
    }
}
