//! The loop that accepts.

use std::sync::Arc;
use std::time::Duration;

use partitura_runtime::app::App;
use partitura_runtime::env::Task;
use partitura_runtime::error::{Error, Result};
use partitura_wire::{Allow, Fault, Frame, Phase, Session, Transmit, framed};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::caller::Callers;
use crate::config::SocketConfig;
use crate::entrypoint::NAME;
use crate::listen::{Listening, OwnFile};

/// A socket that accepts.
pub(crate) struct Server {
    phase: watch::Sender<Phase>,
    task: tokio::sync::Mutex<Option<Task<()>>>,
    file: OwnFile,
    app: App,
}

/// What connections have for their last frames when the budget of a stop is used up.
const GRACE: Duration = Duration::from_millis(400);

impl Server {
    /// Accepts from now on.
    pub(crate) fn start(listening: Listening, app: &App, config: &Arc<SocketConfig>) -> Self {
        let (phase, watching) = watch::channel(Phase::Open);
        let Listening { listener, file } = listening;
        let accept = Accept {
            callers: Callers::new(app, config),
            places: Arc::new(Semaphore::new(config.max_connections.clamp(1, Semaphore::MAX_PERMITS))),
            app: app.clone(),
            config: config.clone(),
            phase: watching,
        };
        let task = app.env().spawn(accept.run(listener));
        Server { phase, task: tokio::sync::Mutex::new(Some(task)), file, app: app.clone() }
    }

    /// Accepts no more, lets what runs finish, and waits for that. The file is gone at once: a successor may have its place.
    pub(crate) async fn drain(&self) {
        self.phase.send_if_modified(|phase| std::mem::replace(phase, Phase::Drain) == Phase::Open);
        // `stop` tells what is wrong with it.
        drop(self.file.remove());
        let mut task = self.task.lock().await;
        if let Some(running) = task.as_mut() {
            // A panic of the loop is in the log.
            drop(running.await);
            // Not to be asked again.
            *task = None;
        }
    }

    /// Ends what still runs, and tells it.
    ///
    /// # Errors
    /// If the file cannot be removed.
    pub(crate) async fn stop(&self) -> Result<()> {
        self.phase.send_replace(Phase::Stop);
        let removed = self.file.remove();
        if let Some(mut task) = self.task.lock().await.take()
            && self.app.env().timeout(GRACE, &mut task).await.is_err()
        {
            task.abort();
        }
        removed
    }
}

struct Accept {
    app: App,
    callers: Callers,
    config: Arc<SocketConfig>,
    places: Arc<Semaphore>,
    phase: watch::Receiver<Phase>,
}

impl Accept {
    async fn run(mut self, listener: UnixListener) {
        // Ends with this loop, and with it every connection that is left.
        let mut connections = JoinSet::new();
        let mut phase = self.phase.clone();
        loop {
            // A place first: who has to wait, waits in the kernel's queue.
            let accepted = async {
                let place = self.places.clone().acquire_owned().await;
                (place.ok(), listener.accept().await)
            };
            tokio::select! {
                biased;
                () = async { drop(phase.wait_for(|phase| *phase != Phase::Open).await) } => break,
                Some(_) = connections.join_next() => {}
                (place, accepted) = accepted => match accepted {
                    Ok((stream, _)) => self.connection(stream, place, &mut connections),
                    // Out of file descriptors, most often: others will be closed.
                    Err(error) => {
                        tracing::warn!(target: "partitura", %error, "a connection could not be accepted");
                        self.app.env().sleep(Duration::from_millis(50)).await;
                    }
                },
            }
        }
        drop(listener);
        while connections.join_next().await.is_some() {}
    }

    fn connection(&mut self, stream: UnixStream, place: Option<OwnedSemaphorePermit>, connections: &mut JoinSet<()>) {
        let (app, callers, config, phase) =
            (self.app.clone(), self.callers.clone(), self.config.clone(), self.phase.clone());
        connections.spawn(async move {
            let identity = match stream.peer_cred() {
                Ok(peer) => callers.identify(&peer, &app).await,
                Err(error) => Err(Error::unauthenticated(format!("the kernel does not say who calls: {error}"))),
            };
            let (read, write) = stream.into_split();
            let (read, mut write) = framed(read, write, config.max_frame, config.frame_timeout, app.env());
            match identity {
                Ok(identity) => {
                    let mut session =
                        Session::new(&app, identity).at(NAME).limits(config.limits()).describing(config.describe);
                    if config.subscriptions {
                        let allow: Allow = Arc::new(|_, _| Ok(()));
                        session = session.subscriptions(allow);
                    }
                    let ended = session.run(read, write, phase).await;
                    tracing::debug!(target: "partitura", ?ended, "a connection of the socket has ended");
                }
                Err(error) => {
                    tracing::debug!(target: "partitura", ?error, "a caller of the socket was refused");
                    let refusal = async {
                        for frame in [Frame::Error { id: None, error: Fault::of(&error, None) }, Frame::Goodbye] {
                            if let Ok(frame) = frame.to_bytes() {
                                drop(write.transmit(frame).await);
                            }
                        }
                        drop(write.flush().await);
                        write.close().await;
                    };
                    let _ = app.env().timeout(Duration::from_secs(5), refusal).await;
                }
            }
            drop(place);
        });
    }
}
