//! The objects of one message.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

use super::cells::{CellKind, Cells, Shared};
use super::key::Key;
use super::need::Need;
use super::provider::{Disposal, Made, Provider};
use crate::app::inner::{Counted, Inner};
use crate::context::Context;
use crate::env::Env;
use crate::error::{Error, Result};
use crate::future::BoxFuture;
use crate::wiring::node::Lifetime;

/// A message's own objects, made when its handler, its behaviors or what they need ask for them.
pub(crate) struct Scope {
    objects: Box<[OnceCell<Shared>]>,
    /// In the order of construction.
    disposals: Mutex<Vec<(&'static str, Disposal)>>,
    app: Arc<Inner>,
}

impl Scope {
    pub(crate) fn new(app: &Arc<Inner>) -> Self {
        let objects = (0..app.scoped.len()).map(|_| OnceCell::new()).collect();
        Scope { objects, disposals: Mutex::default(), app: app.clone() }
    }

    fn take_disposals(&self) -> Vec<(&'static str, Disposal)> {
        std::mem::take(&mut *self.disposals.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The object of the slot `number`, if it is a scoped one and made.
    pub(crate) fn get(&self, cells: &Cells, number: usize) -> Option<&Shared> {
        match cells.kind(number)? {
            CellKind::Scoped(index) => self.objects.get(*index)?.get(),
            _ => None,
        }
    }

    /// Whether something in it has to be ended.
    pub(crate) fn has_disposals(&self) -> bool {
        !self.disposals.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// A message that was cancelled could not wait for its disposals: they run in a task of their own.
impl Drop for Scope {
    fn drop(&mut self) {
        dispose_detached(self.take_disposals(), &self.app);
    }
}

/// Disposes in a task of its own, for somebody who was dropped and cannot wait.
pub(crate) fn dispose_detached(disposals: Vec<(&'static str, Disposal)>, app: &Arc<Inner>) {
    if !disposals.is_empty() {
        drop(ToItsEnd::disposals(app, Box::pin(dispose_all(disposals, app.env.clone()))));
    }
}

/// Work that comes to its end, also if nobody waits for it any more: then in a task of its own, from where it is.
pub(crate) struct ToItsEnd<'a, T: Send + 'static> {
    work: Option<BoxFuture<'static, T>>,
    app: &'a Arc<Inner>,
    /// Whether a stopping application waits for that task, as for the message itself.
    is_counted: bool,
}

impl<'a, T: Send + 'static> ToItsEnd<'a, T> {
    /// The stop of an application, which waits for all that is counted.
    pub(crate) fn stop(app: &'a Arc<Inner>, work: BoxFuture<'static, T>) -> Self {
        ToItsEnd { work: Some(work), app, is_counted: false }
    }

    fn disposals(app: &'a Arc<Inner>, work: BoxFuture<'static, T>) -> Self {
        ToItsEnd { work: Some(work), app, is_counted: true }
    }
}

impl<T: Send + 'static> Future for ToItsEnd<'_, T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> Poll<T> {
        let Some(work) = &mut self.work else { return Poll::Pending };
        let polled = work.as_mut().poll(cx);
        if polled.is_ready() {
            self.work = None;
        }
        polled
    }
}

impl<T: Send + 'static> Drop for ToItsEnd<'_, T> {
    fn drop(&mut self) {
        let Some(work) = self.work.take() else { return };
        // Where the last task of a runtime is dropped there is none to spawn on, and a panic here would hide the cause.
        match tokio::runtime::Handle::try_current() {
            Ok(_) => {
                let counted = self.is_counted.then(|| Counted::new(self.app.clone()));
                drop(self.app.env.spawn(async move {
                    work.await;
                    drop(counted);
                }));
            }
            Err(_) => tracing::error!(target: "partitura", "disposals are lost: no runtime"),
        }
    }
}

/// What a disposal may take that nothing else bounds.
const LIMIT: Duration = Duration::from_secs(30);

/// What every disposal may take, however little time is left.
pub(crate) const LEAST: Duration = Duration::from_millis(100);

async fn dispose_all(disposals: Vec<(&'static str, Disposal)>, env: Env) {
    for (name, disposal) in disposals.into_iter().rev() {
        dispose(name, disposal, &env, Some(LIMIT)).await;
    }
}

/// As [`dispose_all`]. What has not ended by `deadline` goes on in a task of its own: a transaction that is rolled back is not given up
/// because nobody waits for it.
async fn dispose_before(disposals: Vec<(&'static str, Disposal)>, app: Arc<Inner>, deadline: Instant) {
    let env = app.env.clone();
    let all = ToItsEnd::disposals(&app, Box::pin(dispose_all(disposals, env.clone())));
    let deadline = deadline.max(env.now() + LEAST);
    if env.timeout_at(deadline, all).await.is_err() {
        tracing::warn!(target: "partitura", "what a message disposes of goes on after its deadline");
    }
}

impl Context {
    /// Makes what `needs` asks from the message's scope, so that the getters find it.
    ///
    /// # Errors
    /// What a provider answers when it fails: it becomes the message's error.
    pub(crate) async fn prepare(&self, needs: &'static [Need]) -> Result<()> {
        for need in needs {
            match self.cells().kind(need.slot.intern()) {
                Some(CellKind::Scoped(index)) => self.make_scoped(*index).await?,
                Some(CellKind::Transient(index)) => {
                    self.prepare_boxed(self.app().transient[*index].needs).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn prepare_boxed(&self, needs: &'static [Need]) -> BoxFuture<'_, Result<()>> {
        Box::pin(self.prepare(needs))
    }

    async fn make_scoped(&self, index: usize) -> Result<()> {
        let Some(provider) = self.app().scoped.get(index).copied() else { return Ok(()) };
        if self.depth() == 0 {
            return Err(outside_a_message(provider));
        }
        let scope = self.open_scope();
        if scope.objects[index].initialized() {
            return Ok(());
        }
        scope.objects[index]
            .get_or_try_init(|| async {
                // A box only where there is something to go down into.
                if !provider.needs.is_empty() {
                    self.prepare_boxed(provider.needs).await?;
                }
                match (provider.build)(self).await? {
                    Made::Shared(object, disposal) => {
                        if let Some(disposal) = disposal {
                            scope
                                .disposals
                                .lock()
                                .unwrap_or_else(PoisonError::into_inner)
                                .push((provider.name, disposal));
                        }
                        Ok(object)
                    }
                    Made::Owned(_) => Err(misbuilt(provider)),
                }
            })
            .await?;
        Ok(())
    }

    /// Disposes of the scope in reverse order of construction, until the message's deadline. What fails is logged and stops nothing.
    pub(crate) async fn dispose_scope(&self) {
        let Some(disposals) = self.scope().map(Scope::take_disposals).filter(|disposals| !disposals.is_empty()) else {
            return;
        };
        let app = self.app();
        let work: BoxFuture<'static, ()> = match self.deadline() {
            Some(deadline) => Box::pin(dispose_before(disposals, app.clone(), deadline)),
            None => Box::pin(dispose_all(disposals, app.env.clone())),
        };
        self.set_disposing(true);
        ToItsEnd::disposals(app, work).await;
        self.set_disposing(false);
    }
}

/// Runs one disposal, within what is `left`, if that is bounded, and [`LEAST`]. A failure is logged and returned, a panic is one, and so
/// is one that does not end.
pub(crate) async fn dispose(
    name: &'static str,
    disposal: Disposal,
    env: &Env,
    left: Option<Duration>,
) -> Option<Error> {
    let limit = left.unwrap_or(Duration::MAX).max(LEAST);
    // As it is told: nobody counts nanoseconds here.
    let limit = limit.checked_sub(Duration::from_nanos(u64::from(limit.subsec_nanos() % 1_000_000))).unwrap_or(limit);
    // Within it, also what is dropped when it has taken too long.
    let work = async {
        env.timeout(limit, async { disposal().await }).await.unwrap_or_else(|_| {
            let text = format!("the disposal of `{name}` did not end within {limit:?} and was left behind");
            Err(Error::timeout(text).with_code("PT0309"))
        })
    };
    let error = crate::context::isolated(name, work).await.err()?;
    tracing::error!(target: "partitura", object = name, error = ?error, "a disposal failed");
    Some(error)
}

/// A fresh object of a transient provider. Called by generated code for `T` by value.
///
/// # Errors
/// What the provider answers when it fails.
pub async fn fresh<T: ?Sized + Send + 'static>(cx: &Context, key: Key<T>) -> Result<Box<T>> {
    let made = fresh_object(cx, key.slot.number(), key.node.get().name).await?;
    match made {
        Made::Owned(object) => match object.downcast::<Box<T>>() {
            Ok(object) => Ok(*object),
            Err(_) => Err(Error::internal(format!("the provider of `{}` made another type", key.node.get().name))),
        },
        Made::Shared(..) => {
            Err(Error::internal(format!("the provider of `{}` made no transient", key.node.get().name)))
        }
    }
}

fn fresh_object<'c>(cx: &'c Context, number: usize, name: &'static str) -> BoxFuture<'c, Result<Made>> {
    Box::pin(async move {
        let Some(CellKind::Transient(index)) = cx.cells().kind(number) else {
            return Err(Error::internal(format!("`{name}` is not provided by a listed module")).with_code("PT0301"));
        };
        let index = *index;
        if let Some(replacement) = cx.app().replaced_transient.get(&index) {
            return Ok(replacement());
        }
        let provider = cx.app().transient[index];
        cx.prepare(provider.needs).await?;
        (provider.build)(cx).await
    })
}

#[cold]
fn outside_a_message(provider: &Provider) -> Error {
    Error::internal(format!(
        "scoped `{}` ({}) was asked for outside of a message: it lives as long as the message that is handled",
        provider.name, provider.place
    ))
    .with_code("PT0306")
}

#[cold]
fn misbuilt(provider: &Provider) -> Error {
    let lifetime = Lifetime::name(provider.lifetime);
    Error::internal(format!(
        "the provider of {lifetime} `{}` ({}) made an object of another lifetime",
        provider.name, provider.place
    ))
}
