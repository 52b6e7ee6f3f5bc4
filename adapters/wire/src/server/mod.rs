//! The application's side of a connection.

mod clock;
mod connection;
mod flow;
mod work;
mod writer;

use std::sync::Arc;
use std::time::Duration;

use partitura_runtime::app::App;
use partitura_runtime::error::{Error, Result};
use partitura_runtime::identity::Identity;
use tokio::sync::{mpsc, watch};

use self::clock::{Clock, Rung};
use self::connection::{Connection, Of};
use self::flow::{Why, stopping};
use self::work::Asked;
use self::writer::{until, write};
use crate::frame::{Frame, VERSION};
use crate::limits::Limits;
use crate::transport::{Lost, Receive, Transmit};

pub use self::work::DESCRIBE;

/// Who may subscribe to which pattern of topics: an error refuses.
pub type Allow = Arc<dyn Fn(&Identity, &str) -> Result<()> + Send + Sync>;

/// The application's side of one connection: an application, who calls, and what the connection may take.
///
/// ```text
/// Session::new(&app, identity).at("socket").limits(limits).describing(true).run(receive, transmit, phase).await
/// ```
#[derive(Clone)]
pub struct Session {
    app: App,
    identity: Identity,
    limits: Limits,
    allow: Allow,
    describes: bool,
    entrypoint: Option<&'static str>,
}

/// How far the life of the entrypoint has come. All its connections watch one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// Requests are taken.
    #[default]
    Open,
    /// What runs may finish, and nothing new is taken; subscriptions end.
    Drain,
    /// What still runs ends with kind unavailable, PT0308.
    Stop,
}

/// How a connection ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum Ended {
    /// The caller closed it. What it had in flight was cancelled.
    Closed,
    /// It broke. What was in flight was cancelled.
    Lost(Lost),
    /// The caller said goodbye, or the application drains; all that ran has ended.
    Drained,
    /// The application stopped before all that ran had ended.
    Stopped,
    /// The caller was silent for too long.
    Silent,
    /// The caller speaks another version.
    Version(u32),
}

/// What a stopping application has for its last frames.
const GRACE: Duration = Duration::from_millis(300);

impl Session {
    /// Of `app`, for a connection whose every request is `identity`'s. No subscriptions, no descriptions, default limits.
    pub fn new(app: &App, identity: Identity) -> Self {
        let refuse = |_: &Identity, _: &str| {
            let text = "this entrypoint takes no subscriptions";
            Err(Error::forbidden(text).with_code("PT0447"))
        };
        Session {
            app: app.clone(),
            identity,
            limits: Limits::default().checked(),
            allow: Arc::new(refuse),
            describes: false,
            entrypoint: None,
        }
    }

    /// At this entrypoint: the configuration may say of a message which of them it takes. It is one of
    /// [`DOORS`](partitura_runtime::entrypoint::DOORS).
    #[must_use]
    pub fn at(mut self, entrypoint: &'static str) -> Self {
        self.entrypoint = Some(entrypoint);
        self
    }

    /// With these bounds.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits.checked();
        self
    }

    /// With subscriptions to topics, for whom and what `allow` does not refuse.
    #[must_use]
    pub fn subscriptions(mut self, allow: Allow) -> Self {
        self.allow = allow;
        self
    }

    /// Whether [`DESCRIBE`] answers with names, schemas and docs of messages. Default no.
    #[must_use]
    pub fn describing(mut self, describes: bool) -> Self {
        self.describes = describes;
        self
    }

    /// Speaks with the caller until the connection ends, and until nothing of it is in flight any more.
    ///
    /// # Cancel safety
    /// Dropping it closes the connection and cancels all that is in flight.
    pub async fn run<R: Receive, T: Transmit>(
        self,
        mut receive: R,
        transmit: T,
        mut phase: watch::Receiver<Phase>,
    ) -> Ended {
        let env = self.app.env().clone();
        let (out, queue) = mpsc::channel(self.limits.max_outgoing);
        let (hello, limit) = (self.hello(), self.limits.write);
        let connection = Connection::new(self, out);
        // However this ends: nobody is there any more.
        let gone = Gone(connection.clone());
        let mut stop = phase.clone();
        let mut writer = Box::pin(write(transmit, queue, limit, &env));
        let reading = async {
            connection.tell(&hello).await;
            read(&connection, &mut receive, &mut phase).await
        };
        let ended = tokio::select! {
            biased;
            () = stopped(&mut stop) => Ended::Stopped,
            lost = &mut writer => Ended::Lost(lost.err().unwrap_or(Lost::CutOff)),
            ended = reading => ended,
        };
        if ended.can_be_told() {
            // What runs has to be told that it is over, and says so to the caller, who is told last.
            let last = async {
                farewell(&connection, &ended).await;
                std::future::pending::<()>().await;
            };
            let patience = async {
                stopped(&mut stop).await;
                env.sleep(GRACE).await;
            };
            tokio::select! {
                biased;
                _ = &mut writer => {}
                () = last => {}
                () = patience => {}
            }
        }
        // With it the queue: whoever waits to say something need not wait any longer.
        drop(writer);
        drop(gone);
        connection.idle().await;
        ended
    }

    fn hello(&self) -> Frame {
        Frame::Hello {
            version: VERSION,
            max_frame: Some(self.limits.max_frame as u64),
            max_in_flight: Some(self.limits.max_in_flight as u64),
            application: Some(self.app.name().to_owned()),
            application_version: Some(self.app.blueprint().version.to_owned()),
        }
    }
}

impl Ended {
    /// Whether the caller still reads.
    fn can_be_told(&self) -> bool {
        !matches!(self, Ended::Closed | Ended::Lost(Lost::CutOff | Lost::Slow | Lost::Transport(_)))
    }
}

/// Ends all in flight when it is dropped.
struct Gone(Arc<Connection>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.end_all(None, Why::Gone);
    }
}

/// The last frames: why, what becomes of those in flight, goodbye.
async fn farewell(connection: &Arc<Connection>, ended: &Ended) {
    match ended {
        Ended::Lost(lost @ Lost::TooLarge { .. }) => {
            connection.fail(None, &lost.error(), None).await;
        }
        Ended::Version(version) => connection.fail(None, &other_version(*version), None).await,
        _ => {}
    }
    connection.end_all(None, if matches!(ended, Ended::Stopped) { Why::Stopping } else { Why::Gone });
    connection.idle().await;
    connection.tell(&Frame::Goodbye).await;
    connection.close().await;
}

/// Reads frames until there is a reason to end.
async fn read<R: Receive>(connection: &Arc<Connection>, receive: &mut R, phase: &mut watch::Receiver<Phase>) -> Ended {
    let env = connection.session.app.env();
    let mut clock = Clock { heard: env.now(), pinged: None, busy: env.now() };
    let (mut leaving, mut draining) = (false, false);
    loop {
        if !draining && *phase.borrow_and_update() != Phase::Open {
            draining = true;
            connection.end_all(Some(Of::Subscription), Why::Stopping);
        }
        let wake = clock.wake(&connection.session.limits);
        let received = tokio::select! {
            biased;
            () = changed(phase) => continue,
            () = connection.idle(), if leaving || draining => return Ended::Drained,
            received = until(env, wake, receive.receive()) => received,
        };
        match received {
            Some(Ok(Some(text))) => {
                clock = Clock { heard: env.now(), pinged: None, busy: env.now() };
                match Frame::parse(&text) {
                    Ok(frame) => {
                        drop(text);
                        match take(connection, frame, leaving, draining).await {
                            Taken::Further => {}
                            Taken::Leaving => leaving = true,
                            Taken::Version(version) => return Ended::Version(version),
                        }
                    }
                    Err(mut malformed) => {
                        // It would be taken for the end of the request that has this number.
                        malformed.id = malformed.id.filter(|id| !connection.is_in_flight(*id));
                        connection.fail(malformed.id, &malformed.into(), None).await;
                    }
                }
            }
            Some(Ok(None)) => return Ended::Closed,
            Some(Err(lost)) => return Ended::Lost(lost),
            None => match clock.rung(env.now(), connection.is_idle(), &connection.session.limits) {
                Rung::Silent => return Ended::Silent,
                Rung::Ping => {
                    connection.tell(&Frame::Ping { id: None }).await;
                }
                Rung::Nothing => {}
            },
        }
    }
}

enum Taken {
    Further,
    Leaving,
    Version(u32),
}

/// One frame of the caller's.
async fn take(connection: &Arc<Connection>, frame: Frame, leaving: bool, draining: bool) -> Taken {
    match frame {
        Frame::Hello { version, max_frame, .. } => {
            if version != VERSION {
                return Taken::Version(version);
            }
            connection.takes(max_frame);
        }
        Frame::Request { id, .. } | Frame::Subscribe { id, .. } if leaving || draining => {
            let id = Some(id).filter(|id| !connection.is_in_flight(*id));
            connection.fail(id, &stopping(), None).await;
        }
        Frame::Request { id, name, body, timeout_ms, trace, session, stream, credit, twice } => {
            let timeout = timeout_ms.map(Duration::from_millis);
            connection.request(Asked { id, name, body, timeout, trace, session, stream, credit, twice }).await;
        }
        Frame::Subscribe { id, pattern, credit } => connection.subscribe(id, pattern, credit).await,
        Frame::Credit { id, items } => connection.grant(id, items),
        Frame::Cancel { id } => connection.end(id, Why::Cancelled),
        Frame::Ping { id } => {
            connection.tell(&Frame::Pong { id }).await;
        }
        Frame::Pong { .. } => {}
        Frame::Goodbye => return Taken::Leaving,
        Frame::Reply { .. } | Frame::Item { .. } | Frame::End { .. } | Frame::Error { .. } => {
            let what = "this frame is the application's to send".to_owned();
            connection.fail(None, &crate::frame::Malformed { id: None, what }.into(), None).await;
        }
    }
    Taken::Further
}

/// Completes at the next phase; never when there will be none.
async fn changed(phase: &mut watch::Receiver<Phase>) {
    if phase.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

async fn stopped(phase: &mut watch::Receiver<Phase>) {
    if phase.wait_for(|phase| *phase == Phase::Stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cold]
fn other_version(version: u32) -> Error {
    Error::invalid(format!("version {version} of the protocol is not spoken here; {VERSION} is")).with_code("PT0442")
}
