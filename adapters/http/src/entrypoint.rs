//! What the host starts and stops.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use axum::Router;
use partitura_runtime::app::{App, Blueprint, Next, Reloading};
use partitura_runtime::config::Config;
use partitura_runtime::entrypoint::{DOORS, Entrypoint, Invocation, Mount, Subcommand};
use partitura_runtime::env::Env;
use partitura_runtime::error::{Error, Kind, Result};
use partitura_runtime::future::BoxFuture;
use partitura_runtime::overrides::Admission;
use tokio::net::TcpListener;

use crate::auth::Authenticators;
use crate::config::HttpConfig;
use crate::mount::{self, Mounted};
use crate::server::Server;
use crate::table::Table;
#[cfg(feature = "websocket")]
use crate::websocket;
use crate::{openapi, router};

/// How the configuration speaks of it.
#[linkme::distributed_slice(DOORS)]
pub(crate) static NAME: &'static str = "http";

/// The entrypoint `http`.
#[derive(Default)]
pub struct Http {
    running: Mutex<Option<Arc<Server>>>,
    draining: Arc<AtomicBool>,
    /// What stands beside the application's own routes.
    beside: Option<Router>,
    /// What other entrypoints hang onto it.
    mounts: Mutex<Vec<Mounted>>,
    #[cfg(feature = "websocket")]
    sockets: Arc<websocket::Open>,
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
        self.routed(app, app.config(), &app.admission())
    }

    fn routed(&self, app: &App, config: &Config, admission: &Admission) -> Result<Router> {
        let (shared, table) = router::set_up(app, config, admission)?;
        let mounts = self.mounts.lock().unwrap_or_else(PoisonError::into_inner);
        mount::check(&mounts, &table, &shared)?;
        Ok(router::server(
            &shared,
            &table,
            &self.draining,
            #[cfg(feature = "websocket")]
            &self.sockets,
            self.beside.clone(),
            &mounts,
        ))
    }

    fn is_on(&self, blueprint: &'static Blueprint, config: &HttpConfig) -> bool {
        config
            .enabled
            .unwrap_or_else(|| config.messages || self.beside.is_some() || Table::leads_anywhere(blueprint, config))
    }

    fn running(&self) -> Option<Arc<Server>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Entrypoint for Http {
    fn name(&self) -> &'static str {
        NAME
    }

    fn is_enabled(&self, app: &App) -> bool {
        // A section that does not parse is told by `start`.
        router::config(app.config()).map_or(true, |config| self.is_on(app.blueprint(), &config))
    }

    fn check(&self, blueprint: &'static Blueprint, config: &Config) -> Result<()> {
        if !self.is_on(blueprint, &router::config(config)?) {
            return Ok(());
        }
        router::checked(blueprint, config)?;
        // Authenticators of the application's own are not there before it is built.
        Authenticators::from_config(config, &Env::real()).map(drop)
    }

    fn take(&self, from: &'static str, mount: Mount) -> Result<()> {
        let mounted = Mounted::of(from, mount)?;
        self.mounts.lock().unwrap_or_else(PoisonError::into_inner).push(mounted);
        Ok(())
    }

    fn start<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<String>> {
        Box::pin(async move {
            let config = router::config(app.config())?;
            let router = self.router(app)?;
            let address = SocketAddr::new(config.host, config.port);
            let listener = TcpListener::bind(address).await.map_err(|error| refused(address, &error))?;
            let address = listener.local_addr()?;
            self.draining.store(false, Ordering::Relaxed);
            #[cfg(feature = "websocket")]
            self.sockets.begin();
            let router = Arc::new(ArcSwap::from_pointee(router));
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
                #[cfg(feature = "websocket")]
                self.sockets.drain();
                server.drain().await;
            }
        })
    }

    fn stop(&self) -> BoxFuture<'_, Result<()>> {
        Box::pin(async {
            if let Some(server) = self.running() {
                #[cfg(feature = "websocket")]
                self.sockets.stop(server.env()).await;
                server.stop().await;
            }
            Ok(())
        })
    }

    /// A new router, for the requests that begin after it, on connections that are open, too. What belongs to the listener and to
    /// a connection is so until the next start.
    fn reload(&self, app: &App, next: &Next) -> Result<Reloading> {
        let Some(server) = self.running() else { return Ok(Reloading::nothing()) };
        // What waits, and who came how often, is counted by the router: it is not made anew for nothing.
        let is_ours = |key: &str| {
            let is_fixed = FIXED.iter().any(|fixed| key.starts_with(fixed));
            let moves = key.starts_with("messages.") && (key.contains(".entrypoints") || key.ends_with(".enabled"));
            moves || key.starts_with("auth.") || key.starts_with("http.") && !is_fixed
        };
        if !next.changes.iter().any(|change| is_ours(&change.key)) {
            return Ok(Reloading::nothing());
        }
        let router = self.routed(app, &next.config, &next.admission)?;
        Ok(Reloading::of(&["http", "auth"], move || server.exchange(router)).except(&FIXED))
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
                        let blueprint = invocation.blueprint.configured(&invocation.config);
                        let document = openapi::document(blueprint, &table(&invocation)?, &security);
                        Ok(serde_json::to_string_pretty(&document).unwrap_or_default())
                    })
                }),
            },
        ]
    }
}

/// What a reload leaves as it is.
const FIXED: [&str; 11] = [
    "http.enabled",
    "http.host",
    "http.port",
    "http.header_timeout",
    "http.idle_timeout",
    "http.write_timeout",
    "http.max_header_bytes",
    "http.max_headers",
    "http.max_streams",
    "http.max_connections",
    "http.drain_delay",
];

/// The routes of an application that is not built.
fn table(invocation: &Invocation) -> Result<Table> {
    let config: HttpConfig = invocation.config.section().map_err(Error::from)?;
    let admission = invocation.blueprint.check_config(&invocation.config).map_err(Error::from)?;
    Ok(Table::new(invocation.blueprint.configured(&invocation.config), &config)?.admitted(&admission))
}

/// One line for each route.
fn listed(table: &Table) -> String {
    let paths = table.routes.iter().map(|route| &route.path).chain(&table.websocket);
    let widest = paths.map(String::len).max().unwrap_or(0);
    let line = |route: &crate::table::Bound| format!("{:<7} {:<widest$}  {}\n", route.method, route.path, route.name());
    let mut all: String = table.routes.iter().map(line).collect();
    if let Some(path) = &table.websocket {
        all.push_str(&format!("GET     {path:<widest$}  (WebSocket)\n"));
    }
    all
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
