//! The life of an application that serves: start in declared order, stop in reverse, within a budget.

use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use crate::app::{App, Blueprint, Next, ReloadError, Reloading, StartError};
use crate::config::{Config, Mistakes};
use crate::entrypoint::{Entrypoint, Mount, RuntimeConfig};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::terminal::Signal;

mod signals;

pub use signals::watched;

/// Builds an application for a program, unless `stop` completes before: then `stopping` is called, and what had been built is disposed
/// of, within `runtime.stop_timeout`. What does not end within that is left behind.
///
/// # Errors
/// As [`Builder::build_until`](crate::app::Builder::build_until). After a stop [`StartError::Stopped`], with every disposal that failed,
/// or that something was left behind (code PT0309).
pub async fn build(
    blueprint: &'static Blueprint,
    config: Config,
    stop: impl Future<Output = ()>,
    stopping: impl FnOnce(),
) -> Result<App, StartError> {
    // What is wrong with the section is told by the build.
    let budget = config.section().unwrap_or_else(|_| RuntimeConfig::default()).stop_timeout;
    signals::allow(budget);
    let env = Env::real();
    let (end, ended) = oneshot::channel::<()>();
    let ended = async move { drop(ended.await) };
    // A task of its own, so that a provider that blocks or panics takes nobody with it.
    let mut built = env.spawn(blueprint.builder().config(config).build_until(ended));
    tokio::select! {
        built = &mut built => return built.unwrap_or_else(|error| Err(StartError::Providers(vec![Error::from(error)]))),
        () = stop => {}
    }
    stopping();
    drop(end);
    // What is disposed of has the budget, and tells itself what does not end.
    Err(match env.timeout(budget.saturating_add(GRACE), built).await {
        Ok(Ok(Ok(app))) => StartError::Stopped(app.shutdown().await.err().unwrap_or_default()),
        Ok(Ok(Err(StartError::Providers(errors)))) => StartError::Stopped(errors),
        Ok(Ok(Err(error))) => error,
        Ok(Err(error)) => StartError::Stopped(vec![Error::from(error)]),
        Err(_) => {
            let text = format!("what was being built did not end within {budget:?} and was left behind");
            StartError::Stopped(vec![Error::timeout(text).with_code("PT0309")])
        }
    })
}

/// Runs the plans that are declared `on = start`, opens the entrypoints that the configuration turns on (or those in `only`), tells `ready` where they listen, waits
/// for `stop`, and stops everything in reverse within the budget of `runtime.stop_timeout`.
///
/// # Errors
/// An entrypoint in `only` that is not there, one that hangs something onto another that is not there or is off, one that the
/// configuration asks what cannot be of, or one that did not open: those before it are stopped, the singletons
/// disposed of. After a start that
/// succeeded, everything that did not stop as it should.
pub async fn serve(
    app: &App,
    entrypoints: &[Arc<dyn Entrypoint>],
    only: &[String],
    ready: impl FnOnce(&[Opened]),
    stop: impl Future<Output = ()>,
) -> Result<(), StartError> {
    serve_reloading(app, entrypoints, only, ready, stop, None).await
}

/// What the configuration says of `entrypoints` that cannot be, of all of them at once: what [`serve`] refuses before anything starts,
/// for whoever wants to know without starting. Nothing is built or opened.
///
/// `blueprint` is the application less the modules that `config` switches off: [`Blueprint::configured`].
pub fn check<'e>(
    blueprint: &'static Blueprint,
    config: &Config,
    entrypoints: impl IntoIterator<Item = &'e Arc<dyn Entrypoint>>,
) -> Vec<Error> {
    entrypoints.into_iter().filter_map(|entrypoint| entrypoint.check(blueprint, config).err()).collect()
}

/// How an application that serves reads its configuration again.
pub struct Reloads {
    /// When.
    pub when: Hangups,
    /// From where: all layers.
    pub load: Box<dyn FnMut() -> Result<Config, Mistakes> + Send>,
    /// What else of the program takes part, such as its log.
    pub others: Others,
}

/// What other parts of a program do with a configuration that was read again.
///
/// # Errors
/// What they refuse: then nothing changes anywhere.
pub type Others = Box<dyn FnMut(&Next) -> Result<Vec<Reloading>> + Send>;

/// As [`serve`], and reads the configuration again whenever `reloads` says so: everything is checked first, and what is wrong is
/// logged, all of it, and changes nothing. What may change does so for messages that begin after it; one line of the log says what
/// has changed, and what needs a restart.
///
/// # Errors
/// As [`serve`].
pub async fn serve_reloading(
    app: &App,
    entrypoints: &[Arc<dyn Entrypoint>],
    only: &[String],
    ready: impl FnOnce(&[Opened]),
    stop: impl Future<Output = ()>,
    mut reloads: Option<Reloads>,
) -> Result<(), StartError> {
    let runtime: RuntimeConfig = app.config().section().map_err(StartError::Configuration)?;
    let wanted = match select(app, entrypoints, only) {
        Ok(wanted) => wanted,
        Err(mut errors) => {
            errors.extend(close(app, Vec::new(), runtime.stop_timeout).await);
            return Err(StartError::Entrypoints(errors));
        }
    };
    let mut refused = check(app.blueprint(), app.config(), wanted.iter().copied());
    if !refused.is_empty() {
        refused.extend(close(app, Vec::new(), runtime.stop_timeout).await);
        return Err(StartError::Entrypoints(refused));
    }
    if let Err(mut errors) = hang(app, entrypoints, &wanted) {
        errors.extend(close(app, Vec::new(), runtime.stop_timeout).await);
        return Err(StartError::Entrypoints(errors));
    }
    let mut stop = std::pin::pin!(futures_util::FutureExt::fuse(stop));
    if let Err(error) = app.start_until(&mut stop).await {
        let mut errors = vec![error];
        errors.extend(close(app, Vec::new(), runtime.stop_timeout).await);
        return Err(StartError::Plans(errors));
    }
    let mut opened: Vec<Opened> = Vec::new();
    for entrypoint in wanted {
        match entrypoint.start(app).await {
            Ok(address) => opened.push(Opened { entrypoint: entrypoint.clone(), address }),
            Err(error) => {
                // Its own code says more, if it has one of the catalogue.
                let code = if error.code().starts_with("PT") { error.code().to_owned() } else { "PT0204".to_owned() };
                let text = format!("`{}` did not open: {}", entrypoint.name(), error.message());
                let mut errors = vec![error.reworded(text).with_code(code)];
                errors.extend(close(app, opened, runtime.stop_timeout).await);
                return Err(StartError::Entrypoints(errors));
            }
        }
    }
    tracing::info!(target: "partitura", application = app.name(), entrypoints = opened.len(), "ready");
    ready(&opened);
    loop {
        let again = async {
            match &mut reloads {
                Some(reloads) => reloads.when.next().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = &mut stop => break,
            () = again => {}
        }
        if let Some(reloads) = &mut reloads {
            reload(app, &opened, reloads);
        }
    }
    tracing::info!(target: "partitura", application = app.name(), "stopping");
    let errors = close(app, opened, runtime.stop_timeout).await;
    if errors.is_empty() { Ok(()) } else { Err(StartError::Entrypoints(errors)) }
}

/// Reads the configuration again, once. What has changed is told by [`App::reload_with`].
fn reload(app: &App, opened: &[Opened], reloads: &mut Reloads) {
    let Reloads { load, others, .. } = reloads;
    let reloaded = load().map_err(ReloadError::Configuration).and_then(|config| {
        app.reload_with(config, |next| {
            let parts = opened.iter().map(|opened| opened.entrypoint.reload(app, next).map(|part| vec![part]));
            let (mut agreed, mut errors) = (Vec::new(), Vec::new());
            for part in parts.chain([others(next)]) {
                match part {
                    Ok(parts) => agreed.extend(parts),
                    Err(error) => errors.push(error),
                }
            }
            if errors.is_empty() { Ok(agreed) } else { Err(errors) }
        })
    });
    if let Err(refused) = reloaded {
        for line in refused.to_string().lines() {
            tracing::error!(target: "partitura", code = "PT0491", "the configuration was not reloaded: {line}");
        }
    }
}

/// An entrypoint that is open.
pub struct Opened {
    entrypoint: Arc<dyn Entrypoint>,
    address: String,
}

impl Opened {
    /// Its name.
    pub fn name(&self) -> &'static str {
        self.entrypoint.name()
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }
}

fn select<'e>(
    app: &App,
    entrypoints: &'e [Arc<dyn Entrypoint>],
    only: &[String],
) -> Result<Vec<&'e Arc<dyn Entrypoint>>, Vec<Error>> {
    if only.is_empty() {
        return Ok(entrypoints.iter().filter(|entrypoint| entrypoint.is_enabled(app)).collect());
    }
    let names = || entrypoints.iter().map(|entrypoint| entrypoint.name());
    let unknown: Vec<Error> = only
        .iter()
        .filter(|wanted| !names().any(|name| name == wanted.as_str()))
        .map(|wanted| {
            let list: Vec<&str> = names().collect();
            let there =
                if list.is_empty() { "there is none".to_owned() } else { format!("there is {}", list.join(", ")) };
            Error::malformed(format!("no entrypoint is named `{wanted}`; {there}"), Vec::new()).with_code("PT0205")
        })
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    Ok(entrypoints.iter().filter(|entrypoint| only.iter().any(|wanted| wanted == entrypoint.name())).collect())
}

/// Gives what entrypoints hang onto others to those.
fn hang(app: &App, all: &[Arc<dyn Entrypoint>], wanted: &[&Arc<dyn Entrypoint>]) -> Result<(), Vec<Error>> {
    let mut errors = Vec::new();
    for from in wanted {
        let mounts = from.mounts(app).unwrap_or_else(|error| {
            errors.push(error);
            Vec::new()
        });
        for mount in mounts {
            let onto = mount.onto;
            let taken = match wanted.iter().find(|entrypoint| entrypoint.name() == onto) {
                Some(entrypoint) => entrypoint.take(from.name(), mount),
                None => Err(nothing_there(from.name(), &mount, all)),
            };
            errors.extend(taken.err());
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

#[cold]
fn nothing_there(from: &str, mount: &Mount, all: &[Arc<dyn Entrypoint>]) -> Error {
    let (onto, path) = (mount.onto, &mount.path);
    let text = match all.iter().any(|entrypoint| entrypoint.name() == onto) {
        true => format!(
            "`{from}` hangs `{path}` onto `{onto}`, and `{onto}` is off: turn it on (`{onto}.enabled = true`, or name both: \
             `serve --only {onto},{from}`), or turn `{from}` off"
        ),
        false => format!(
            "`{from}` hangs `{path}` onto `{onto}`, and this program has no entrypoint `{onto}`: turn the feature `{onto}` of \
             `partitura` on in its Cargo.toml, or turn `{from}` off"
        ),
    };
    Error::invalid(text).with_code("PT0482")
}

/// Drains all at once, then stops each in reverse, then the application, all within one budget.
async fn close(app: &App, opened: Vec<Opened>, budget: Duration) -> Vec<Error> {
    let env = app.env();
    let began = env.now();
    let left = || budget.saturating_sub(env.now().saturating_duration_since(began));
    let mut errors = Vec::new();
    let drains = opened.iter().rev().map(|opened| opened.entrypoint.drain());
    if env.timeout(budget, futures_util::future::join_all(drains)).await.is_err() {
        errors.push(Error::timeout(format!("the entrypoints did not drain within {budget:?}")).with_code("PT0309"));
    }
    for opened in opened.iter().rev() {
        match env.timeout(left().max(GRACE), opened.entrypoint.stop()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => errors.push(error),
            Err(_) => errors.push(Error::timeout(format!("`{}` did not stop", opened.name())).with_code("PT0309")),
        }
    }
    if let Err(more) = app.shutdown_within(left()).await {
        errors.extend(more);
    }
    errors
}

/// What an entrypoint has for closing its sockets even when the budget is used up.
const GRACE: Duration = Duration::from_millis(500);

/// Completes at the first Ctrl-C or SIGTERM. A second one ends the process at once with exit code 130.
///
/// It listens from this call on, not from the first poll: a signal that comes right after an application has said that
/// it is ready must stop it, and not kill it. It listens on a thread of its own, so that no code that blocks one keeps it from hearing;
/// and if such code has all threads of the runtime when the `runtime.stop_timeout` of what [`build`] built is over, the process ends:
/// exit code 75, code PT0309.
///
/// # Errors
/// Kind internal if the signals cannot be listened for.
pub fn signal() -> impl Future<Output = Result<()>> + Send + use<> {
    let (mut first, stopped) = oneshot::channel();
    let runtime = Handle::try_current().ok();
    let listening = signals::listen(async move |mut signals| {
        tokio::select! {
            _ = signals.next() => {}
            // Nobody waits for it any more.
            () = first.closed() => return,
        }
        if first.send(()).is_err() {
            return;
        }
        signals::watch(runtime);
        signals.next().await;
        signals::end_at_once()
    });
    async move {
        listening?;
        // The thread is there until it has sent it.
        stopped.await.map_err(|_| Error::internal("the thread that hears signals has ended"))
    }
}

/// Every Ctrl-C and SIGTERM from this call on, one at a time, for a verb that decides itself what they end. One that comes while an
/// earlier one has not been taken, or when nobody takes them any more, ends the process at once with exit code 130: what hangs can be left.
/// They are heard on a thread of their own, as [`signal`] hears them.
///
/// # Errors
/// Kind internal if the signals cannot be listened for.
pub fn signals() -> Result<mpsc::Receiver<Signal>> {
    let (sender, receiver) = mpsc::channel(1);
    signals::listen(async move |mut signals| {
        loop {
            let signal = signals.next().await;
            if sender.try_send(signal).is_err() {
                std::process::exit(130)
            }
        }
    })?;
    Ok(receiver)
}

/// SIGHUP, by which a process is asked to read its configuration again. It listens from its making on; several that come while
/// nobody asks are one.
pub struct Hangups {
    #[cfg(unix)]
    signal: tokio::signal::unix::Signal,
}

impl Hangups {
    /// Listens from now on. Elsewhere than on Unix nothing ever comes.
    ///
    /// # Errors
    /// Kind internal if the signal cannot be listened for.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn listen() -> Result<Self> {
        Ok(Hangups {
            #[cfg(unix)]
            signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?,
        })
    }

    /// Completes at the next one.
    ///
    /// # Cancel safety
    /// None is lost when the future is dropped.
    pub async fn next(&mut self) {
        #[cfg(unix)]
        if self.signal.recv().await.is_some() {
            return;
        }
        std::future::pending::<()>().await;
    }
}
