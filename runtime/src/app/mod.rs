//! An application: what `app!` lists, how it is built, and what can be asked of it while it runs.

mod blocking;
mod builder;
pub mod describe;
pub(crate) mod door;
mod find;
pub(crate) mod inner;
pub(crate) mod registry;
mod reload;
mod testing;
mod verify;

use std::any::TypeId;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

pub use blocking::Blocking;
pub use builder::{Builder, StartError};
pub use door::{Call, Door, Routed};
use inner::Inner;
pub use reload::{Next, ReloadError, Reloaded, Reloading};
pub use testing::{Given, TestApp, TestBuilder, Track, Tracked};
pub use verify::{Finding, Severity};

use crate::behavior::Listed;
use crate::config::{Config, Loader, Mistakes, SectionInfo};
use crate::container::scope::ToItsEnd;
use crate::context::{Context, Origin, Taker};
use crate::env::Env;
use crate::error::{Error, Result};
use crate::event::{AnyEvent, EmitReport, Subscription};
use crate::identity::Identity;
use crate::message::{Event, Request};
use crate::module::{Entry, Handler, Module, Mounted};
use crate::overrides::Admission;
use crate::plan::{Plan, Plans};
use crate::queue::{IntoSpawn, JobId, Jobs};
use crate::topic::Pattern;
use crate::wiring::Handles;
use crate::wiring::place::Place;

/// What `app!` writes: the name and the list of modules.
pub struct Blueprint {
    /// The application's name, as in `app! { pub Bank { .. } }`.
    pub name: &'static str,
    /// The version of the package that composes it.
    pub version: &'static str,
    /// The prefix of its environment variables.
    pub env_prefix: &'static str,
    /// Its modules, in declared order.
    pub modules: &'static [&'static Module],
    /// What goes around every message, outermost first.
    pub behaviors: &'static [Listed],
    /// Whether every handler must say who may send its message: `require: authorization`.
    pub authorization: bool,
    /// What must be replaced before it can be built.
    pub fakes: &'static [Fake],
    /// Where `app!` stands.
    pub place: Place,
}

/// Something that an application takes only from a replacement: `fakes: [dyn Mailer]`.
pub struct Fake {
    /// The type's identity.
    pub of: TypeId,
    /// The type as written.
    pub name: &'static str,
}

impl Blueprint {
    /// A builder.
    pub fn builder(&'static self) -> Builder {
        Builder::new(self)
    }

    /// What no compiler sees: everything that is wrong or doubtful in the wiring, without building anything.
    pub fn verify(&'static self) -> Vec<Finding> {
        verify::verify(self)
    }

    /// What is doubtful in what `config` makes of the wiring, without building anything. What is wrong, [`Blueprint::check_config`] tells.
    pub fn verify_config(&'static self, config: &Config) -> Vec<Finding> {
        verify::with_config(self.configured(config), config)
    }

    /// What was made of the code, without building anything.
    pub fn describe(&'static self) -> describe::Description {
        describe::describe(self)
    }

    /// The plans that its modules declare, in declared order, without building anything.
    pub fn plans(&'static self) -> Vec<&'static Plan> {
        self.handlers().iter().filter_map(|(_, handler)| handler.plan?.plan().ok()).collect()
    }

    /// This application, less the modules that `config` switches off: what is built from it, and what its entrypoints have.
    pub fn configured(&'static self, config: &Config) -> &'static Blueprint {
        let off = config.switched_off();
        if off.is_empty() {
            return self;
        }
        let on: Vec<&'static Module> =
            self.modules.iter().copied().filter(|module| !off.iter().any(|off| off.means(module.name))).collect();
        // A blueprint lives as long as the process. There is one more for each application that is built with other modules than
        // it declares, which is one in a program: some hundred bytes, given up for a plain `&'static` everywhere else.
        let Blueprint { name, version, env_prefix, modules: _, behaviors, authorization, fakes, place } = *self;
        let modules = Vec::leak(on);
        Box::leak(Box::new(Blueprint { name, version, env_prefix, modules, behaviors, authorization, fakes, place }))
    }

    /// The modules that `config` switches off.
    pub(crate) fn switched_off(&self, config: &Config) -> Vec<&'static Module> {
        let off = config.switched_off();
        self.modules.iter().copied().filter(|module| off.iter().any(|off| off.means(module.name))).collect()
    }

    /// Reads all that `config` says to this application, its messages included, without building anything.
    ///
    /// # Errors
    /// Every mistake, as a start tells them.
    pub fn check_config(&'static self, config: &Config) -> Result<Admission, Mistakes> {
        let (off, on) = (self.switched_off(config), self.configured(config));
        let registry = registry::Registry::new(on.modules, on.behaviors);
        let overrides = builder::check(config, &[], &registry, &off, on)?;
        Ok(Admission(overrides.map(Arc::new)))
    }

    /// Decodes an input for the handler of `name`, without building anything: for a door that is opened for one message
    /// only, such as a command line.
    ///
    /// # Errors
    /// Those of [`Door::execute`] before the message is sent: an unknown name, and every mistake of the input.
    pub fn check_input(&'static self, name: &str, input: Value) -> Result<()> {
        let handler = registry::Registry::new(self.modules, self.behaviors).find(name)?;
        (handler.check)(name, input)
    }

    /// Every handler of a command or query, with its module: modules in declared order, and by line.
    pub fn handlers(&'static self) -> Vec<(&'static Module, &'static Handler)> {
        let handlers = self.entries().filter_map(|(module, entry)| match entry {
            Entry::Handler(handler) => Some((module, handler)),
            _ => None,
        });
        handlers.collect()
    }

    /// What the modules declare for the entrypoint `onto`, in the same order.
    pub fn mounted(&'static self, onto: &str) -> Vec<(&'static Module, &'static Mounted)> {
        let mounted = self.entries().filter_map(|(module, entry)| match entry {
            Entry::Mounted(mounted) if mounted.onto == onto => Some((module, mounted)),
            _ => None,
        });
        mounted.collect()
    }

    /// In declared order. No registry, which sorts and hashes every name besides.
    fn entries(&'static self) -> impl Iterator<Item = (&'static Module, &'static Entry)> {
        let own = |module: &&'static Module| {
            let module = *module;
            registry::in_declared_order(module.entries.entries()).into_iter().map(move |entry| (module, entry))
        };
        self.modules.iter().flat_map(own)
    }

    /// Every section of the configuration that the framework or a listed module reads.
    pub fn sections(&'static self) -> Vec<SectionInfo> {
        builder::sections(self.modules)
    }

    /// A loader of its configuration: knows its prefix and its sections.
    pub fn loader(&'static self) -> Loader {
        Loader::new(self.env_prefix).sections(self.sections())
    }
}

/// A running application. Cheap to clone; every clone is the same application.
#[derive(Clone)]
pub struct App(pub(crate) Arc<Inner>);

impl App {
    /// Sends a command or a query as an anonymous caller: an outermost message, isolated and with a deadline.
    ///
    /// # Errors
    /// What the handler answers; kind timeout at the deadline; kind unavailable when the application is stopping;
    /// kind internal when the handler panics.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the handler at its next await; events that it emitted do not leave.
    pub fn send<M: Request>(
        &self,
        message: M,
    ) -> impl Future<Output = Result<<M::Home as Handles<M>>::Reply>> + Send + use<M> {
        let door = self.door(Call::default());
        async move { door.send(message).await }
    }

    /// Sends by name as an anonymous caller, as an entrypoint does.
    ///
    /// # Errors
    /// As [`Door::execute`].
    pub async fn execute(&self, name: &str, input: Value) -> Result<Value> {
        self.door(Call::default()).execute(name, input).await
    }

    /// Emits an event outside of any message and waits for its subscribers.
    /// An event that breaks its rules, or has no topic, since a field that is part of it cannot be one word, is told to
    /// nobody: that failure is in the report, too.
    pub async fn emit<E: Event>(&self, event: E) -> EmitReport {
        self.door(Call::default()).emit(event).await
    }

    /// Sends a command or a query one way, as an anonymous caller: it runs after this call returns. See
    /// [`Context::spawn`].
    ///
    /// # Errors
    /// Kind too many, code PT0314, when the queue is full. Kind unavailable, code PT0308, when the application is stopping.
    pub fn spawn<M: Request>(&self, message: impl IntoSpawn<M>) -> Result<JobId> {
        self.door(Call::default()).spawn(message)
    }

    /// What the queue does and did.
    pub fn jobs(&self) -> Jobs {
        Jobs(self.0.clone())
    }

    /// Adds a subscriber to a pattern of topics, for as long as the [`Subscription`] is kept: `orders.*.#`. It is told after
    /// those that are declared, isolated as they are, in a context that follows from the event.
    ///
    /// # Errors
    /// Kind invalid when `pattern` is none. Kind too many, code PT0314, beyond 10,000 subscriptions.
    pub fn subscribe<F, W>(&self, pattern: &str, listener: F) -> Result<Subscription>
    where
        F: Fn(AnyEvent, Context) -> W + Send + Sync + 'static,
        W: Future<Output = Result<()>> + Send + 'static,
    {
        let pattern = Pattern::new(pattern.to_owned()).map_err(|error| Error::invalid(error.to_string()))?;
        Subscription::new(&self.0, pattern, listener)
    }

    /// A way in for one outside call: who calls, within which trace, and until when.
    #[inline]
    pub fn door(&self, call: Call) -> Door {
        Door::new(self.0.clone(), call)
    }

    /// A context outside of any message, for code that sends several as `identity`. What is sent through it is
    /// neither isolated nor given a default deadline: it belongs to the code that sends. Through one of an application that is stopping
    /// nothing is sent: kind unavailable, code PT0308.
    pub fn context(&self, identity: Identity) -> Context {
        let mut cx = self.own_context(identity);
        if self.0.running.is_closed() {
            cx.close();
        }
        cx
    }

    /// A context for what the application does itself, while it stops as well.
    pub(crate) fn own_context(&self, identity: Identity) -> Context {
        Context::root(
            self.0.clone(),
            Origin {
                identity: identity.shared(),
                trace: None,
                session: None,
                record: None,
                taker: Taker::Code,
                entrypoint: None,
            },
            None,
        )
    }

    /// What was made of the code.
    pub fn describe(&self) -> describe::Description {
        describe::describe(self.0.blueprint)
    }

    /// Which messages may come in at which entrypoint now.
    pub fn admission(&self) -> Admission {
        Admission(self.0.overrides())
    }

    /// The configuration that it was built with, with the origin of each value. What a [reload](App::reload) changed is not in it.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// The source of time, randomness, ids and spawning.
    pub fn env(&self) -> &Env {
        &self.0.env
    }

    /// The application's name.
    pub fn name(&self) -> &'static str {
        self.0.blueprint.name
    }

    /// What `app!` wrote.
    pub fn blueprint(&self) -> &'static Blueprint {
        self.0.blueprint
    }

    /// Its plans: those that are declared, those that run, and the reports of those that ran.
    pub fn plans(&self) -> Plans {
        Plans(self.0.clone())
    }

    /// Runs the plans that are declared `on = start`, one after the other, in declared order. [`host::serve`](crate::host::serve)
    /// does; a program that embeds the application does when it is ready to.
    ///
    /// The plans that are declared `on = stop` run in [`App::shutdown`], if this has succeeded.
    ///
    /// # Errors
    /// That of the plan that failed. What it did, and what those before it did, is undone as they declare.
    pub async fn start(&self) -> Result<()> {
        self.start_until(std::future::pending()).await
    }

    /// As [`App::start`], unless `stop` completes before.
    ///
    /// # Errors
    /// As [`App::start`], and kind cancelled.
    pub async fn start_until(&self, stop: impl Future<Output = ()>) -> Result<()> {
        crate::plan::lifecycle::start(self, stop).await
    }

    /// False once the application is stopping: new messages are answered with kind unavailable.
    pub fn is_ready(&self) -> bool {
        !self.0.running.is_closed()
    }

    /// Stops: lets no message in, waits for those that run, at most `runtime.stop_timeout` of the configuration (10 s by
    /// default), and for what plans undo, which has a time of its own; then runs the plans that are declared `on = stop`, and
    /// disposes of the singletons in reverse order of construction, each within what is left, and at least 100 ms. A second call waits
    /// for the end of the first.
    ///
    /// # Errors
    /// Every disposal that failed or did not end (code PT0309), and how many messages were still running; all others were disposed of.
    /// The first call tells them.
    ///
    /// # Cancel safety
    /// Once it has begun it goes on to its end: in a task of its own, if nobody waits for it any more.
    pub async fn shutdown(&self) -> Result<(), Vec<Error>> {
        self.shutdown_within(self.0.stop_timeout).await
    }

    /// As [`App::shutdown`], within a budget of the caller's.
    ///
    /// # Errors
    /// As [`App::shutdown`].
    ///
    /// # Cancel safety
    /// As [`App::shutdown`].
    pub async fn shutdown_within(&self, budget: Duration) -> Result<(), Vec<Error>> {
        if !self.0.running.close() {
            self.0.running.stopped().await;
            return Ok(());
        }
        let (app, stopping) = (self.clone(), Stopping(self.0.clone()));
        let work = async move {
            let stopped = app.stop(budget).await;
            drop(stopping);
            stopped
        };
        ToItsEnd::stop(&self.0, Box::pin(work)).await
    }

    async fn stop(&self, budget: Duration) -> Result<(), Vec<Error>> {
        let mut errors = Vec::new();
        let end = self.0.env.now().checked_add(budget);
        self.0.queue.forgo(&self.0, end);
        // What runs may put more into the queue, and what leaves a queue that is full is told beside it.
        let quiet = async {
            loop {
                self.0.running.idle().await;
                self.0.queue.idle().await;
                if self.0.running.count() == 0 {
                    return;
                }
            }
        };
        if self.0.env.timeout(budget, quiet).await.is_err() {
            // It has a time of its own, whatever is left of the budget.
            self.0.plans.undone().await;
            let count = self.0.running.count();
            if count > 0 {
                let text = format!("{count} messages were still running after {budget:?} and were left behind");
                errors.push(Error::timeout(text).with_code("PT0309"));
            }
        }
        errors.extend(crate::plan::lifecycle::stop(self, end).await);
        self.0.plans.undone().await;
        self.0.running.leave_behind();
        let left = self.0.queue.close(&self.0);
        if !left.is_empty() {
            let text =
                format!("{} jobs had not ended after {budget:?} and were left behind: {}", left.len(), left.join(", "));
            errors.push(Error::timeout(text).with_code("PT0309"));
        }
        self.0.listeners.clear();
        errors.extend(self.0.dispose(end).await);
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// Tells that an application has stopped, however its stop ended.
struct Stopping(Arc<Inner>);

impl Drop for Stopping {
    fn drop(&mut self) {
        self.0.running.set_stopped();
    }
}

impl Inner {
    /// Disposes of everything, in reverse order of construction, by `end`: each may take what is left until then, and a little in any
    /// case, so that one that hangs does not keep those behind it from their turn. Given up, it leaves the rest where it was.
    pub(crate) async fn dispose(&self, end: Option<Instant>) -> Vec<Error> {
        let last = || self.disposals.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut errors = Vec::new();
        while let Some((name, disposal)) = last() {
            let left = end.map(|end| end.saturating_duration_since(self.env.now()));
            errors.extend(crate::container::scope::dispose(name, disposal, &self.env, left).await);
        }
        errors
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("name", &self.name()).field("ready", &self.is_ready()).finish_non_exhaustive()
    }
}
