//! An application in this process, from its start to its stop; no entrypoint is opened.

use partitura_runtime::app::{App, Blueprint, StartError};
use partitura_runtime::config::Config;
use partitura_runtime::entrypoint::{RuntimeConfig, Signal};
use partitura_runtime::env::Env;
use partitura_runtime::error::Error;
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
    let app = match build(blueprint, config, &mut signals).await {
        Ok(app) => app,
        Err(end) => return end,
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

async fn build(
    blueprint: &'static Blueprint,
    config: Config,
    signals: &mut mpsc::Receiver<Signal>,
) -> Result<App, (u8, Vec<String>)> {
    // What is wrong with the section is told by the build.
    let budget = config.section().unwrap_or_else(|_| RuntimeConfig::default()).stop_timeout;
    let env = Env::real();
    let (end, ended) = oneshot::channel::<()>();
    let ended = async move { drop(ended.await) };
    // A task of its own, so that a provider that blocks or panics takes nobody with it.
    let mut built = env.spawn(blueprint.builder().config(config).build_until(ended));
    let built = tokio::select! {
        built = &mut built => built,
        _ = signals.recv() => {
            drop(end);
            let mut told = vec!["cancelled while the application was starting".to_owned()];
            match env.timeout(budget, built).await {
                Ok(Ok(Ok(app))) => told.extend(app.shutdown().await.err().unwrap_or_default().iter().map(told::operator)),
                Ok(Ok(Err(StartError::Stopped(errors)))) => told.extend(errors.iter().map(told::operator)),
                Ok(_) => {}
                Err(_) => told.push(format!("what was being built did not end within {budget:?} and was left behind")),
            }
            return Err((CANCELLED, told));
        }
    };
    match built {
        Ok(Ok(app)) => Ok(app),
        Ok(Err(error)) => Err((error.exit_code(), told::reasons(&error))),
        Err(error) => {
            let error = Error::from(error);
            Err((error.exit_code(), vec![told::operator(&error)]))
        }
    }
}
