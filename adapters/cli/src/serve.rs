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
    if entrypoints.is_empty() {
        world.tell(format_args!(
            "nothing to serve: this program was built with no entrypoint; turn on a feature of `partitura` in its \
             Cargo.toml, such as `features = [\"http\"]`; `{} execute` needs none",
            world.program
        ));
        return exit::CONFIGURATION;
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
        let names: Vec<&str> = entrypoints.iter().map(|entrypoint| entrypoint.name()).collect();
        world.tell(format_args!(
            "nothing to serve: the configuration turns no entrypoint on; there is {}; turn one on there (`{} config` \
             lists the keys) or name it: {} serve --only {}",
            names.join(", "),
            world.program,
            world.program,
            names.join(",")
        ));
        return host::shut_down(&app, &mut stop, exit::CONFIGURATION, world).await;
    }
    let ready = |opened: &[partitura_runtime::host::Opened]| {
        for opened in opened {
            world.tell(format_args!("ready: {} at {}", opened.name(), opened.address()));
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
