//! One connection, from its first byte to its end.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use arc_swap::ArcSwap;
use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::ConnectInfo;
use axum::http::{Request, Response};
use futures_util::FutureExt;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use partitura_runtime::env::Env;
use partitura_runtime::error::{Error, Kind};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tower::Service;

use super::Held;
use super::io::{Activity, Running, Watched};
use crate::problem::{self, Told};

/// How long a connection on which nothing runs may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) held: Held,
    /// That of the server: each request is answered by the one that is there when it begins.
    pub(super) router: Arc<ArcSwap<Router>>,
    pub(super) builder: auto::Builder<TokioExecutor>,
    pub(super) idle: Duration,
    pub(super) write: Duration,
    pub(super) env: Env,
}

impl Connection {
    /// Serves requests until the client has no more, is idle for too long, or the server drains.
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) {
        let Connection { stream, peer, held, router, builder, idle, write, env } = self;
        let activity = Arc::new(Activity::new(&env));
        let stream = Watched::new(stream, held, activity.clone(), write);
        let running = activity.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            #[cfg(feature = "websocket")]
            let alive = Alive(running.clone());
            let running = running.begin();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            #[cfg(feature = "websocket")]
            request.extensions_mut().insert(alive);
            answer(Router::clone(&router.load()), request, running)
        });
        let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), service));
        let ended = tokio::select! {
            biased;
            ended = connection.as_mut() => Some(ended),
            () = async { drop(stop.wait_for(|stop| *stop).await) } => None,
            () = activity.idle(idle) => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            // What runs is finished. Half a head is no request: nobody waits for its other half.
            None => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    biased;
                    ended = connection.as_mut() => ended,
                    () = activity.idle_from_now(GOODBYE) => Ok(()),
                }
            }
        };
        // What breaks a connection is its caller's, and no news.
        if let Err(error) = ended {
            tracing::debug!(target: "partitura::http", %peer, %error, "a connection broke");
        }
    }
}

async fn answer(
    mut router: Router,
    request: Request<Body>,
    running: Running,
) -> Result<Response<Answer>, std::convert::Infallible> {
    // The outermost layer may panic, too: that fails this request alone.
    let answer = AssertUnwindSafe(async move { router.call(request).await }).catch_unwind().await;
    let response = match answer {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_) => {
            let error = Error::new(Kind::Internal, "a request panicked").with_code("PT0305");
            problem::answer(&error, Told::default())
        }
    };
    Ok(response.map(|body| Answer { body, _running: running }))
}

/// The connection of a request, for who takes it further: of HTTP/2 it goes on while one of its streams is a WebSocket.
#[cfg(feature = "websocket")]
#[derive(Clone)]
pub(crate) struct Alive(Arc<Activity>);

#[cfg(feature = "websocket")]
impl Alive {
    /// Keeps it from being idle, until that is dropped.
    pub(crate) fn keep(&self) -> impl Send + use<> {
        self.0.begin()
    }
}

/// The body of an answer: its request runs until it is written.
struct Answer {
    body: Body,
    _running: Running,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
