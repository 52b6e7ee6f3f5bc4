//! The loop that accepts: connections, their limits, and their end.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use futures_util::FutureExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use partitura_runtime::env::{Env, Task};
use partitura_runtime::error::{Error, Kind};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::config::HttpConfig;
use crate::problem::{self, Told};
use tower::Service;

/// A server that accepts.
pub(crate) struct Server {
    drain: watch::Sender<bool>,
    task: tokio::sync::Mutex<Option<Task<()>>>,
}

impl Server {
    /// Accepts on `listener` from now on.
    pub(crate) fn start(listener: TcpListener, router: Router, config: &HttpConfig, env: &Env) -> Self {
        let (drain, stop) = watch::channel(false);
        let accept = Accept {
            listener,
            router,
            builder: builder(config.header_timeout),
            places: Arc::new(Semaphore::new(config.max_connections.clamp(1, Semaphore::MAX_PERMITS))),
            env: env.clone(),
        };
        let task = env.spawn(accept.run(stop));
        Server { drain, task: tokio::sync::Mutex::new(Some(task)) }
    }

    /// Accepts no more, lets each connection finish the request that it is in, and waits for that.
    pub(crate) async fn drain(&self) {
        self.drain.send_replace(true);
        if let Some(task) = self.task.lock().await.as_mut() {
            // A panic of the loop is in the log.
            let _ = task.await;
        }
    }

    /// Closes what is still open.
    pub(crate) async fn stop(&self) {
        self.drain.send_replace(true);
        if let Some(task) = self.task.lock().await.take() {
            task.abort();
        }
    }
}

fn builder(header_timeout: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header_timeout).max_buf_size(64 * 1024);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(header_timeout)
        .keep_alive_timeout(header_timeout)
        .max_concurrent_streams(250)
        .max_header_list_size(64 * 1024);
    builder
}

struct Accept {
    listener: TcpListener,
    router: Router,
    builder: auto::Builder<TokioExecutor>,
    places: Arc<Semaphore>,
    env: Env,
}

impl Accept {
    async fn run(self, mut stop: watch::Receiver<bool>) {
        let connections = GracefulShutdown::new();
        // Ends with this loop, and with it every connection that is left.
        let mut tasks = tokio::task::JoinSet::new();
        loop {
            // A place first: who has to wait, waits in the kernel's queue.
            let accepted = async {
                let place = self.places.clone().acquire_owned().await;
                (place.ok(), self.listener.accept().await)
            };
            tokio::select! {
                biased;
                () = async { drop(stop.wait_for(|stop| *stop).await) } => break,
                Some(_) = tasks.join_next() => {}
                (place, accepted) = accepted => match accepted {
                    Ok((stream, peer)) => self.connection(stream, peer, place, &connections, &mut tasks),
                    // Out of file descriptors, most often: others will be closed.
                    Err(error) => {
                        tracing::warn!(target: "partitura", %error, "a connection could not be accepted");
                        self.env.sleep(Duration::from_millis(50)).await;
                    }
                },
            }
        }
        drop(self.listener);
        connections.shutdown().await;
        while tasks.join_next().await.is_some() {}
    }

    fn connection(
        &self,
        stream: TcpStream,
        peer: SocketAddr,
        place: Option<OwnedSemaphorePermit>,
        connections: &GracefulShutdown,
        tasks: &mut tokio::task::JoinSet<()>,
    ) {
        // Answers are written whole: waiting for more to send helps nobody.
        let _ = stream.set_nodelay(true);
        let router = self.router.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let mut router = router.clone();
            async move {
                // A layer or an extractor may panic, too: that fails this request alone.
                let answer = AssertUnwindSafe(async move { router.call(request).await }).catch_unwind().await;
                answer.unwrap_or_else(|_| {
                    let error = Error::new(Kind::Internal, "a request panicked").with_code("PT0305");
                    Ok(problem::answer(&error, Told::default()))
                })
            }
        });
        let connection = self.builder.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        let connection = connections.watch(connection);
        tasks.spawn(async move {
            // What breaks a connection is its caller's, and no news.
            if let Err(error) = connection.await {
                tracing::debug!(target: "partitura", %peer, %error, "a connection broke");
            }
            drop(place);
        });
    }
}
