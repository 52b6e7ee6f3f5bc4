//! The caller's side of a connection.

mod items;
mod pending;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use partitura_runtime::env::Env;
use partitura_runtime::error::{Error, Kind, Result};
use partitura_runtime::telemetry::trace::TraceParent;
use serde_json::Value;
use tokio::sync::mpsc;

pub use self::items::Items;
use self::pending::{Answer, Pending};
use crate::frame::{Frame, VERSION};
use crate::limits::OUTGOING;
use crate::transport::{Lost, Receive, Transmit};

/// What a [`Client`] takes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClientOptions {
    /// The longest frame that is taken, in bytes. Default 2 MiB.
    pub max_frame: usize,
    /// How many requests may be in flight; further ones wait for a place. Default 128, and never more than the application says.
    pub max_in_flight: usize,
    /// How many items of a stream may wait here. Default 32; at least 1.
    pub credit: u32,
    /// How long the first frame may take to come. Default 10 seconds.
    pub hello: Duration,
    /// How long one write may take. Default 30 seconds.
    pub write: Duration,
}

impl Default for ClientOptions {
    fn default() -> Self {
        ClientOptions {
            max_frame: 2 * 1024 * 1024,
            max_in_flight: 128,
            credit: 32,
            hello: Duration::from_secs(10),
            write: Duration::from_secs(30),
        }
    }
}

/// Beyond the deadline of a request, which the application keeps, the wait for its answer.
const LEEWAY: Duration = Duration::from_secs(1);

/// The caller's side of one connection. Cheap to clone; all clones share the connection, and many tasks may use it at once.
///
/// The connection is closed when the last clone, and the last stream, is dropped. One that is lost is not made again: every
/// request answers with kind unavailable, PT0444, from then on.
#[derive(Clone)]
pub struct Client(Arc<Shared>);

pub(crate) struct Shared {
    pending: Arc<Pending>,
    out: mpsc::Sender<Bytes>,
    env: Env,
    options: ClientOptions,
    application: Option<String>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.pending.lose("the client was dropped");
    }
}

/// A request that is not sent yet.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "a request does nothing unless it is sent"]
pub struct Request {
    name: String,
    body: Value,
    timeout: Option<Duration>,
    trace: Option<TraceParent>,
    session: Option<String>,
}

impl Request {
    /// The message `name` with the fields in `body`; null for none.
    pub fn new(name: impl Into<String>, body: Value) -> Self {
        Request { name: name.into(), body, timeout: None, trace: None, session: None }
    }

    /// With a deadline, which the application keeps. Default: the application's own, 30 seconds. Of a stream it is for all of it.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Within a trace.
    pub fn within(mut self, trace: TraceParent) -> Self {
        self.trace = Some(trace);
        self
    }

    /// In a session.
    pub fn in_session(mut self, session: impl Into<String>) -> Self {
        self.session = Some(session.into());
        self
    }

    fn frame(self, id: u64, credit: Option<u32>) -> Frame {
        Frame::Request {
            id,
            name: self.name,
            body: self.body,
            // At least one: none would be the default.
            timeout_ms: self.timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX).max(1)),
            trace: self.trace.map(|trace| trace.to_string()),
            session: self.session,
            stream: credit.is_some(),
            credit,
            twice: Vec::new(),
        }
    }
}

impl Client {
    /// Speaks with the application at the other end. Waits for its first frame.
    ///
    /// # Errors
    /// Kind unavailable, code PT0444, when the connection is lost or nothing comes; what the other side refuses the connection
    /// with; kind invalid, code PT0442, when it speaks another version.
    pub async fn connect<R, T>(mut receive: R, transmit: T, env: &Env, options: ClientOptions) -> Result<Self>
    where
        R: Receive + 'static,
        T: Transmit + 'static,
    {
        let hello = async {
            loop {
                let received = receive.receive().await.map_err(|lost| lost.error())?;
                let Some(text) = received else { return Err(lost("it was closed at once")) };
                match Frame::parse(&text) {
                    Ok(Frame::Hello { version: VERSION, max_in_flight, application, .. }) => {
                        return Ok((max_in_flight, application));
                    }
                    Ok(Frame::Hello { version, .. }) => {
                        let text = format!("the other side speaks version {version} of the protocol, and we {VERSION}");
                        return Err(Error::invalid(text).with_code("PT0442"));
                    }
                    Ok(Frame::Error { error, .. }) => return Err(error.into()),
                    // Of a later time.
                    _ => {}
                }
            }
        };
        let (most, application) = match env.timeout(options.hello, hello).await {
            Ok(hello) => hello?,
            Err(_) => return Err(lost("nobody answered")),
        };
        let most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        let places = options.max_in_flight.min(most).clamp(1, 1_000_000);
        let pending = Arc::new(Pending::new(places));
        let (out, queue) = mpsc::channel(OUTGOING);
        let own = Frame::Hello {
            version: VERSION,
            max_frame: Some(options.max_frame as u64),
            max_in_flight: None,
            application: None,
            application_version: None,
        };
        // The queue is empty: this does not wait.
        drop(out.send(own.to_bytes()?).await);
        let work = run(receive, transmit, queue, pending.clone(), env.clone(), options.write);
        drop(env.spawn(work));
        Ok(Client(Arc::new(Shared { pending, out, env: env.clone(), options, application })))
    }

    /// The name of the application at the other end.
    pub fn application(&self) -> Option<&str> {
        self.0.application.as_deref()
    }

    /// Sends a message and waits for its answer; a stream comes as an array.
    ///
    /// # Errors
    /// What the other side answers, as an [`Error`] of the same kind, code and failures, with [`Remote`](crate::Remote) as its
    /// source. Kind unavailable, code PT0444, when the connection is lost: it is not known then whether the message was handled.
    ///
    /// # Cancel safety
    /// Dropping it cancels the request on the other side.
    pub async fn execute(&self, name: &str, body: Value) -> Result<Value> {
        self.send(Request::new(name, body)).await
    }

    /// As [`Client::execute`].
    ///
    /// # Errors
    /// As [`Client::execute`]; and kind timeout, PT0304, when there is no answer a second after the request's own deadline.
    pub async fn send(&self, request: Request) -> Result<Value> {
        let timeout = request.timeout;
        let name = request.name.clone();
        let mut waiting = self.0.pending.once().await?;
        self.out(request.frame(waiting.id(), None)).await?;
        let answer = match timeout {
            None => waiting.answer().await,
            Some(timeout) => match self.0.env.timeout(timeout.saturating_add(LEEWAY), waiting.answer()).await {
                Ok(answer) => answer,
                Err(_) => return Err(late(&name)),
            },
        };
        match answer {
            Answer::Reply(body) => Ok(body),
            Answer::Failed(error) => Err(error),
            Answer::Item(_) | Answer::End => Err(unexpected()),
        }
    }

    /// Sends a message whose answer comes item by item.
    ///
    /// # Errors
    /// Kind unavailable, code PT0444, when the connection is lost. What the other side refuses the message with is the first
    /// item.
    ///
    /// # Cancel safety
    /// Dropping the [`Items`] cancels the stream on the other side.
    pub async fn stream(&self, name: &str, body: Value) -> Result<Items> {
        self.send_stream(Request::new(name, body)).await
    }

    /// As [`Client::stream`].
    ///
    /// # Errors
    /// As [`Client::stream`].
    pub async fn send_stream(&self, request: Request) -> Result<Items> {
        let credit = self.0.options.credit.max(1);
        let waiting = self.0.pending.many(credit).await?;
        self.out(request.frame(waiting.id(), Some(credit))).await?;
        Ok(Items::new(self.clone(), waiting, credit))
    }

    /// Hears of events whose topics fit `pattern`, for as long as the [`Items`] are kept. Each is
    /// `{"name": .., "topic": .., "event": ..}`.
    ///
    /// # Errors
    /// As [`Client::stream`]; the other side's policy refuses as the first item.
    pub async fn subscribe(&self, pattern: &str) -> Result<Items> {
        let credit = self.0.options.credit.max(1);
        let waiting = self.0.pending.many(credit).await?;
        let frame = Frame::Subscribe { id: waiting.id(), pattern: pattern.to_owned(), credit: Some(credit) };
        self.out(frame).await?;
        Ok(Items::new(self.clone(), waiting, credit))
    }

    /// False once the connection is lost.
    pub fn is_connected(&self) -> bool {
        !self.0.out.is_closed()
    }

    async fn out(&self, frame: Frame) -> Result<()> {
        let bytes = frame.to_bytes()?;
        self.0.out.send(bytes).await.map_err(|_| self.0.pending.why())
    }

    fn grant(&self, id: u64, items: u32) -> bool {
        self.0.pending.grant(id, items)
    }
}

/// The two directions, until one of them ends.
async fn run<R: Receive, T: Transmit>(
    mut receive: R,
    mut transmit: T,
    queue: mpsc::Receiver<Bytes>,
    pending: Arc<Pending>,
    env: Env,
    limit: Duration,
) {
    let (pongs, ponged) = mpsc::channel(1);
    let why = tokio::select! {
        biased;
        lost = read(&mut receive, &pending, &pongs) => lost,
        lost = write(&mut transmit, queue, ponged, &pending, &env, limit) => lost,
    };
    pending.lose(&why);
    let _ = env.timeout(Duration::from_secs(1), transmit.close()).await;
}

async fn read<R: Receive>(receive: &mut R, pending: &Pending, pongs: &mpsc::Sender<Option<u64>>) -> String {
    loop {
        let text = match receive.receive().await {
            Ok(Some(text)) => text,
            Ok(None) => return "the other side closed the connection".to_owned(),
            Err(lost) => return lost.to_string(),
        };
        match Frame::parse(&text) {
            Ok(Frame::Reply { id, body }) => pending.tell(id, Answer::Reply(body)),
            Ok(Frame::Item { id, body }) => pending.tell(id, Answer::Item(body)),
            Ok(Frame::End { id }) => pending.tell(id, Answer::End),
            Ok(Frame::Error { id: Some(id), error }) => pending.tell(id, Answer::Failed(error.into())),
            Ok(Frame::Error { id: None, error }) => {
                tracing::debug!(target: "partitura", code = error.code, message = error.message, "told by the other side");
            }
            // One pong is enough for many pings that nobody had time for.
            Ok(Frame::Ping { id }) => drop(pongs.try_send(id)),
            // The end follows.
            Ok(Frame::Goodbye) => {}
            // What is not known is of a later version.
            _ => {}
        }
    }
}

async fn write<T: Transmit>(
    transmit: &mut T,
    mut queue: mpsc::Receiver<Bytes>,
    mut pongs: mpsc::Receiver<Option<u64>>,
    pending: &Pending,
    env: &Env,
    limit: Duration,
) -> String {
    loop {
        let mut frames = Vec::new();
        tokio::select! {
            biased;
            Some(id) = pongs.recv() => frames.extend(Frame::Pong { id }.to_bytes().ok()),
            own = pending.own_frames() => frames.extend(own.iter().filter_map(|frame| frame.to_bytes().ok())),
            frame = queue.recv() => match frame {
                Some(frame) => frames.push(frame),
                None => return "the client was dropped".to_owned(),
            },
        }
        while let Some(frame) = queue.try_recv().ok().filter(|_| frames.len() < OUTGOING) {
            frames.push(frame);
        }
        let work = async {
            for frame in frames {
                transmit.transmit(frame).await?;
            }
            transmit.flush().await
        };
        match env.timeout(limit, work).await {
            Ok(Ok(())) => {}
            Ok(Err(lost)) => return lost.to_string(),
            Err(_) => return Lost::Slow.to_string(),
        }
    }
}

#[cold]
fn lost(why: &str) -> Error {
    Error::unavailable(format!("the connection is lost: {why}")).with_code("PT0444")
}

#[cold]
fn late(name: &str) -> Error {
    Error::timeout(format!("`{name}` did not answer before its deadline")).with_code("PT0304")
}

#[cold]
fn unexpected() -> Error {
    Error::new(Kind::Unavailable, "the other side answered a request with an item").with_code("PT0444")
}
