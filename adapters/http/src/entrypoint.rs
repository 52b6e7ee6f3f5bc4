//! What the host starts and stops.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use partitura_runtime::app::App;
use partitura_runtime::entrypoint::{Entrypoint, Invocation, Subcommand};
use partitura_runtime::env::Env;
use partitura_runtime::error::{Error, Kind, Result};
use partitura_runtime::future::BoxFuture;
use tokio::net::TcpListener;

use crate::auth::Authenticators;
use crate::config::HttpConfig;
use crate::server::Server;
use crate::table::Table;
use crate::{openapi, router};

/// The entrypoint `http`.
#[derive(Default)]
pub struct Http {
    running: Mutex<Option<Arc<Server>>>,
    draining: Arc<AtomicBool>,
    /// What stands beside the application's own routes.
    beside: Option<Router>,
}

impl Http {
    /// One that is not started.
    pub fn new() -> Self {
        Http::default()
    }

    /// With somebody else's routes beside the application's own, and within everything that stands around the server.
    #[must_use]
    pub fn with(mut self, router: Router) -> Self {
        self.beside = Some(match self.beside.take() {
            Some(beside) => beside.merge(router),
            None => router,
        });
        self
    }

    /// The router that it serves: the routes, and everything that stands beside and around them.
    ///
    /// # Errors
    /// Kind invalid with every mistake of the configuration.
    pub fn router(&self, app: &App) -> Result<Router> {
        let (shared, table) = router::set_up(app)?;
        Ok(router::server(&shared, &table, &self.draining, self.beside.clone()))
    }

    fn running(&self) -> Option<Arc<Server>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Entrypoint for Http {
    fn name(&self) -> &'static str {
        "http"
    }

    fn is_enabled(&self, app: &App) -> bool {
        // A section that does not parse is told by `start`.
        let Ok(config) = router::config(app) else { return true };
        config.enabled.unwrap_or_else(|| {
            config.messages || self.beside.is_some() || Table::leads_anywhere(app.blueprint(), &config)
        })
    }

    fn start<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let config = router::config(app)?;
            let router = self.router(app)?;
            let address = SocketAddr::new(config.host, config.port);
            let listener = TcpListener::bind(address).await.map_err(|error| refused(address, &error))?;
            let address = listener.local_addr()?;
            self.draining.store(false, Ordering::Relaxed);
            let server = Server::start(listener, router, &config, app.env());
            *self.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(server));
            Ok(format!("http://{address}"))
        })
    }

    fn drain(&self) -> BoxFuture<'_, ()> {
        self.draining.store(true, Ordering::Relaxed);
        Box::pin(async {
            if let Some(server) = self.running() {
                // Time for a balancer to look at `/health/ready`.
                server.delay().await;
                server.drain().await;
            }
        })
    }

    fn stop(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            if let Some(server) = self.running() {
                server.stop().await;
            }
            Ok(())
        })
    }

    fn subcommands(&self) -> Vec<Subcommand> {
        vec![
            Subcommand {
                name: "routes",
                about: "List the routes",
                run: Box::new(|invocation| Box::pin(async move { Ok(listed(&table(&invocation)?)) })),
            },
            Subcommand {
                name: "openapi",
                about: "Print the OpenAPI document of the routes",
                run: Box::new(|invocation| {
                    Box::pin(async move {
                        if let Some(argument) = invocation.arguments.first() {
                            let text = format!("`openapi` takes no `{argument}`: it prints JSON, and nothing else");
                            return Err(Error::malformed(text, Vec::new()));
                        }
                        // Authenticators of the application's own are not there before it is built.
                        let security = Authenticators::from_config(&invocation.config, &Env::real())?.schemes();
                        let document = openapi::document(invocation.blueprint, &table(&invocation)?, &security);
                        Ok(serde_json::to_string_pretty(&document).unwrap_or_default())
                    })
                }),
            },
        ]
    }
}

/// The routes of an application that is not built.
fn table(invocation: &Invocation) -> Result<Table> {
    let config: HttpConfig = invocation.config.section().map_err(Error::from)?;
    Table::new(invocation.blueprint, &config)
}

/// One line for each route.
fn listed(table: &Table) -> String {
    let widest = table.routes.iter().map(|route| route.path.len()).max().unwrap_or(0);
    let line = |route: &crate::table::Bound| format!("{:<7} {:<widest$}  {}\n", route.method, route.path, route.name());
    table.routes.iter().map(line).collect()
}

fn refused(address: SocketAddr, error: &std::io::Error) -> Error {
    let cure = match error.kind() {
        std::io::ErrorKind::AddrInUse => {
            "; another process listens there: stop it, or choose another port (`http.port`, 0 for a free one)"
        }
        std::io::ErrorKind::PermissionDenied => "; ports below 1024 are for root: choose another one (`http.port`)",
        std::io::ErrorKind::AddrNotAvailable => "; this machine has no such address (`http.host`)",
        _ => "",
    };
    Error::new(Kind::Unavailable, format!("cannot listen at {address}: {error}{cure}")).with_code("PT0411")
}
