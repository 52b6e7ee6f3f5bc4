//! The verb `mcp`: the protocol on stdin and stdout, until stdin ends or the process is told to stop.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use partitura_runtime::app::App;
use partitura_runtime::entrypoint::{Console, Exit, Invocation, RuntimeConfig, Signal};
use partitura_runtime::env::Env;
use partitura_runtime::error::{Error, Result};
use partitura_runtime::future::BoxFuture;
use partitura_runtime::identity::Identity;
use partitura_runtime::line::told;
use rmcp::service::{ServerInitializeError, serve_server};
use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::{mpsc, watch};

use crate::config::McpConfig;
use crate::pipe;
use crate::server::{Caller, Server};
use crate::shared::Shared;

const USAGE: &str = "\
Speaks the Model Context Protocol on stdin and stdout, for a client that starts this program; logs go to stderr.
Who calls is said by the configuration: `mcp.stdio.subject` and `mcp.stdio.roles`.

Usage: mcp [CONFIGURATION]";

/// Runs the verb.
pub(crate) async fn speak(invocation: Invocation) -> Result<String> {
    let Invocation { blueprint, arguments, config, terminal, .. } = invocation;
    match arguments.first().map(String::as_str) {
        None => {}
        Some("--help" | "-h") => return Ok(USAGE.to_owned()),
        Some(other) => {
            return Err(Error::malformed(
                format!("`mcp` takes no `{other}`: what it serves is configured in `[mcp]`"),
                Vec::new(),
            ));
        }
    }
    let own: McpConfig = config.section().map_err(Error::from)?;
    if own.enabled == Some(false) {
        let text = "the configuration says `mcp.enabled = false`: leave it out, or write `mcp.enabled = true`";
        return Err(Error::unavailable(text).with_code("PT0484"));
    }
    let identity = own.stdio.identity();
    let budget = config.section::<RuntimeConfig>().map_err(Error::from)?.stop_timeout;
    let console = terminal.take().await.map_err(|error| {
        let text = format!("stdin and stdout are not to be had here: {error}; `mcp` is a verb of a process of its own");
        Error::unavailable(text).with_code("PT0484")
    })?;
    let Console { stdin, stdout, signals, .. } = console;
    let (stop, stopped) = watch::channel(false);
    // Ends with the process.
    drop(Env::real().spawn(watched(signals, stop)));
    let app = match blueprint.builder().config(config).build_until(until(stopped.clone())).await {
        Ok(app) => app,
        Err(error) => {
            for line in told::reasons(&error) {
                terminal.tell(line).await;
            }
            return Err(Error::internal("the application did not start").with_source(Exit(error.exit_code())));
        }
    };
    let (output, written) = pipe::to(stdout);
    let served = started(app.clone(), identity, pipe::from(stdin), output, stopped).await;
    // What was answered last is on its way, unless nobody reads it.
    drop(Env::real().timeout(budget, written).await);
    let ended = app.shutdown_within(budget).await;
    served?;
    match ended {
        Ok(()) => Ok(String::new()),
        Err(errors) => Err(errors.into_iter().next().unwrap_or_else(|| Error::internal("it did not end as it should"))),
    }
}

/// Runs the plans of the start, then serves.
fn started(
    app: App,
    identity: Identity,
    input: DuplexStream,
    output: DuplexStream,
    stopped: watch::Receiver<bool>,
) -> BoxFuture<'static, Result<()>> {
    Box::pin(async move {
        app.start_until(until(stopped.clone())).await?;
        serve(&app, identity, input, output, until(stopped)).await
    })
}

/// Completes at a stop. In a box, since the compiler cannot see otherwise that what waits for it is `Send`.
fn until(mut stopped: watch::Receiver<bool>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        if stopped.wait_for(|stopped| *stopped).await.is_err() {
            // Nobody is left who could say so.
            std::future::pending::<()>().await;
        }
    })
}

/// The first signal stops; nobody takes a second one, so that it ends the process at once.
fn watched(mut signals: mpsc::Receiver<Signal>, stop: watch::Sender<bool>) -> BoxFuture<'static, ()> {
    Box::pin(async move {
        if signals.recv().await.is_some() {
            stop.send_replace(true);
        }
    })
}

/// Speaks the protocol on `input` and `output`, one message a line, as `identity`, until the input ends or `stop` completes; then
/// the calls that run have `runtime.stop_timeout` to end. For a program that has its own streams; the verb `mcp` is this on stdin
/// and stdout.
///
/// # Errors
/// Kind invalid with what is wrong with the section `mcp`, or when the other side does not begin as the protocol says.
pub async fn serve(
    app: &App,
    identity: Identity,
    input: impl AsyncRead + Send + Unpin + 'static,
    output: impl AsyncWrite + Send + Unpin + 'static,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<()> {
    let config: McpConfig = app.config().section().map_err(Error::from)?;
    let budget = app.config().section::<RuntimeConfig>().map_err(Error::from)?.stop_timeout;
    let longest = config.max_message;
    let shared = Shared::new(app, config)?;
    let input = Input { inner: input, stop: Some(Box::pin(stop)), end: None, shared: shared.clone(), budget };
    let transport = AsyncRwTransport::new_server(input, output).with_max_line_length(longest);
    let server = Server { shared: shared.clone(), caller: Caller::One(identity) };
    let begun: BoxFuture<'static, _> = Box::pin(serve_server(server, transport));
    let running = match begun.await {
        Ok(running) => running,
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => return Ok(()),
        Err(error) => {
            return Err(Error::invalid(format!("the client does not speak the protocol: {error}")).with_code("PT0487"));
        }
    };
    running.waiting().await.map_err(|error| Error::internal(error.to_string()))?;
    Ok(())
}

/// An input that ends at `stop`, too, and not before the calls that run have ended: what comes after its end is nobody's, and
/// what is asked before it is answered.
struct Input<R> {
    inner: R,
    stop: Option<BoxFuture<'static, ()>>,
    /// Once nothing more is read: until it may end.
    end: Option<BoxFuture<'static, ()>>,
    shared: Arc<Shared>,
    budget: Duration,
}

impl<R: AsyncRead + Unpin> AsyncRead for Input<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let this = &mut *self;
        if this.end.is_none() {
            let is_stopped = this.stop.as_mut().is_none_or(|stop| stop.as_mut().poll(cx).is_ready());
            let before = buffer.filled().len();
            let read = match is_stopped {
                true => Poll::Ready(Ok(())),
                false => Pin::new(&mut this.inner).poll_read(cx, buffer),
            };
            match read {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(())) if buffer.filled().len() > before => return Poll::Ready(Ok(())),
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => tracing::debug!(target: "partitura", %error, "the input of `mcp` broke off"),
            }
            this.stop = None;
            let (shared, budget) = (this.shared.clone(), this.budget);
            this.end = Some(Box::pin(async move { shared.drain_within(budget).await }));
        }
        match &mut this.end {
            Some(end) => end.as_mut().poll(cx).map(Ok),
            None => Poll::Ready(Ok(())),
        }
    }
}
