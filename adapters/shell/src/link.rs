//! The other side: the application, in this process or in another. Either way a [`Client`] speaks to it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use partitura_runtime::app::App;
use partitura_runtime::env::Env;
use partitura_runtime::error::{Error, Result};
use partitura_runtime::identity::Identity;
use partitura_wire::{Client, ClientOptions, Limits, Phase, Session, framed, unix};
use tokio::sync::watch;

use crate::entrypoint::NAME;

/// The longest frame that is taken, in process.
const MOST_BYTES: usize = 64 << 20;
/// What is on its way between the two sides in process.
const PIPE_BYTES: usize = 64 << 10;

/// The application, and the connection to it.
pub(crate) struct Link {
    to: To,
    env: Env,
    client: Client,
}

enum To {
    Inside { app: App, identity: Identity, open: watch::Sender<Phase> },
    Attached(PathBuf),
}

impl Link {
    /// To an application of this process, as nobody in particular.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub(crate) async fn inside(app: &App) -> Result<Self> {
        let (open, identity) = (watch::Sender::new(Phase::Open), Identity::anonymous());
        let client = join(app, identity.clone(), &open).await?;
        Ok(Link { to: To::Inside { app: app.clone(), identity, open }, env: app.env().clone(), client })
    }

    /// To the application that listens at `path`.
    ///
    /// # Errors
    /// As [`unix::connect`].
    pub(crate) async fn attach(path: PathBuf) -> Result<Self> {
        let client = unix::connect(&path).await?;
        Ok(Link { to: To::Attached(path), env: Env::real(), client })
    }

    /// The client. A connection that was lost is made again, which a line told to the person says: an application closes one that was silent
    /// for long.
    ///
    /// # Errors
    /// As when it was made.
    pub(crate) async fn client(&mut self) -> Result<(Client, Option<String>)> {
        if self.client.is_connected() {
            return Ok((self.client.clone(), None));
        }
        let note = match &self.to {
            To::Inside { app, identity, open } => {
                self.client = join(app, identity.clone(), open).await?;
                "connected again".to_owned()
            }
            To::Attached(path) => {
                self.client = unix::connect(path).await?;
                format!("connected again to {}", path.display())
            }
        };
        Ok((self.client.clone(), Some(note)))
    }

    /// Sends as somebody else from now on.
    ///
    /// # Errors
    /// Kind forbidden, code PT0473, when attached: the kernel says who it is.
    pub(crate) async fn become_caller(&mut self, caller: Identity) -> Result<()> {
        match &mut self.to {
            To::Inside { app, identity, open } => {
                self.client = join(app, caller.clone(), open).await?;
                *identity = caller;
                Ok(())
            }
            To::Attached(_) => {
                let text = "the application that runs knows by the kernel who this is; `as` is for a shell with one of its own";
                Err(Error::forbidden(text).with_code("PT0473"))
            }
        }
    }

    /// Where the application is, for people; nothing if it is in this process.
    pub(crate) fn place(&self) -> Option<String> {
        match &self.to {
            To::Inside { .. } => None,
            To::Attached(path) => Some(path.display().to_string()),
        }
    }

    pub(crate) fn env(&self) -> &Env {
        &self.env
    }
}

/// A connection within the process, whose other side ends when the client is dropped.
async fn join(app: &App, identity: Identity, open: &watch::Sender<Phase>) -> Result<Client> {
    let env = app.env();
    let (own, other) = tokio::io::duplex(PIPE_BYTES);
    let mut limits = Limits::default();
    limits.max_frame = MOST_BYTES;
    // Somebody thinks, or reads page after page: no reason to hang up.
    limits.idle = Duration::ZERO;
    limits.keep_alive = Duration::ZERO;
    limits.stall = Duration::ZERO;
    let (read, write) = tokio::io::split(other);
    let (read, write) = framed(read, write, MOST_BYTES, Duration::ZERO, env);
    // Whoever runs the application has all of it anyway.
    let session =
        Session::new(app, identity).at(NAME).limits(limits).describing(true).subscriptions(Arc::new(|_, _| Ok(())));
    drop(env.spawn(session.run(read, write, open.subscribe())));
    let (read, write) = tokio::io::split(own);
    let (read, write) = framed(read, write, MOST_BYTES, Duration::ZERO, env);
    let mut options = ClientOptions::default();
    options.max_frame = MOST_BYTES;
    Client::connect(read, write, env, options).await
}
