//! The loop that accepts: connections, their limits, and their end.

mod connection;
mod io;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use hyper_util::server::conn::auto;
use partitura_runtime::env::{Env, Task};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;

#[cfg(feature = "websocket")]
pub(crate) use self::connection::Alive;
use self::connection::Connection;
use crate::config::HttpConfig;

/// A server that accepts.
pub(crate) struct Server {
    drain: watch::Sender<bool>,
    task: tokio::sync::Mutex<Option<Task<()>>>,
    delay: Duration,
    router: Arc<ArcSwap<Router>>,
    env: Env,
}

impl Server {
    /// Accepts on `listener` from now on.
    pub(crate) fn start(listener: TcpListener, router: Arc<ArcSwap<Router>>, config: &HttpConfig, env: &Env) -> Self {
        let (drain, stop) = watch::channel(false);
        let accept = Accept {
            listener,
            router: router.clone(),
            builder: builder(config),
            places: Arc::new(Semaphore::new(config.max_connections.clamp(1, Semaphore::MAX_PERMITS))),
            idle: config.idle_timeout,
            write: config.write_timeout,
            env: env.clone(),
        };
        let task = env.spawn(accept.run(stop));
        Server { drain, task: tokio::sync::Mutex::new(Some(task)), delay: config.drain_delay, router, env: env.clone() }
    }

    /// Answers the requests that begin from now on by another router.
    pub(crate) fn exchange(&self, router: Router) {
        self.router.store(Arc::new(router));
    }

    #[cfg(feature = "websocket")]
    pub(crate) fn env(&self) -> &Env {
        &self.env
    }

    /// Lets the time go by in which it says that it is not ready and accepts all the same.
    pub(crate) async fn delay(&self) {
        if !self.delay.is_zero() {
            self.env.sleep(self.delay).await;
        }
    }

    /// Accepts no more, lets each connection finish the requests that it is in, and waits for that, streams and upgraded
    /// connections included.
    pub(crate) async fn drain(&self) {
        self.drain.send_replace(true);
        if let Some(task) = self.task.lock().await.as_mut() {
            // A panic of the loop is in the log.
            let _ = task.await;
        }
    }

    /// Closes what is still open. What has been upgraded belongs to who did that.
    pub(crate) async fn stop(&self) {
        self.drain.send_replace(true);
        if let Some(task) = self.task.lock().await.take() {
            task.abort();
        }
    }
}

fn builder(config: &HttpConfig) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(config.header_timeout)
        // Less is refused at the start, and would be a panic here.
        .max_buf_size(config.max_header_bytes.max(8 * 1024))
        .max_headers(config.max_headers);
    builder
        .http2()
        .timer(TokioTimer::new())
        // Tells a client that has gone from one that has nothing to say.
        .keep_alive_interval(config.idle_timeout)
        .keep_alive_timeout(config.header_timeout)
        .max_concurrent_streams(config.max_streams)
        .max_header_list_size(u32::try_from(config.max_header_bytes).unwrap_or(u32::MAX))
        // Of what a client has not read, so much is kept for each request.
        .max_send_buf_size(256 * 1024);
    if cfg!(feature = "websocket") && config.websocket.as_ref().is_some_and(|websocket| websocket.enabled) {
        // RFC 8441.
        builder.http2().enable_connect_protocol();
    }
    builder
}

struct Accept {
    listener: TcpListener,
    router: Arc<ArcSwap<Router>>,
    builder: auto::Builder<TokioExecutor>,
    places: Arc<Semaphore>,
    idle: Duration,
    write: Duration,
    env: Env,
}

impl Accept {
    async fn run(self, mut stop: watch::Receiver<bool>) {
        // Ends with this loop, and with it every connection that is left.
        let mut connections = JoinSet::new();
        // Each socket has a sender, wherever it goes: when the last one is gone, all are closed.
        let (open, mut closed) = mpsc::channel::<()>(1);
        let draining = stop.clone();
        loop {
            // A place first: who has to wait, waits in the kernel's queue. Both may be given up and begun again.
            let accepted = async {
                let place = self.places.clone().acquire_owned().await;
                (place.ok(), self.listener.accept().await)
            };
            tokio::select! {
                biased;
                () = async { drop(stop.wait_for(|stop| *stop).await) } => break,
                Some(_) = connections.join_next() => {}
                (place, accepted) = accepted => match accepted {
                    Ok((stream, peer)) => {
                        let held = Held { _place: place, _open: open.clone() };
                        connections.spawn(self.connection(stream, peer, held).run(draining.clone()));
                    }
                    // Of the one that wanted to come; the next one may.
                    Err(error) if is_of_the_caller(&error) => {}
                    // Out of file descriptors, most often: others will be closed.
                    Err(error) => {
                        tracing::warn!(target: "partitura::http", %error, "a connection could not be accepted");
                        self.env.sleep(Duration::from_millis(50)).await;
                    }
                },
            }
        }
        drop((self.listener, open));
        while connections.join_next().await.is_some() {}
        // Nothing is ever sent: it ends with the last sender.
        let _ = closed.recv().await;
    }

    fn connection(&self, stream: TcpStream, peer: SocketAddr, held: Held) -> Connection {
        // Answers are written whole: waiting for more to send helps nobody.
        let _ = stream.set_nodelay(true);
        Connection {
            stream,
            peer,
            held,
            router: self.router.clone(),
            builder: self.builder.clone(),
            idle: self.idle,
            write: self.write,
            env: self.env.clone(),
        }
    }
}

/// What a socket keeps as long as it is open: its place among the connections, and the end of the drain.
struct Held {
    _place: Option<OwnedSemaphorePermit>,
    _open: mpsc::Sender<()>,
}

fn is_of_the_caller(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(error.kind(), ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused)
}

#[cfg(test)]
mod tests;
