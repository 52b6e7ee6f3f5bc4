//! The ways in: what an adapter implements, and who a caller is.

use std::any::Any;
use std::time::Duration;

use serde::Deserialize;

use crate::app::{App, Blueprint, Next, Reloading};
use crate::config::{Config, Field, SectionInfo};
use crate::container::need::Need;
use crate::error::{Error, Result};
pub use crate::future::BoxFuture;
use crate::identity::Identity;
use crate::telemetry::trace::TraceParent;
pub use crate::terminal::{Asked, Console, Exit, Signal, Terminal, Told};

/// The sections of the configuration that the linked adapters read. An adapter adds its own with
/// `#[linkme::distributed_slice]`.
#[linkme::distributed_slice]
pub static SECTIONS: [SectionInfo];

/// What the linked adapters need of the applications that they serve: all providers of a trait, most often.
#[linkme::distributed_slice]
pub static NEEDS: [Need];

/// The names of the linked entrypoints, and of other ways in: what `entrypoints = ["http"]` of a message may say. An adapter adds
/// its own, which is what it gives to [`Call::at`](crate::app::Call::at).
#[linkme::distributed_slice]
pub static DOORS: [&'static str];

/// Every name of [`DOORS`] and [`CODE`](crate::overrides::CODE), in order, each once.
pub(crate) fn names() -> Vec<&'static str> {
    let mut names: Vec<&'static str> = DOORS.iter().copied().chain([crate::overrides::CODE]).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A way in: HTTP, a socket, a schedule. An adapter implements it, and the host starts and stops it.
///
/// All methods are called once, in this order: `check`, `mounts`, `take` for each mount of another entrypoint, `start`, `drain`, `stop`;
/// of several entrypoints the last one started is the first one drained.
pub trait Entrypoint: Send + Sync + 'static {
    /// Its name in `serve --only` and in logs: `http`.
    fn name(&self) -> &'static str;

    /// Whether it is a way in at all. Default true; false for what only has [`subcommands`](Entrypoint::subcommands), which `serve` does not
    /// offer.
    fn opens(&self) -> bool {
        true
    }

    /// Whether the configuration turns it on.
    fn is_enabled(&self, app: &App) -> bool;

    /// Whether the configuration says something of it that cannot be: for the verb `check`, and for `serve` before anything of the
    /// application starts. Nothing is built or opened for it. Default: nothing is wrong.
    ///
    /// `blueprint` is the application less the modules that `config` switches off.
    ///
    /// # Errors
    /// Everything that keeps it from opening with this configuration, each failure at the key that it is about (see
    /// [`Config::placed`]). Nothing where the configuration does not turn it on.
    fn check(&self, blueprint: &'static Blueprint, config: &Config) -> Result<()> {
        let _ = (blueprint, config);
        Ok(())
    }

    /// Opens it, and says where it listens, for a person: `http://127.0.0.1:8080`.
    ///
    /// # Errors
    /// Why it cannot open, with the address or path: what had been started is stopped again.
    fn start<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<String>>;

    /// Takes nothing new and lets what runs finish. Dropped when the budget is used up.
    fn drain(&self) -> BoxFuture<'_, ()>;

    /// Closes what is still open.
    ///
    /// # Errors
    /// What could not be closed: it is logged, and all others are stopped.
    fn stop(&self) -> BoxFuture<'_, Result<()>>;

    /// Looks at a configuration that was read again while it is open, and says what it would take over, and how. Nothing changes
    /// before every part of the program has agreed. Default: nothing, so that every change of its keys needs a restart.
    ///
    /// # Errors
    /// Everything that is wrong with it: then nothing changes anywhere.
    fn reload(&self, app: &App, next: &Next) -> Result<Reloading> {
        let _ = (app, next);
        Ok(Reloading::nothing())
    }

    /// What it adds to the command line, such as `send`.
    fn subcommands(&self) -> Vec<Subcommand> {
        Vec::new()
    }

    /// What it hangs onto another entrypoint, such as `/ws` onto `http`. Each knows the type that it takes. Asked before any
    /// entrypoint starts, and only of those that will.
    ///
    /// # Errors
    /// Why it cannot be made: no entrypoint starts.
    fn mounts(&self, app: &App) -> Result<Vec<Mount>> {
        let _ = app;
        Ok(Vec::new())
    }

    /// Takes what the entrypoint `from` hangs onto this one, before it starts.
    ///
    /// # Errors
    /// Kind invalid, code PT0482, by default: nothing can be hung onto it. Also where what is hung there is of a type that it
    /// does not know.
    fn take(&self, from: &'static str, mount: Mount) -> Result<()> {
        let text = format!(
            "`{from}` hangs `{}` onto `{}`, and nothing can be hung onto that: it is no server of paths",
            mount.path,
            self.name()
        );
        Err(Error::invalid(text).with_code("PT0482"))
    }
}

/// A verb that an entrypoint adds to the command line.
pub struct Subcommand {
    /// The verb.
    pub name: &'static str,
    /// One line for `--help`.
    pub about: &'static str,
    /// Runs it; the answer goes to stdout.
    pub run: Box<dyn Fn(Invocation) -> BoxFuture<'static, Result<String>> + Send + Sync>,
}

/// What a [`Subcommand`] is run with.
#[non_exhaustive]
pub struct Invocation {
    /// The application, which is not built.
    pub blueprint: &'static Blueprint,
    /// The arguments behind the verb.
    pub arguments: Vec<String>,
    /// The configuration, in which the entrypoint finds where the application listens.
    pub config: Config,
    /// Where it reads from and tells things while it runs.
    pub terminal: Terminal,
    /// The trace of whoever runs it: the variable `TRACEPARENT` (W3C Trace Context), if it parses.
    pub trace: Option<TraceParent>,
}

impl Invocation {
    /// Of this application: these arguments, and this configuration.
    ///
    /// Its terminal is nobody's: what is told there is lost, and nothing can be read.
    pub fn new(blueprint: &'static Blueprint, arguments: Vec<String>, config: Config) -> Self {
        Invocation { blueprint, arguments, config, terminal: Terminal::new().0, trace: None }
    }

    /// Within this trace.
    #[must_use]
    pub fn within(mut self, trace: Option<TraceParent>) -> Self {
        self.trace = trace;
        self
    }

    /// At this terminal.
    #[must_use]
    pub fn at(mut self, terminal: Terminal) -> Self {
        self.terminal = terminal;
        self
    }
}

/// Something that one entrypoint hangs onto another.
pub struct Mount {
    /// The name of the entrypoint that takes it.
    pub onto: &'static str,
    /// Where.
    pub path: String,
    /// What; the entrypoint that takes it knows the type.
    pub what: Box<dyn Any + Send>,
}

/// Turns credentials into an identity.
pub trait Authenticator: Send + Sync + 'static {
    /// Its scheme, as in a `WWW-Authenticate` header: `Bearer`.
    fn scheme(&self) -> &'static str;

    /// Who the credentials belong to; `None` if they are of another scheme, so that the next authenticator is asked.
    ///
    /// # Errors
    /// Kind unauthenticated if they are of this scheme and do not hold.
    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> BoxFuture<'a, Result<Option<Identity>>>;
}

/// What a caller showed.
#[derive(Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// An `Authorization` header: scheme and the rest.
    Authorization {
        /// The scheme as sent; compared without case (RFC 9110).
        scheme: String,
        /// What follows it.
        value: crate::config::Secret<String>,
    },
    /// A key in a header or query of its own.
    ApiKey(crate::config::Secret<String>),
    /// The user and group of a process on the same machine, as the kernel says them.
    Peer {
        /// The user id.
        uid: u32,
        /// The group id.
        gid: u32,
    },
}

/// The section `runtime` of the configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RuntimeConfig {
    /// How long an outermost message, a job or a subscriber may take whose caller says nothing; a timeout of its own only shortens it.
    /// Default `30s`; `0s` for no limit.
    #[serde(with = "crate::config::duration")]
    pub timeout: Duration,
    /// How long a stopping application waits for what runs. Default `10s`.
    #[serde(with = "crate::config::duration")]
    pub stop_timeout: Duration,
}

impl Default for RuntimeConfig {
    fn default() -> Self {
        RuntimeConfig { timeout: Duration::from_secs(30), stop_timeout: Duration::from_secs(10) }
    }
}

impl crate::config::Section for RuntimeConfig {
    const NAME: &'static str = "runtime";
    const FIELDS: &'static [Field] =
        &[Field::optional("timeout", "Duration"), Field::optional("stop_timeout", "Duration")];
}
