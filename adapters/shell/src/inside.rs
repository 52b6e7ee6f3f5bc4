//! An application in this process, from its start to its stop; no entrypoint is opened.

use partitura_runtime::app::{App, Blueprint, StartError};
use partitura_runtime::config::Config;
use partitura_runtime::entrypoint::Signal;
use partitura_runtime::host;
use partitura_runtime::line::told;
use tokio::sync::{mpsc, oneshot};

/// The exit code of what was cancelled by a signal.
pub(crate) const CANCELLED: u8 = 75;

/// Builds the application, runs the plans of its start, then `work`, and stops everything in order. A signal before `work` begins ends
/// it. Answers with the exit code, and everything that is to be told.
pub(crate) async fn run<W>(
    blueprint: &'static Blueprint,
    config: Config,
    mut signals: mpsc::Receiver<Signal>,
    work: impl FnOnce(App, mpsc::Receiver<Signal>) -> W,
) -> (u8, Vec<String>)
where
    W: Future<Output = u8>,
{
    let mut lines = Vec::new();
    let stopping = || lines.push("cancelled while the application was starting".to_owned());
    let stop = async { _ = signals.recv().await };
    let app = match host::build(blueprint, config, stop, stopping).await {
        Ok(app) => app,
        Err(error) => {
            lines.extend(told::reasons(&error));
            return (error.exit_code(), lines);
        }
    };
    let (ready, is_ready) = oneshot::channel();
    let mut code = CANCELLED;
    let life = async {
        let starts = tokio::select! {
            biased;
            starts = is_ready => starts.is_ok(),
            _ = signals.recv() => false,
        };
        if starts {
            code = work(app.clone(), signals).await;
        }
    };
    let ended = host::serve(&app, &[], &[], |_| ready.send(()).unwrap_or_default(), life).await;
    match ended {
        Ok(()) => (code, Vec::new()),
        Err(error) if code == 0 => (error.exit_code(), told::reasons(&error)),
        Err(error) if matches!(error, StartError::Plans(_)) => (error.exit_code(), told::reasons(&error)),
        Err(error) => (code, told::reasons(&error)),
    }
}
