//! What every verb that runs something shares: the tokio runtime, the application, the end.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Fuse};
use partitura_runtime::app::{App, Blueprint, StartError};
use partitura_runtime::config::{Config, Mistakes};
use partitura_runtime::telemetry::log::{Level, LogConfig};

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
    let code = runtime.block_on(partitura_runtime::host::watched(work(world)));
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
        world.tell(config.unfit(&error));
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
    let stopping = || world.tell("cancelled while the application was starting");
    let built = partitura_runtime::host::build(blueprint, config, stop, stopping).await;
    built.map_err(|error| refuse(&error, world))
}

/// Tells every reason of a start that failed, or of a stop that did.
pub(crate) fn refuse(error: &StartError, world: &mut World<'_>) -> u8 {
    for line in told::reasons(error) {
        world.tell(line);
    }
    error.exit_code()
}

/// Ends the application within its budget. A signal that comes meanwhile, and is the first, changes nothing: what was accepted is
/// finished within the budget, too. `code` is what there is to say until then; a disposal that fails after a message that did not is a
/// failure all the same.
pub(crate) async fn shut_down(app: &App, stop: &mut Stop, code: u8, world: &mut World<'_>) -> u8 {
    let mut shutdown = std::pin::pin!(app.shutdown());
    let ended = tokio::select! {
        ended = &mut shutdown => ended,
        () = stop => {
            world.tell("finishing what was accepted; one more signal ends at once");
            shutdown.await
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
