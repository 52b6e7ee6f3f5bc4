//! How an application is built: configure, verify, build the singletons.

use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwapOption;

use super::inner::{Inner, Running, nanoseconds};
use super::registry::Registry;
use super::verify::{self, Finding};
use super::{App, Blueprint};
use crate::behavior::{self, BehaviorsConfig, Caches};
use crate::config::{Config, Mistakes, ModulesConfig, SectionInfo};
use crate::container::build::{Graph, Replacement, Replacements, singletons};
use crate::container::cells::{CellKind, Cells, Shared};
use crate::container::provider::Made;
use crate::container::scope::dispose_detached;
use crate::context::{Context, Origin, Taker};
use crate::entrypoint::RuntimeConfig;
use crate::env::Env;
use crate::error::{Error, Kind};
use crate::event::Listeners;
use crate::module::{Entry, Module};
use crate::overrides::{self, MessagesConfig, Overrides, SubscribersConfig, Wiring};
use crate::plan::Hub;
use crate::queue::{Queue, QueueConfig};
use crate::session::{SessionConfig, SessionStore};
use crate::telemetry::log::LogConfig;

/// Builds an [`App`]: `Bank::builder().replace::<dyn Mailer>(Arc::new(Fake)).build().await`.
pub struct Builder {
    blueprint: &'static Blueprint,
    config: Option<Config>,
    env: Option<Env>,
    replacements: Replacements,
    sessions: Option<Arc<dyn SessionStore>>,
}

impl Builder {
    pub(super) fn new(blueprint: &'static Blueprint) -> Self {
        Builder { blueprint, config: None, env: None, replacements: Replacements::default(), sessions: None }
    }

    /// The configuration. By default it is loaded from `partitura.toml`, the profile's file and the environment.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// The source of time, randomness, ids and spawning. By default the real one.
    #[must_use]
    pub fn env(mut self, env: Env) -> Self {
        self.env = Some(env);
        self
    }

    /// Where sessions are kept, in place of what the section `session` of the configuration says.
    #[must_use]
    pub fn sessions(mut self, store: Arc<dyn SessionStore>) -> Self {
        self.sessions = Some(store);
        self
    }

    /// Puts `object` in place of the provider of `T`, whichever module provides it: everything that depends on `T`
    /// gets it, and the provider is never called. For a scoped `T` the one object serves every message.
    ///
    /// What only replaced providers need is not built either, and its section of the configuration is not read: whoever
    /// replaces a repository needs no database. What nobody needs is there for its own sake, and is built.
    #[must_use]
    pub fn replace<T: ?Sized + Send + Sync + 'static>(self, object: Arc<T>) -> Self {
        self.put(None, object)
    }

    /// As [`Builder::replace`], for the provider of `T` that is called `name`.
    #[must_use]
    pub fn replace_named<T: ?Sized + Send + Sync + 'static>(self, name: &'static str, object: Arc<T>) -> Self {
        self.put(Some(name), object)
    }

    /// Puts `make` in place of the transient provider of `T`.
    #[must_use]
    pub fn replace_transient<T: ?Sized + Send + 'static>(
        mut self,
        make: impl Fn() -> Box<T> + Send + Sync + 'static,
    ) -> Self {
        let name = std::any::type_name::<T>();
        self.replacements.transient.insert(TypeId::of::<T>(), (name, Box::new(move || Made::Owned(Box::new(make())))));
        self
    }

    fn put<T: ?Sized + Send + Sync + 'static>(mut self, name: Option<&'static str>, object: Arc<T>) -> Self {
        let replacement = Replacement { object: Shared::new(object), type_name: std::any::type_name::<T>() };
        self.replacements.shared.insert((TypeId::of::<T>(), name), replacement);
        self
    }

    /// Configures, verifies and builds every singleton, independent ones at the same time.
    ///
    /// # Errors
    /// Everything that is wrong with the configuration, or with the wiring, or every provider that failed. What had
    /// been built is disposed of, in reverse.
    ///
    /// # Cancel safety
    /// Dropping the future drops what is being built at its next await; what had been built is disposed of in a task of
    /// its own. [`Builder::build_until`] waits for that.
    pub async fn build(self) -> Result<App, StartError> {
        self.build_until(std::future::pending()).await
    }

    /// As [`Builder::build`], unless `stop` completes before: then what is being built is dropped at its next await, and
    /// what had been built is disposed of, in reverse.
    ///
    /// # Errors
    /// As [`Builder::build`], and [`StartError::Stopped`].
    ///
    /// # Cancel safety
    /// As [`Builder::build`].
    pub async fn build_until(self, stop: impl Future<Output = ()> + Send) -> Result<App, StartError> {
        let Builder { blueprint, config, env, replacements, sessions } = self;
        let config = match config {
            Some(config) => config.with_sections(sections(blueprint.modules)),
            None => blueprint.loader().load().map_err(StartError::Configuration)?,
        };
        let off = blueprint.switched_off(&config);
        let blueprint = blueprint.configured(&config);
        let mut registry = Registry::at_start(blueprint.modules, blueprint.behaviors);
        let mut graph = Graph::new(&registry, &replacements);
        let unread = graph.unread();
        let overrides = check(&config, &unread, &registry, &off, blueprint).map_err(StartError::Configuration)?;
        if let Some(overrides) = &overrides {
            registry.listen(Some(overrides));
        }
        let cells = Cells::new(size(&registry, &graph));
        let plan = graph.place(&cells);
        if !verify::errors(blueprint, &registry, Some(&replacements), &off, &graph, &plan).is_empty() {
            return Err(StartError::Wiring(verify::told(blueprint, &replacements, &off)));
        }
        let runtime: RuntimeConfig = config.section().map_err(StartError::Configuration)?;
        let behaviors_config: BehaviorsConfig = config.section().map_err(StartError::Configuration)?;
        let queue: QueueConfig = config.section().map_err(StartError::Configuration)?;
        let session: SessionConfig = config.section().map_err(StartError::Configuration)?;
        let env = env.unwrap_or_else(Env::real);
        let sessions = match sessions {
            Some(store) => store,
            None => session.open(&env).map_err(|error| StartError::Providers(vec![error]))?,
        };
        link_contracts(&registry, &cells);
        let mut replaced_transient = HashMap::new();
        for (of, (_, make)) in replacements.transient {
            if let Some(index) = graph.transient.iter().position(|provider| provider.slot.type_id() == of) {
                replaced_transient.insert(index, make);
            }
        }
        let seeds = AtomicU64::new(env.random_u64());
        let inner = Arc::new(Inner {
            cells,
            env,
            blueprint,
            registry,
            config,
            scoped: std::mem::take(&mut graph.scoped),
            transient: std::mem::take(&mut graph.transient),
            replaced_transient,
            disposals: Mutex::default(),
            message_timeout: AtomicU64::new(nanoseconds(runtime.timeout)),
            overridden: AtomicBool::new(overrides.is_some()),
            overrides: ArcSwapOption::new(overrides.map(Arc::new)),
            off,
            unread,
            in_force: Mutex::default(),
            stop_timeout: runtime.stop_timeout,
            running: Running::default(),
            seeds,
            around: behavior::Application::new(blueprint.behaviors),
            behaviors_config,
            caches: Caches::default(),
            queue: Queue::new(queue),
            plans: Hub::default(),
            listeners: Listeners::default(),
            sessions,
            session_history: session.history,
            runtime: super::blocking::here(),
        });
        let origin =
            Origin { identity: None, trace: None, session: None, record: None, taker: Taker::Code, entrypoint: None };
        // Before the context and what is built with it, so that it is dropped after them.
        let unfinished = Unfinished(&inner);
        let cx = Context::root(inner.clone(), origin, None);
        let built = tokio::select! {
            biased;
            built = singletons(&inner, &graph, plan, &cx) => built.map_err(StartError::Providers),
            () = stop => Err(StartError::Stopped(Vec::new())),
        };
        match built {
            Ok(()) => std::mem::forget(unfinished),
            Err(mut error) => {
                if let StartError::Providers(errors) | StartError::Stopped(errors) = &mut error {
                    let end = inner.env.now().checked_add(inner.stop_timeout);
                    errors.extend(inner.dispose(end).await);
                }
                return Err(error);
            }
        }
        drop(cx);
        Ok(App(inner))
    }
}

/// An application that is not built yet, and may be given up.
struct Unfinished<'a>(&'a Arc<Inner>);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        let disposals = std::mem::take(&mut *self.0.disposals.lock().unwrap_or_else(PoisonError::into_inner));
        dispose_detached(disposals, self.0);
    }
}

/// What is wrong with the configuration, all of it; what it says of messages, if nothing is.
pub(super) fn check(
    config: &Config,
    unread: &[&'static str],
    registry: &Registry,
    off: &[&'static Module],
    blueprint: &Blueprint,
) -> Result<Option<Overrides>, Mistakes> {
    let mut mistakes = config.check_without(unread).err().unwrap_or_default();
    // What does not parse has been told.
    let log = config.section().map_or(Ok(()), |log: LogConfig| log.check());
    let session = config.section().map_or(Ok(()), |session: SessionConfig| session.check());
    for error in [log, session].into_iter().filter_map(Result::err) {
        mistakes.merge(config.unfit(&error));
    }
    match overrides::resolve(&Wiring { registry, off, behaviors: blueprint.behaviors }, config) {
        Ok(overrides) => mistakes.or(overrides),
        Err(more) => {
            mistakes.merge(more);
            Err(mistakes)
        }
    }
}

/// The sections that the framework and the listed modules read.
///
/// From the tables as they are: a registry sorts everything, and a configuration is often loaded before there is one.
pub(super) fn sections(modules: &[&'static Module]) -> Vec<SectionInfo> {
    let mut sections = vec![
        SectionInfo::of::<RuntimeConfig>(),
        SectionInfo::of::<LogConfig>(),
        SectionInfo::of::<BehaviorsConfig>(),
        SectionInfo::of::<QueueConfig>(),
        SectionInfo::of::<SessionConfig>(),
        SectionInfo::of::<ModulesConfig>(),
        SectionInfo::of::<MessagesConfig>(),
        SectionInfo::of::<SubscribersConfig>(),
    ];
    // The linker's order means nothing.
    let mut adapters: Vec<SectionInfo> = crate::entrypoint::SECTIONS.to_vec();
    adapters.sort_by_key(|section| section.name);
    sections.extend(adapters);
    for module in modules {
        let mut own: Vec<_> = module
            .entries
            .entries()
            .iter()
            .filter_map(|entry| match entry {
                Entry::Provider(provider) => provider.section.map(|section| (provider.place, section)),
                _ => None,
            })
            .collect();
        own.sort_by_key(|(place, _)| *place);
        sections.extend(own.into_iter().map(|(_, section)| section.of_module(module.name)));
    }
    sections
}

fn size(registry: &Registry, graph: &Graph) -> usize {
    let contracts =
        registry.handlers().filter_map(|(_, handler)| handler.contract.map(|link| link().slot.intern() + 1));
    contracts.max().unwrap_or(0).max(graph.size())
}

fn link_contracts(registry: &Registry, cells: &Cells) {
    for (_, handler) in registry.handlers() {
        if let Some(link) = handler.contract {
            let link = link();
            cells.fill(link.slot, CellKind::Single(link.handler));
        }
    }
}

fn refuses_values(error: &Error) -> bool {
    error.kind() == Kind::Invalid && !error.failures().is_empty()
}

/// Why an application did not start: everything at once.
#[derive(Debug)]
#[non_exhaustive]
pub enum StartError {
    /// The configuration does not parse.
    Configuration(Mistakes),
    /// The wiring is wrong in a way that no compiler sees.
    Wiring(Vec<Finding>),
    /// Providers that failed, and disposals that failed after that.
    Providers(Vec<Error>),
    /// Entrypoints that did not open.
    Entrypoints(Vec<Error>),
    /// A plan that runs at the start failed; and disposals that failed after that.
    Plans(Vec<Error>),
    /// It was told to stop before everything was built. Disposals that failed after that.
    Stopped(Vec<Error>),
}

impl StartError {
    /// 78 for the configuration (`EX_CONFIG`), 75 for a start that was stopped, else that of the first error's kind.
    pub fn exit_code(&self) -> u8 {
        match self {
            StartError::Configuration(_) => 78,
            StartError::Wiring(_) => 70,
            StartError::Stopped(_) => 75,
            // One refuses what its section says, and where: the command line has no such places.
            StartError::Entrypoints(errors) if errors.first().is_some_and(refuses_values) => 78,
            StartError::Providers(errors) | StartError::Entrypoints(errors) | StartError::Plans(errors) => {
                errors.first().map_or(70, Error::exit_code)
            }
        }
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Configuration(mistakes) => write!(f, "{mistakes}"),
            StartError::Wiring(findings) => lines(f, findings.iter()),
            StartError::Providers(errors) | StartError::Entrypoints(errors) | StartError::Plans(errors) => {
                lines(f, errors.iter().map(Operator))
            }
            StartError::Stopped(errors) => {
                f.write_str("stopped while the application was starting")?;
                errors.iter().try_for_each(|error| write!(f, "\n{}", Operator(error)))
            }
        }
    }
}

fn lines(f: &mut fmt::Formatter<'_>, lines: impl Iterator<Item = impl fmt::Display>) -> fmt::Result {
    for (index, line) in lines.enumerate() {
        if index > 0 {
            writeln!(f)?;
        }
        write!(f, "{line}")?;
    }
    Ok(())
}

/// An error told to whoever starts the application, who may read what a caller may not.
struct Operator<'a>(&'a Error);

impl fmt::Display for Operator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.message())?;
        for failure in self.0.failures() {
            write!(f, "\n  {failure}")?;
        }
        self.0.causes().iter().try_for_each(|cause| write!(f, "\n  caused by: {cause}"))
    }
}

impl std::error::Error for StartError {}

impl From<&StartError> for Kind {
    fn from(error: &StartError) -> Kind {
        match error {
            StartError::Providers(errors) | StartError::Entrypoints(errors) | StartError::Plans(errors) => {
                errors.first().map_or(Kind::Internal, Error::kind)
            }
            StartError::Stopped(_) => Kind::Cancelled,
            StartError::Configuration(_) | StartError::Wiring(_) => Kind::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The macros cannot ask the runtime, so they have a list of their own.
    #[test]
    fn the_compiler_refuses_the_names_of_the_sections_that_the_framework_reads() {
        let golden =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../ui-tests/cases/malformed/section_of_the_framework.stderr");
        let golden = std::fs::read_to_string(golden).unwrap();
        let told = golden.split_once("another name than ").unwrap().1.split_once(" [PT0120]").unwrap().0;
        let ours: Vec<String> = sections(&[]).iter().map(|section| format!("`{}`", section.name)).collect();
        assert_eq!(told, ours.join(", "));
    }
}
