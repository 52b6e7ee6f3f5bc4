//! What every verb that runs something shares: the tokio runtime, the application, the end.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Fuse};
use partitura_runtime::app::{App, Blueprint, StartError};
use partitura_runtime::config::{Config, Mistakes};
use partitura_runtime::entrypoint::RuntimeConfig;
use partitura_runtime::env::Env;
use partitura_runtime::error::Error;
use partitura_runtime::telemetry::log::{Level, LogConfig};
use tokio::sync::oneshot;

use crate::world::World;
use crate::{exit, told};

/// Completes once, when the process shall stop.
pub(crate) type Stop = Fuse<BoxFuture<'static, ()>>;

/// Runs `work` on a runtime of its own, on all cores.
pub(crate) fn on_tokio(world: &mut World<'_>, work: impl AsyncFnOnce(&mut World<'_>) -> u8) -> u8 {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            world.tell(format_args!("tokio cannot start: {error}"));
            return exit::INTERNAL;
        }
    };
    let code = runtime.block_on(work(world));
    // What still runs had its budget: a thread that blocks for good must not keep the process.
    runtime.shutdown_background();
    code
}

/// The future of a signal. Signals that cannot be listened for end the process as they do any other.
pub(crate) fn stop(world: &World<'_>) -> Stop {
    let signal = (world.stop)();
    let stop = async move {
        if let Err(error) = signal.await {
            tracing::warn!(target: "partitura", ?error, "signals cannot be listened for");
            std::future::pending::<()>().await;
        }
    };
    stop.boxed().fuse()
}

/// The section `[log]`, at `level` where that says nothing.
pub(crate) fn log_config(config: &Config, level: Level) -> Result<LogConfig, Mistakes> {
    let mut log: LogConfig = config.section()?;
    if !config.entries().iter().any(|entry| entry.key == "log.level") {
        log.level = level;
    }
    Ok(log)
}

/// Sets the log up from the section `[log]`, at `level` where that says nothing.
pub(crate) fn log(config: &Config, level: Level, world: &mut World<'_>) -> Result<(), u8> {
    let log = log_config(config, level).map_err(|mistakes| {
        world.tell(mistakes);
        exit::CONFIGURATION
    })?;
    (world.log)(&log).map(drop).map_err(|error| {
        for failure in error.failures() {
            world.tell(format_args!(
                "{}: {}",
                failure.pointer.trim_start_matches('/').replace('/', "."),
                failure.message
            ));
        }
        exit::CONFIGURATION
    })
}

/// Builds the application, unless it is told to stop before that: then what had been built is disposed of, within the
/// budget of a stop.
pub(crate) async fn build(
    blueprint: &'static Blueprint,
    config: Config,
    stop: &mut Stop,
    world: &mut World<'_>,
) -> Result<App, u8> {
    // What is wrong with the section is told by the build.
    let budget = config.section().unwrap_or_else(|_| RuntimeConfig::default()).stop_timeout;
    let env = Env::real();
    let (end, ended) = oneshot::channel::<()>();
    let ended = async move { drop(ended.await) };
    // A task of its own, so that a provider that blocks or panics takes nobody with it.
    let mut built = env.spawn(blueprint.builder().config(config).build_until(ended));
    let built = tokio::select! {
        built = &mut built => built,
        () = &mut *stop => {
            world.tell("cancelled while the application was starting");
            drop(end);
            match env.timeout(budget, built).await {
                Ok(Ok(Ok(app))) => return Err(shut_down(&app, stop, exit::CANCELLED, world).await),
                Ok(Ok(Err(error))) => drop(refuse(&error, world)),
                Ok(Err(error)) => world.tell(told::operator(&Error::from(error))),
                Err(_) => {
                    let text = format!("what was being built did not end within {budget:?} and was left behind");
                    world.tell(told::operator(&Error::timeout(text).with_code("PT0309")));
                }
            }
            return Err(exit::CANCELLED);
        }
    };
    match built {
        Ok(Ok(app)) => Ok(app),
        Ok(Err(error)) => Err(refuse(&error, world)),
        Err(error) => {
            let error = Error::from(error);
            world.tell(told::operator(&error));
            Err(error.exit_code())
        }
    }
}

/// Tells every reason of a start that failed, or of a stop that did.
pub(crate) fn refuse(error: &StartError, world: &mut World<'_>) -> u8 {
    for line in told::reasons(error) {
        world.tell(line);
    }
    error.exit_code()
}

/// Ends the application within its budget, or at once at a signal. `code` is what there is to say until then; a
/// disposal that fails after a message that did not is a failure all the same.
pub(crate) async fn shut_down(app: &App, stop: &mut Stop, code: u8, world: &mut World<'_>) -> u8 {
    let ended = tokio::select! {
        ended = app.shutdown() => ended,
        () = stop => {
            world.tell("ended before everything was closed");
            return exit::AT_ONCE;
        }
    };
    match ended {
        Ok(()) => code,
        Err(errors) => {
            let own = refuse(&StartError::Entrypoints(errors), world);
            if code == exit::DONE { own } else { code }
        }
    }
}
