//! `serve`: every entrypoint, until somebody says stop.

use std::sync::Arc;

use partitura_runtime::app::{Blueprint, StartError};
use partitura_runtime::config::Config;
use partitura_runtime::entrypoint::Entrypoint;
use partitura_runtime::telemetry::log::Level;

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
    host::on_tokio(world, async |world| run(blueprint, config, entrypoints, only, world).await)
}

async fn run(
    blueprint: &'static Blueprint,
    config: Config,
    entrypoints: &[Arc<dyn Entrypoint>],
    only: &[String],
    world: &mut World<'_>,
) -> u8 {
    let mut stop = host::stop(world);
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
    match partitura_runtime::host::serve(&app, entrypoints, only, ready, stop).await {
        Ok(()) => exit::DONE,
        Err(error) => refuse(&error, world),
    }
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
