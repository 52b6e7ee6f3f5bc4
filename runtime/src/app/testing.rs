//! Tests of an application: virtual time, replacements, and everything that followed from a message.

use std::any::type_name;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{App, Blueprint, Builder, Call, StartError};
use crate::config::{Config, Mistakes};
use crate::context::ReplyOf;
use crate::env::Virtual;
use crate::error::{Error, Kind, Result};
use crate::event::EmitReport;
use crate::future::BoxFuture;
use crate::identity::Identity;
use crate::message::{Event, Request};
use crate::queue::{IntoSpawn, JobId};
use crate::record::{Record, Steps};

/// Builds an application for a test: `Bank::test().replace::<dyn Mailer>(..).build().await`. In virtual time, with the
/// configuration that the test sets and no other: no file and no environment variable is read. Two of them share nothing.
#[must_use = "`build().await` makes the application"]
pub struct TestBuilder {
    blueprint: &'static Blueprint,
    builder: Builder,
    config: Option<Config>,
    set: Vec<String>,
    seed: u64,
    patience: Option<Duration>,
}

impl Blueprint {
    /// A builder for tests.
    pub fn test(&'static self) -> TestBuilder {
        TestBuilder { blueprint: self, builder: self.builder(), config: None, set: Vec::new(), seed: 0, patience: None }
    }
}

impl TestBuilder {
    /// As [`Builder::replace`].
    pub fn replace<T: ?Sized + Send + Sync + 'static>(mut self, object: Arc<T>) -> Self {
        self.builder = self.builder.replace(object);
        self
    }

    /// As [`Builder::replace_named`].
    pub fn replace_named<T: ?Sized + Send + Sync + 'static>(mut self, name: &'static str, object: Arc<T>) -> Self {
        self.builder = self.builder.replace_named(name, object);
        self
    }

    /// As [`Builder::replace_transient`].
    pub fn replace_transient<T: ?Sized + Send + 'static>(
        mut self,
        make: impl Fn() -> Box<T> + Send + Sync + 'static,
    ) -> Self {
        self.builder = self.builder.replace_transient(make);
        self
    }

    /// Sets one value of the configuration, as the flag `--set` does: `set("queue.capacity=1")`.
    pub fn set(mut self, text: impl Into<String>) -> Self {
        self.set.push(text.into());
        self
    }

    /// A whole configuration, in place of what was [`set`](TestBuilder::set).
    pub fn config(mut self, config: Config) -> Self {
        self.config = Some(config);
        self
    }

    /// What randomness begins with. By default 0: each run of a test draws the same numbers.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// As [`Virtual::patience`]: how long the real world has before a deadline passes.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = Some(patience);
        self
    }

    /// Configures, verifies and builds.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub async fn build(self) -> Result<TestApp, StartError> {
        let TestBuilder { blueprint, builder, config, set, seed, patience } = self;
        let config = match config {
            Some(config) => config,
            None => hermetic(blueprint, set).map_err(StartError::Configuration)?,
        };
        let world = Virtual::new(seed);
        let world = match patience {
            Some(patience) => world.patience(patience),
            None => world,
        };
        let app = world.drive(builder.config(config).env(world.env()).build()).await?;
        Ok(TestApp { app, world })
    }
}

fn hermetic(blueprint: &'static Blueprint, set: Vec<String>) -> Result<Config, Mistakes> {
    set.into_iter().fold(blueprint.loader().hermetic(), |loader, text| loader.set(text)).load()
}

/// An application in a test. It is an [`App`], and its time is virtual: it stands still unless
/// [`TestApp::advance`] moves it, or a tracked call waits for it.
#[derive(Clone)]
pub struct TestApp {
    app: App,
    world: Virtual,
}

impl Deref for TestApp {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl TestApp {
    /// Moves the clock; see [`Virtual::advance`].
    pub async fn advance(&self, duration: Duration) {
        self.world.advance(duration).await;
    }

    /// The world whose time it is.
    pub fn world(&self) -> &Virtual {
        &self.world
    }

    /// Given what has happened, when a message is sent, then this follows.
    ///
    /// ```ignore
    /// app.given().sent(OpenAccount { .. }).when(Withdraw { .. }).await.replied(&Receipt { .. }).emitted_one(&Withdrawn { .. });
    /// ```
    pub fn given(&self) -> Given<'_> {
        Given { app: &self.app, call: Call::default(), before: Vec::new() }
    }
}

impl fmt::Debug for TestApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.app.fmt(f)
    }
}

impl App {
    /// Follows one call: `app.track().send(m).await` returns when everything that followed from the message has settled,
    /// subscribers and jobs included, with all that was sent, emitted, retried and failed. It waits by causality; in virtual time
    /// the clock moves whenever nobody has anything else to do.
    pub fn track(&self) -> Track<'_> {
        Track { app: self, call: Call::default() }
    }
}

/// A call that is followed.
#[must_use = "nothing is sent until `send`, `execute` or `emit` is awaited"]
pub struct Track<'a> {
    app: &'a App,
    call: Call,
}

impl Track<'_> {
    /// As this caller.
    pub fn by(mut self, identity: Identity) -> Self {
        self.call.identity = identity;
        self
    }

    /// As this call says: identity, trace, deadline and session.
    pub fn call(mut self, call: Call) -> Self {
        self.call = call;
        self
    }

    /// Sends a command or a query.
    pub async fn send<M: Request>(self, message: M) -> Tracked<Result<ReplyOf<M>>> {
        self.follow(|app, call| Box::pin(async move { app.door(call).send(message).await })).await
    }

    /// Sends by name, as an entrypoint does.
    pub async fn execute(self, name: &str, input: Value) -> Tracked<Result<Value>> {
        let name = name.to_owned();
        self.follow(|app, call| Box::pin(async move { app.door(call).execute(&name, input).await })).await
    }

    /// Emits an event outside of any message.
    pub async fn emit<E: Event>(self, event: E) -> Tracked<EmitReport> {
        self.follow(|app, call| Box::pin(async move { app.door(call).emit(event).await })).await
    }

    /// Puts a command or a query into the queue.
    pub async fn spawn<M: Request>(self, message: impl IntoSpawn<M>) -> Tracked<Result<JobId>> {
        let spawn = message.into_spawn();
        self.follow(|app, call| Box::pin(async move { app.door(call).spawn(spawn) })).await
    }

    async fn follow<T: Send>(self, work: impl FnOnce(App, Call) -> BoxFuture<'static, T>) -> Tracked<T> {
        let record = Record::new(self.app.env().now());
        let mut call = self.call;
        call.record = Some(record.clone());
        let work = work(self.app.clone(), call);
        let all = async {
            let reply = work.await;
            record.settled().await;
            reply
        };
        let reply = match self.app.env().virtual_world() {
            Some(world) => world.drive(all).await,
            None => all.await,
        };
        Tracked { reply, steps: Steps(record.steps()) }
    }
}

/// What a tracked call answered, and everything that followed from it. It prints as a list of all that happened.
pub struct Tracked<R> {
    /// The answer.
    pub reply: R,
    /// What followed.
    pub steps: Steps,
}

impl<R> Deref for Tracked<R> {
    type Target = Steps;

    fn deref(&self) -> &Steps {
        &self.steps
    }
}

impl<R: fmt::Debug> fmt::Display for Tracked<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}answered {:?}", self.steps, self.reply)
    }
}

impl<R: fmt::Debug> fmt::Debug for Tracked<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

impl<R: fmt::Debug> Tracked<Result<R>> {
    /// Asserts the reply.
    ///
    /// # Panics
    /// If it is another, with everything that happened.
    #[track_caller]
    pub fn replied(self, expected: &R) -> Self
    where
        R: PartialEq,
    {
        assert!(self.reply.as_ref().is_ok_and(|reply| reply == expected), "expected the reply {expected:?}:{self:?}");
        self
    }

    /// Asserts that it failed so.
    ///
    /// # Panics
    /// If it did not, with everything that happened.
    #[track_caller]
    pub fn failed_with(self, kind: Kind) -> Self {
        assert!(self.reply.as_ref().err().map(Error::kind) == Some(kind), "expected a failure of kind {kind}:{self:?}");
        self
    }

    /// Asserts that exactly one event of type `E` left, and that it is this one.
    ///
    /// # Panics
    /// If none did, several, or another, with everything that happened.
    #[track_caller]
    pub fn emitted_one<E: Event + PartialEq + fmt::Debug>(self, expected: &E) -> Self {
        let events = self.steps.emitted::<E>();
        assert!(
            matches!(&events[..], [event] if **event == *expected),
            "expected one event {expected:?}, got {events:?}:{self:?}"
        );
        self
    }

    /// Asserts that no event of type `E` left.
    ///
    /// # Panics
    /// If one did, with everything that happened.
    #[track_caller]
    pub fn emitted_none<E: Event>(self) -> Self {
        let count = self.steps.emitted::<E>().len();
        assert!(count == 0, "expected no event `{}`, got {count}:{self:?}", type_name::<E>());
        self
    }

    /// Asserts that nothing failed on the way, also nothing that was tried again and went well.
    ///
    /// # Panics
    /// If something did, with everything that happened.
    #[track_caller]
    pub fn nothing_failed(self) -> Self {
        assert!(self.reply.is_ok() && self.steps.failed().is_empty(), "expected no failure:{self:?}");
        self
    }
}

/// What has happened before a message: see [`TestApp::given`].
#[must_use = "`when(..).await` sends the message"]
pub struct Given<'a> {
    app: &'a App,
    call: Call,
    before: Vec<Before<'a>>,
}

type Before<'a> = Box<dyn FnOnce(&'a App, Call) -> BoxFuture<'a, Result<(), String>> + Send + 'a>;

impl<'a> Given<'a> {
    /// As this caller, also what has happened before.
    pub fn by(mut self, identity: Identity) -> Self {
        self.call.identity = identity;
        self
    }

    /// A message that was sent, went well, and of which everything that followed has settled.
    pub fn sent<M: Request>(mut self, message: M) -> Self {
        self.before.push(Box::new(|app, call| {
            Box::pin(async move {
                let tracked = app.track().call(call).send(message).await;
                match tracked.reply {
                    Ok(_) => Ok(()),
                    Err(error) => Err(format!("given `{}`: {error:?}\n{}", M::INFO.full_name(), tracked.steps)),
                }
            })
        }));
        self
    }

    /// An event that was emitted, and all whose subscribers went well.
    pub fn emitted<E: Event>(mut self, event: E) -> Self {
        self.before.push(Box::new(|app, call| {
            Box::pin(async move {
                let tracked = app.track().call(call).emit(event).await;
                match tracked.reply.is_ok() {
                    true => Ok(()),
                    false => {
                        Err(format!("given `{}`: {:?}\n{}", E::INFO.full_name(), tracked.reply.failed, tracked.steps))
                    }
                }
            })
        }));
        self
    }

    /// Sends the message, and waits until everything that followed has settled.
    ///
    /// # Panics
    /// If something of what was given fails.
    pub async fn when<M: Request>(self, message: M) -> Tracked<Result<ReplyOf<M>>> {
        for before in self.before {
            if let Err(text) = before(self.app, self.call.clone()).await {
                panic!("{text}");
            }
        }
        self.app.track().call(self.call).send(message).await
    }
}
