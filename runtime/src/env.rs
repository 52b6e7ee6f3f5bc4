//! The one source of time, randomness, identifiers and spawning.
//!
//! Everything in Partitura that asks what time it is, waits, draws a number or starts a task asks an [`Env`]. So a test
//! owns all four: it runs in [`Virtual`] time, and the same seed gives the same run.

use std::any::Any;
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant, SystemTime};

use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use pin_project_lite::pin_project;
use tokio::sync::oneshot;
use tokio::task::coop;

use crate::error::{Error, Kind};

/// What an application gets its time, its randomness and its tasks from. Implement it to own all of them; [`Real`] and
/// [`Virtual`] are there.
pub trait Environment: Send + Sync + 'static {
    /// The time that only goes forward; for deadlines and durations.
    fn now(&self) -> Instant;
    /// The time of the calendar, which an operator may set back; for what people read.
    fn wall_clock(&self) -> SystemTime;
    /// A number of which all 64 bits are random. Not for secrets.
    fn random(&self) -> u64;
    /// Is ready as soon as [`Environment::now`] has reached `at`. Dropping it forgets it.
    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()>;
    /// As [`Environment::sleep_until`], for a limit that is put on something else: nobody waits for it to pass.
    fn deadline_at(&self, at: Instant) -> BoxFuture<'static, ()> {
        self.sleep_until(at)
    }
    /// The virtual world that this is, if it is one.
    fn virtual_world(&self) -> Option<&Virtual> {
        None
    }
    /// Runs `task` to its end, beside the caller. It never panics: [`Env::spawn`] has seen to that.
    fn spawn(&self, task: BoxFuture<'static, ()>);
}

/// The time, randomness and tasks of one application. Cloning it is cheap and gives the same one.
#[derive(Clone)]
pub struct Env(Arc<dyn Environment>);

impl Env {
    /// An environment of one's own.
    pub fn new(environment: impl Environment) -> Self {
        Env(Arc::new(environment))
    }

    /// The machine's clock, fresh randomness, and tasks on the tokio runtime that the caller runs in.
    pub fn real() -> Self {
        Env::new(Real::default())
    }

    /// The time that only goes forward; for deadlines and durations.
    pub fn now(&self) -> Instant {
        self.0.now()
    }

    /// The time of the calendar, which an operator may set back; for what people read.
    pub fn wall_clock(&self) -> SystemTime {
        self.0.wall_clock()
    }

    /// 64 random bits. Good for identifiers, jitter and sampling; not for secrets.
    pub fn random_u64(&self) -> u64 {
        self.0.random()
    }

    /// 128 random bits. Good for identifiers; not for secrets.
    pub fn random_u128(&self) -> u128 {
        u128::from(self.0.random()) << 64 | u128::from(self.0.random())
    }

    /// The virtual world that it is, if it is one: to move its clock.
    pub fn virtual_world(&self) -> Option<&Virtual> {
        self.0.virtual_world()
    }

    /// Waits for `duration`, counted from this call. A duration that no clock can count to never ends.
    ///
    /// Cancel safe: dropping it forgets it.
    pub fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send + use<> {
        let timer = self.now().checked_add(duration).map(|at| self.0.sleep_until(at));
        async move {
            match timer {
                Some(timer) => timer.await,
                None => std::future::pending().await,
            }
        }
    }

    /// Waits until [`Env::now`] has reached `at`; is ready at once if it has.
    ///
    /// Cancel safe: dropping it forgets it.
    pub fn sleep_until(&self, at: Instant) -> impl Future<Output = ()> + Send + use<> {
        self.0.sleep_until(at)
    }

    /// Runs `future` for at most `limit`, counted from this call. A limit that no clock can count to is none.
    ///
    /// `future` is asked first, so that one that is ready in time wins, whatever the clock says by then. The timer is
    /// allocated only when `future` has to wait.
    ///
    /// # Errors
    /// [`Elapsed`] (kind *timeout*) when the limit has passed; `future` is dropped with the [`Timeout`].
    ///
    /// Cancel safe if `future` is: dropping it drops `future`.
    pub fn timeout<F: Future>(&self, limit: Duration, future: F) -> Timeout<F> {
        self.timeout_until(self.now().checked_add(limit), future)
    }

    /// [`Env::timeout`] with the instant by which `future` must be done.
    ///
    /// # Errors
    /// [`Elapsed`] (kind *timeout*) when [`Env::now`] has reached `deadline`.
    pub fn timeout_at<F: Future>(&self, deadline: Instant, future: F) -> Timeout<F> {
        self.timeout_until(Some(deadline), future)
    }

    /// [`Env::timeout_at`], or without a deadline.
    fn timeout_until<F: Future>(&self, deadline: Option<Instant>, future: F) -> Timeout<F> {
        Timeout { future, timer: None, deadline, env: self.clone() }
    }

    /// [`Env::timeout_until`] for as long as the environment is there, which is then not counted as held.
    pub(crate) fn timed<F: Future>(&self, deadline: Option<Instant>, future: F) -> Timeout<F, &Env> {
        Timeout { future, timer: None, deadline, env: self }
    }

    /// Runs `future` beside the caller. Await the [`Task`] for its result, or drop it and let it run.
    ///
    /// A panic stays inside the task: whoever awaits it is told, and when nobody does, the log is. The task does not
    /// inherit the caller's span; instrument the future where it shall.
    ///
    /// # Panics
    /// In a [`Real`] or [`Virtual`] environment, outside a tokio runtime.
    pub fn spawn<T, F>(&self, future: F) -> Task<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (sender, result) = oneshot::channel();
        let (abort, registration) = AbortHandle::new_pair();
        let work = Abortable::new(Isolated { future }, registration);
        self.0.spawn(Box::pin(async move {
            // The work, and all that it holds, is gone before anybody hears of the result.
            let Ok(outcome) = work.await else { return };
            if let Err(Err(panicked)) = sender.send(outcome) {
                tracing::error!(target: "partitura", panic = %panicked.message, "a detached task panicked");
            }
        }));
        Task { result, abort }
    }
}

impl fmt::Debug for Env {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Env")
    }
}

pin_project! {
    /// A future with a deadline: see [`Env::timeout`].
    #[must_use = "futures do nothing unless awaited"]
    pub struct Timeout<F, E = Env> {
        #[pin]
        future: F,
        timer: Option<BoxFuture<'static, ()>>,
        deadline: Option<Instant>,
        env: E,
    }
}

impl<F, E: Borrow<Env>> Timeout<F, E> {
    /// Gives a future whose deadline has passed so much longer, from now.
    pub(crate) fn extend(self: Pin<&mut Self>, by: Duration) {
        let this = self.project();
        *this.deadline = Borrow::<Env>::borrow(this.env).now().checked_add(by);
        *this.timer = None;
    }
}

impl<F: Future, E: Borrow<Env>> Future for Timeout<F, E> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let had_budget = coop::has_budget_remaining();
        if let Poll::Ready(output) = this.future.poll(cx) {
            return Poll::Ready(Ok(output));
        }
        let Some(deadline) = *this.deadline else { return Poll::Pending };
        let timer = this.timer.get_or_insert_with(|| Borrow::<Env>::borrow(this.env).0.deadline_at(deadline));
        // tokio makes whoever has used up a task's budget wait, timers too: a future that uses it up each time it is
        // asked would never time out.
        let elapsed = if had_budget && !coop::has_budget_remaining() {
            Pin::new(&mut coop::unconstrained(timer.as_mut())).poll(cx)
        } else {
            timer.as_mut().poll(cx)
        };
        elapsed.map(|()| Err(Elapsed))
    }
}

/// The time allowed has passed. Becomes an error of kind *timeout*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deadline passed")
    }
}

/// `?` keeps the kind. For this `Elapsed` implements no `std::error::Error`, whose own way through `?` makes it *internal*.
impl From<Elapsed> for Error {
    fn from(elapsed: Elapsed) -> Self {
        Error::timeout(elapsed.to_string())
    }
}

/// A task that [`Env::spawn`] started: a future of its result. Dropping it lets the task run on.
///
/// Cancel safe: `(&mut task).await` may be given up and begun again.
#[must_use = "dropping a task detaches it: say so with `drop(..)`, or await it"]
pub struct Task<T> {
    result: oneshot::Receiver<Result<T, Panicked>>,
    abort: AbortHandle,
}

impl<T> Task<T> {
    /// Stops the task at its next await, drops what it holds, and answers *cancelled*. A task that has finished keeps
    /// its result.
    pub fn abort(&self) {
        self.abort.abort();
    }

    /// True once awaiting it does not wait.
    pub fn is_finished(&self) -> bool {
        !self.result.is_empty() || self.result.is_terminated()
    }
}

impl<T> Future for Task<T> {
    type Output = Result<T, TaskError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.result).poll(cx).map(|received| match received {
            Ok(outcome) => outcome.map_err(TaskError::Panicked),
            Err(_) => Err(TaskError::Cancelled),
        })
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("finished", &self.is_finished()).finish()
    }
}

/// Why a [`Task`] has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskError {
    /// It panicked: an error of kind *internal*.
    Panicked(Panicked),
    /// It was aborted, or the runtime has shut down: an error of kind *cancelled*.
    Cancelled,
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaskError::Panicked(panicked) => panicked.fmt(f),
            TaskError::Cancelled => f.write_str("the task was cancelled"),
        }
    }
}

/// `?` keeps the kind, as with [`Elapsed`].
impl From<TaskError> for Error {
    fn from(error: TaskError) -> Self {
        match error {
            TaskError::Panicked(panicked) => Error::internal(panicked.to_string()),
            TaskError::Cancelled => Error::new(Kind::Cancelled, "the task was cancelled"),
        }
    }
}

/// What a panic said. For the log: it may tell secrets of the inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panicked {
    message: String,
}

impl Panicked {
    /// The text of the panic.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Reads what `catch_unwind` caught.
    pub(crate) fn from_payload(payload: Box<dyn Any + Send>) -> Self {
        let message = match payload.downcast::<String>() {
            Ok(text) => *text,
            Err(other) => other.downcast::<&'static str>().map_or_else(|_| "no text".to_owned(), |text| (*text).into()),
        };
        Panicked { message }
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the task panicked: {}", self.message)
    }
}

pin_project! {
    /// A future whose panic is its result. (That of `futures-util` needs its feature `std` for these few lines.)
    struct Isolated<F> {
        #[pin]
        future: F,
    }
}

impl<F: Future> Future for Isolated<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.project().future;
        // Unwind safe: nobody asks the future again after a panic.
        match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
            Ok(poll) => poll.map(Ok),
            Err(payload) => Poll::Ready(Err(Panicked::from_payload(payload))),
        }
    }
}

/// The machine's clock, randomness from the operating system's seed, and the current tokio runtime.
///
/// Its numbers are those of the standard library's keyed hash (SipHash at the time of writing) over a counter. The key has 128
/// bits, so that identifiers of 128 bits are worth their length; a generator with a state of 64 would not do.
#[derive(Default)]
pub struct Real {
    key: RandomState,
    drawn: AtomicU64,
}

impl Environment for Real {
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    fn now(&self) -> Instant {
        Instant::now()
    }

    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    fn wall_clock(&self) -> SystemTime {
        SystemTime::now()
    }

    fn random(&self) -> u64 {
        self.key.hash_one(self.drawn.fetch_add(1, Ordering::Relaxed))
    }

    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep_until(at.into()))
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        spawn_on_tokio(task);
    }
}

#[expect(clippy::disallowed_methods, reason = "a virtual clock that waits for the real world")]
async fn real_sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

#[expect(clippy::disallowed_methods, reason = "the one place where tasks start")]
fn spawn_on_tokio(task: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(task));
}

/// Time that stands still until it is told to move, and randomness from a seed; for tests. Tasks run on the current
/// tokio runtime. Cloning it gives the same one.
#[derive(Clone)]
pub struct Virtual(Arc<World>);

impl Virtual {
    /// The Unix time, in seconds, at which its calendar begins: 2000-01-01T00:00:00Z.
    pub const EPOCH: u64 = 946_684_800;

    /// A world at its beginning. The same `seed` gives the same numbers.
    #[expect(
        clippy::disallowed_methods,
        reason = "an `Instant` comes from nowhere else; all later ones are this one and more"
    )]
    pub fn new(seed: u64) -> Self {
        Virtual(Arc::new(World {
            patience: AtomicU64::new(PATIENCE.as_millis() as u64),
            base: Instant::now(),
            random: AtomicU64::new(seed),
            activity: AtomicU64::new(0),
            slept: tokio::sync::Notify::new(),
            clock: Mutex::default(),
        }))
    }

    /// How long [`Virtual::drive`] leaves the real world before it passes a deadline, in place of 100 ms: longer for a test
    /// whose handlers work in threads or ask slow servers, shorter for one with many deadlines that are meant to pass.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        let millis = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        self.0.patience.store(millis, Ordering::Relaxed);
        self
    }

    /// An [`Env`] of this world.
    pub fn env(&self) -> Env {
        Env::new(self.clone())
    }

    /// Moves the clock by `duration`: stops at the instant of each sleeper on the way, in order, wakes it (those of one
    /// instant in the order in which they lay down), and goes on when all that follows from it is done. So a task that
    /// sleeps again and again does it as often as `duration` has room for.
    ///
    /// "Done" means that no sleeper and no task of this world has been polled while everybody had a turn, which tokio's
    /// current-thread runtime makes certain, and its other one does not. A task that is never done holds up the clock
    /// for 1,000 turns, then it goes on regardless.
    ///
    /// Cancel safe: dropped midway, the clock stays where it is.
    pub async fn advance(&self, duration: Duration) {
        self.0.settle().await;
        let end = self.0.clock().elapsed.saturating_add(duration);
        loop {
            let due = self.0.reach_next(end);
            let Some(wakers) = due else { return };
            wakers.into_iter().for_each(Waker::wake);
            self.0.settle().await;
        }
    }

    /// Runs `work` to its end, and moves the clock whenever nobody has anything to do but wait for it: what takes ten days
    /// of this world takes no longer than its work.
    ///
    /// A clock cannot know that somebody waits for the real world, for a socket or a thread. So before it passes a deadline
    /// (of a message, of [`Env::timeout`]) it leaves the real world 100 ms in which nothing happens, or as long as
    /// [`Virtual::patience`] says; what takes longer is late.
    ///
    /// Cancel safe if `work` is: dropping it drops `work`.
    pub async fn drive<T>(&self, work: impl Future<Output = T>) -> T {
        let wakes = Arc::new(Wakes { world: self.0.clone(), woken: AtomicBool::new(true), outer: Mutex::default() });
        let mut work = std::pin::pin!(Driven { work, wakes });
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.0.settle() => {}
            }
            let slept = self.0.slept.notified();
            let (next, some_deadline) = self.0.clock().next();
            if next.is_none() || some_deadline {
                // Nothing but deadlines, or nothing at all: whoever is at work works in the real world.
                let before = self.0.activity.load(Ordering::Relaxed);
                let patience = async {
                    match next {
                        Some(_) => real_sleep(self.0.patience()).await,
                        None => slept.await,
                    }
                };
                tokio::select! {
                    biased;
                    done = &mut work => return done,
                    () = patience => {}
                }
                if next.is_none() || self.0.activity.load(Ordering::Relaxed) != before {
                    continue;
                }
            }
            if let Some(wakers) = next.and_then(|next| self.0.reach_next(next)) {
                wakers.into_iter().for_each(Waker::wake);
            }
        }
    }

    /// When the next sleeper is due, if anybody sleeps.
    pub fn next_sleeper(&self) -> Option<Instant> {
        let clock = self.0.clock();
        let (elapsed, _) = clock.sleepers.first_key_value()?.0;
        self.0.base.checked_add(*elapsed)
    }
}

impl Environment for Virtual {
    fn now(&self) -> Instant {
        self.0.base + self.0.clock().elapsed
    }

    fn wall_clock(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(Virtual::EPOCH) + self.0.clock().elapsed
    }

    /// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): one atomic addition,
    /// and the same numbers on every platform and with every version of the standard library.
    fn random(&self) -> u64 {
        const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.random.fetch_add(GAMMA, Ordering::Relaxed).wrapping_add(GAMMA);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn sleep_until(&self, at: Instant) -> BoxFuture<'static, ()> {
        let at = at.saturating_duration_since(self.0.base);
        Box::pin(Sleeper { world: self.0.clone(), at, bed: None, is_deadline: false })
    }

    fn deadline_at(&self, at: Instant) -> BoxFuture<'static, ()> {
        let at = at.saturating_duration_since(self.0.base);
        Box::pin(Sleeper { world: self.0.clone(), at, bed: None, is_deadline: true })
    }

    fn virtual_world(&self) -> Option<&Virtual> {
        Some(self)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        spawn_on_tokio(Watched { task, world: self.0.clone() });
    }
}

impl fmt::Debug for Virtual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let clock = self.0.clock();
        f.debug_struct("Virtual").field("elapsed", &clock.elapsed).field("sleepers", &clock.sleepers.len()).finish()
    }
}

/// How long the real world has before a deadline passes, by default.
const PATIENCE: Duration = Duration::from_millis(100);

struct World {
    base: Instant,
    /// In milliseconds.
    patience: AtomicU64,
    random: AtomicU64,
    /// How often a task has been polled, a sleeper has lain down or got up, or what is driven has been woken.
    activity: AtomicU64,
    /// Somebody new sleeps.
    slept: tokio::sync::Notify,
    clock: Mutex<Clock>,
}

#[derive(Default)]
struct Clock {
    elapsed: Duration,
    /// By the time at which they wake, then by the order in which they lay down.
    /// With each whether it is only a deadline.
    sleepers: BTreeMap<(Duration, u64), (Waker, bool)>,
    beds: u64,
}

impl Clock {
    /// When the next sleeper wakes, and whether a deadline is among those who wake then.
    fn next(&self) -> (Option<Duration>, bool) {
        let Some(((next, _), _)) = self.sleepers.first_key_value() else { return (None, false) };
        let together = self.sleepers.range((*next, 0)..=(*next, u64::MAX));
        (Some(*next), together.into_iter().any(|(_, (_, is_deadline))| *is_deadline))
    }
}

impl World {
    fn patience(&self) -> Duration {
        Duration::from_millis(self.patience.load(Ordering::Relaxed))
    }

    /// Never poisoned in a way that matters: no code of others runs under the lock.
    fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes to the next instant at which somebody wakes and returns all who do, or to `end` if there is none before.
    fn reach_next(&self, end: Duration) -> Option<Vec<Waker>> {
        let mut clock = self.clock();
        let next = clock.sleepers.first_key_value().map(|((at, _), _)| *at).filter(|at| *at <= end);
        clock.elapsed = clock.elapsed.max(next.unwrap_or(end));
        let mut wakers = Vec::new();
        while let Some(first) = clock.sleepers.first_entry().filter(|first| Some(first.key().0) == next) {
            wakers.push(first.remove().0);
        }
        next.map(|_| wakers)
    }

    /// Lets everybody run until nobody has anything left to do.
    async fn settle(&self) {
        for _ in 0..1_000 {
            let before = self.activity.load(Ordering::Relaxed);
            tokio::task::yield_now().await;
            if self.activity.load(Ordering::Relaxed) == before {
                return;
            }
        }
    }
}

/// Somebody who waits for the virtual clock.
struct Sleeper {
    world: Arc<World>,
    at: Duration,
    bed: Option<u64>,
    is_deadline: bool,
}

impl Future for Sleeper {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let world = self.world.clone();
        let mut clock = world.clock();
        if clock.elapsed >= self.at {
            world.activity.fetch_add(1, Ordering::Relaxed);
            return Poll::Ready(());
        }
        // Being asked again is no activity: whoever drives the clock asks, too.
        let bed = *self.bed.get_or_insert_with(|| {
            world.activity.fetch_add(1, Ordering::Relaxed);
            clock.beds += 1;
            clock.beds
        });
        let old = clock.sleepers.insert((self.at, bed), (cx.waker().clone(), self.is_deadline));
        // Dropped without the lock: a waker may own a task, and the task further sleepers.
        drop(clock);
        drop(old);
        world.slept.notify_one();
        Poll::Pending
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        if let Some(bed) = self.bed {
            let waker = self.world.clock().sleepers.remove(&(self.at, bed));
            drop(waker); // without the lock, as above
        }
    }
}

pin_project! {
    /// What [`Virtual::drive`] runs: each time that somebody wakes it counts as activity, so that one answer of the real
    /// world gives it patience for the next.
    struct Driven<F> {
        #[pin]
        work: F,
        wakes: Arc<Wakes>,
    }
}

struct Wakes {
    world: Arc<World>,
    woken: AtomicBool,
    outer: Mutex<Option<Waker>>,
}

impl std::task::Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.world.activity.fetch_add(1, Ordering::Relaxed);
        let outer = self.outer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(outer) = outer {
            outer.wake();
        }
    }
}

impl<F: Future> Future for Driven<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        *this.wakes.outer.lock().unwrap_or_else(PoisonError::into_inner) = Some(cx.waker().clone());
        if !this.wakes.woken.swap(false, Ordering::SeqCst) {
            return Poll::Pending;
        }
        this.work.poll(&mut Context::from_waker(&Waker::from(this.wakes.clone())))
    }
}

pin_project! {
    /// A task whose polls count as activity.
    struct Watched {
        task: BoxFuture<'static, ()>,
        world: Arc<World>,
    }
}

impl Future for Watched {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.world.activity.fetch_add(1, Ordering::Relaxed);
        self.project().task.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests;
