//! A socket that is watched: a client that takes nothing is closed, and what happens on it is known.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_util::future::Pending;
use partitura_runtime::env::{Env, Timeout};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::Held;

/// Whether anything happens on a connection. Bytes that come in do not count: who sends a head a byte a minute is idle.
pub(super) struct Activity {
    env: Env,
    running: AtomicUsize,
    is_blocked: AtomicBool,
    last: Mutex<Instant>,
}

impl Activity {
    pub(super) fn new(env: &Env) -> Self {
        Activity {
            env: env.clone(),
            running: AtomicUsize::new(0),
            is_blocked: AtomicBool::new(false),
            last: Mutex::new(env.now()),
        }
    }

    /// A request begins; it ends with what is answered here.
    pub(super) fn begin(self: &Arc<Self>) -> Running {
        self.running.fetch_add(1, Ordering::AcqRel);
        Running(self.clone())
    }

    fn touch(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = self.env.now();
    }

    /// Ends when nothing has happened for so long. Cancel safe.
    pub(super) async fn idle(&self, limit: Duration) {
        loop {
            let is_busy = self.running.load(Ordering::Acquire) > 0 || self.is_blocked.load(Ordering::Acquire);
            let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let left =
                if is_busy { limit } else { limit.saturating_sub(self.env.now().saturating_duration_since(last)) };
            if left.is_zero() && !is_busy {
                return;
            }
            // Looked at again then. Nobody is told of each request: there are more requests than ends.
            let _ = self.env.timeout(left.max(Duration::from_millis(1)), std::future::pending::<()>()).await;
        }
    }

    pub(super) async fn idle_from_now(&self, limit: Duration) {
        self.touch();
        self.idle(limit).await;
    }
}

/// A request that runs.
pub(super) struct Running(Arc<Activity>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.touch();
        self.0.running.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A socket that fails when its other end takes nothing for too long.
pub(super) struct Watched {
    stream: TcpStream,
    activity: Arc<Activity>,
    limit: Duration,
    blocked: Option<Pin<Box<Timeout<Pending<()>>>>>,
    _held: Held,
}

impl Watched {
    pub(super) fn new(stream: TcpStream, held: Held, activity: Arc<Activity>, limit: Duration) -> Self {
        Watched { stream, activity, limit, blocked: None, _held: held }
    }

    /// What a write has come to: the clock runs while the other end takes nothing.
    fn watch<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            if self.blocked.take().is_some() {
                self.activity.is_blocked.store(false, Ordering::Release);
            }
            self.activity.touch();
            return polled;
        }
        let (env, limit) = (&self.activity.env, self.limit);
        let timer = self.blocked.get_or_insert_with(|| Box::pin(env.timeout(limit, futures_util::future::pending())));
        self.activity.is_blocked.store(true, Ordering::Release);
        if timer.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing of its answer")))
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.watch(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, pieces);
        self.watch(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    // A socket has nothing of its own to flush, so that this says nothing of the other end.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
