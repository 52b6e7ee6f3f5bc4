//! A WebSocket that carries frames: one in each message.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{Sink, Stream};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use partitura_runtime::env::Env;
use partitura_wire::{Lost, Receive, Transmit};
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as Fault, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, Role, WebSocketConfig as Bounds};

use super::config::WebSocketConfig;
use super::end::Why;

/// What is asked for at once, and what is gathered before it is written. Each connection has as much of both.
const CHUNK: usize = 4 * 1024;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// A socket whose two halves are one: to answer a ping, the protocol writes while it reads.
pub(super) struct Carrier {
    /// Locked for a poll at a time, by the one task that has it.
    socket: Mutex<Socket>,
    /// Why it ends, if that is known here.
    why: Mutex<Option<Why>>,
    env: Env,
    keep_alive: Duration,
    /// When the caller has to come again.
    until: Option<Instant>,
}

impl Carrier {
    pub(super) async fn new(upgraded: Upgraded, config: &WebSocketConfig, until: Option<Instant>, env: &Env) -> Self {
        let bounds = Bounds::default()
            .read_buffer_size(CHUNK)
            .write_buffer_size(CHUNK)
            .max_message_size(Some(config.max_frame))
            .max_frame_size(Some(config.max_frame));
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(bounds)).await;
        Carrier {
            socket: Mutex::new(socket),
            why: Mutex::new(None),
            env: env.clone(),
            keep_alive: config.keep_alive,
            until,
        }
    }

    /// Both halves.
    pub(super) fn halves(&self) -> (Receiving<'_>, Sending<'_>) {
        (Receiving { carrier: self, heard: self.env.now(), pinged: None }, Sending(self))
    }

    /// Why it ends, as the halves know it.
    pub(super) fn why(&self) -> Option<Why> {
        *self.why.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says why, and waits until the caller has closed its half: what it has sent meanwhile would make the system throw away what
    /// it has not read of ours. Not cancel safe; dropping it closes the connection.
    pub(super) async fn close(self, why: Option<Why>) {
        let mut frame = why.map(|why| CloseFrame { code: why.code, reason: Utf8Bytes::from_static(why.reason) });
        let said = poll_fn(|cx| {
            let mut socket = self.socket();
            ready!(Pin::new(&mut *socket).poll_ready(cx))?;
            if let Some(frame) = frame.take() {
                Pin::new(&mut *socket).start_send(Message::Close(Some(frame)))?;
            }
            Pin::new(&mut *socket).poll_flush(cx)
        });
        // Where the caller has closed it already, this only sends the answer to that.
        let _: Result<(), Fault> = said.await;
        let mut socket = self.socket.into_inner().unwrap_or_else(PoisonError::into_inner);
        while poll_fn(|cx| Pin::new(&mut socket).poll_next(cx)).await.is_some_and(|message| message.is_ok()) {}
        let raw = socket.get_mut();
        let _ = raw.shutdown().await;
        let mut buffer = [0; 1024];
        let rest = |cx: &mut Context<'_>| -> Poll<bool> {
            let mut buffer = ReadBuf::new(&mut buffer);
            let read = ready!(Pin::new(&mut *raw).poll_read(cx, &mut buffer));
            Poll::Ready(read.is_ok() && !buffer.filled().is_empty())
        };
        let mut rest = rest;
        while poll_fn(&mut rest).await {}
    }

    fn socket(&self) -> MutexGuard<'_, Socket> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, code: CloseCode, reason: &'static str) {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(Why::new(code, reason));
    }

    fn lost(&self, fault: Fault) -> Lost {
        let invalid = |fault: Fault| Lost::Transport(io::Error::new(io::ErrorKind::InvalidData, fault));
        match fault {
            Fault::Capacity(CapacityError::MessageTooLong { size, max_size }) => {
                Lost::TooLarge { length: size as u64, limit: max_size }
            }
            Fault::Io(error) => Lost::Transport(error),
            Fault::ConnectionClosed
            | Fault::AlreadyClosed
            | Fault::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Lost::CutOff,
            Fault::Utf8(_) => {
                self.end(CloseCode::Invalid, "a text is no UTF-8");
                invalid(fault)
            }
            fault => {
                self.end(CloseCode::Protocol, "this is no WebSocket as RFC 6455 has it");
                invalid(fault)
            }
        }
    }
}

/// The half that frames come from. It also asks a silent caller whether it is there.
pub(super) struct Receiving<'c> {
    carrier: &'c Carrier,
    heard: Instant,
    pinged: Option<Instant>,
}

impl Receive for Receiving<'_> {
    async fn receive(&mut self) -> Result<Option<Bytes>, Lost> {
        loop {
            let carrier = self.carrier;
            let next = poll_fn(|cx| Pin::new(&mut *carrier.socket()).poll_next(cx));
            let heard = match self.wake() {
                Some(at) => carrier.env.timeout_at(at, next).await.ok(),
                None => Some(next.await),
            };
            let message = match heard {
                None => {
                    self.rung()?;
                    continue;
                }
                Some(None) => return Ok(None),
                Some(Some(message)) => message.map_err(|fault| carrier.lost(fault))?,
            };
            (self.heard, self.pinged) = (carrier.env.now(), None);
            match message {
                Message::Text(text) => return Ok(Some(text.into())),
                // JSON all the same: not every client knows the difference.
                Message::Binary(bytes) => return Ok(Some(bytes)),
                Message::Close(_) => return Ok(None),
                // Answered by the protocol, and a sign of life.
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
    }
}

impl Receiving<'_> {
    /// When it rings next.
    fn wake(&self) -> Option<Instant> {
        let keep_alive = self.carrier.keep_alive;
        let from = self.pinged.unwrap_or(self.heard);
        let ping = (!keep_alive.is_zero()).then(|| from.checked_add(keep_alive)).flatten();
        [ping, self.carrier.until].into_iter().flatten().min()
    }

    /// It rang.
    fn rung(&mut self) -> Result<(), Lost> {
        let (carrier, now) = (self.carrier, self.carrier.env.now());
        if carrier.until.is_some_and(|until| now >= until) {
            carrier.end(CloseCode::Policy, "the time of this connection is over: connect again");
            return Err(Lost::Slow);
        }
        if self.pinged.is_some() {
            carrier.end(CloseCode::Policy, "no answer to a ping");
            return Err(Lost::Slow);
        }
        self.pinged = Some(now);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut socket = carrier.socket();
        // One who takes nothing of what is written is not asked: the clock of that write runs.
        if Pin::new(&mut *socket).poll_ready(&mut cx).is_ready() {
            let sent = Pin::new(&mut *socket).start_send(Message::Ping(Bytes::new()));
            sent.map_err(|fault| carrier.lost(fault))?;
            // What does not go out at once goes with the next frame, or the next thing that is read.
            if let Poll::Ready(Err(fault)) = Pin::new(&mut *socket).poll_flush(&mut cx) {
                return Err(carrier.lost(fault));
            }
        }
        Ok(())
    }
}

/// The half that frames go to.
pub(super) struct Sending<'c>(&'c Carrier);

impl Transmit for Sending<'_> {
    async fn transmit(&mut self, frame: Bytes) -> Result<(), Lost> {
        // It is what `serde_json` wrote.
        let text = Utf8Bytes::try_from(frame).map_err(|_| Lost::Transport(io::ErrorKind::InvalidData.into()))?;
        let mut message = Some(Message::Text(text));
        let sent = poll_fn(|cx| {
            let mut socket = self.0.socket();
            ready!(Pin::new(&mut *socket).poll_ready(cx))?;
            Poll::Ready(match message.take() {
                Some(message) => Pin::new(&mut *socket).start_send(message),
                None => Ok(()),
            })
        });
        sent.await.map_err(|fault| self.0.lost(fault))
    }

    async fn flush(&mut self) -> Result<(), Lost> {
        let flushed = poll_fn(|cx| Pin::new(&mut *self.0.socket()).poll_flush(cx));
        flushed.await.map_err(|fault| self.0.lost(fault))
    }

    /// Nothing: what follows the last frame is the close frame, which says why.
    async fn close(&mut self) {}
}
