//! `serve`: every entrypoint, until somebody says stop.

use std::sync::Arc;

use partitura_runtime::app::{Blueprint, Reloading, StartError};
use partitura_runtime::config::Config;
use partitura_runtime::entrypoint::Entrypoint;
use partitura_runtime::error::Error;
use partitura_runtime::host::{Hangups, Reloads};
use partitura_runtime::telemetry::log::{self, Level};

use crate::options::Options;
use crate::world::World;
use crate::{exit, host};

/// Builds the application, opens the entrypoints, waits for a signal and stops within the budget.
pub(crate) fn serve(
    blueprint: &'static Blueprint,
    options: &Options,
    entrypoints: &[Arc<dyn Entrypoint>],
    only: &[String],
    world: &mut World<'_>,
) -> u8 {
    let config = match options.configure(blueprint, world) {
        Ok(config) => config,
        Err(code) => return code,
    };
    if let Err(code) = host::log(&config, Level::Info, world) {
        return code;
    }
    host::on_tokio(world, async |world| run(blueprint, config, options, entrypoints, only, world).await)
}

async fn run(
    blueprint: &'static Blueprint,
    config: Config,
    options: &Options,
    entrypoints: &[Arc<dyn Entrypoint>],
    only: &[String],
    world: &mut World<'_>,
) -> u8 {
    let mut stop = host::stop(world);
    // From here on, or a signal that comes while it starts would kill it.
    let reloads = reloads(blueprint, options, world);
    let app = match host::build(blueprint, config, &mut stop, world).await {
        Ok(app) => app,
        Err(code) => return code,
    };
    if only.is_empty() && !entrypoints.iter().any(|entrypoint| entrypoint.is_enabled(&app)) {
        let line = nothing_listens(entrypoints, &world.program);
        world.tell(line);
    }
    let _progress = crate::progress::watch(&app, world);
    let ready = |opened: &[partitura_runtime::host::Opened]| {
        for opened in opened {
            world.tell(format_args!("ready: {} at {}", opened.name(), opened.address()));
        }
        if opened.is_empty() {
            world.tell("ready");
        }
    };
    match partitura_runtime::host::serve_reloading(&app, entrypoints, only, ready, stop, reloads).await {
        Ok(()) => exit::DONE,
        Err(error) => refuse(&error, world),
    }
}

/// At SIGHUP: the same files, the same flags, the same environment, and the log's levels along with the application's own.
fn reloads(blueprint: &'static Blueprint, options: &Options, world: &World<'_>) -> Option<Reloads> {
    let when = match Hangups::listen() {
        Ok(when) => when,
        Err(error) => {
            tracing::warn!(target: "partitura", ?error, "SIGHUP cannot be listened for: the configuration is read once");
            return None;
        }
    };
    let (options, environment) = (options.clone(), world.environment.clone());
    Some(Reloads {
        when,
        load: Box::new(move || options.load_in(blueprint, environment.as_deref())),
        others: Box::new(|next| {
            let config = host::log_config(&next.config, Level::Info).map_err(Error::from)?;
            let part = log::relevel(&config)?.map(|apply| Reloading::of(&["log.level", "log.filter"], apply));
            Ok(part.into_iter().collect())
        }),
    })
}

fn refuse(error: &StartError, world: &mut World<'_>) -> u8 {
    host::refuse(error, world)
}

/// An application may have work of its own to do; but most often somebody forgot to turn something on.
fn nothing_listens(entrypoints: &[Arc<dyn Entrypoint>], program: &str) -> String {
    if entrypoints.is_empty() {
        return format!(
            "warning: nothing listens: this program was built with no entrypoint; turn on a feature of `partitura` in its \
             Cargo.toml (`{program} execute` needs none)"
        );
    }
    let names: Vec<&str> = entrypoints.iter().map(|entrypoint| entrypoint.name()).collect();
    format!(
        "warning: nothing listens: the configuration turns no entrypoint on; there is {}; turn one on there (`{program} \
         config` lists the keys) or name it: {program} serve --only {}",
        names.join(", "),
        names.join(",")
    )
}
