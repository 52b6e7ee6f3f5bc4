//! Ctrl-C and SIGTERM, on a thread of their own. On the application's runtime they would be heard by whoever drives it, and a provider
//! or a handler that blocks its thread may hold up just that one.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use futures_util::task::AtomicWaker;
use tokio::runtime::{Handle, Runtime};

use crate::error::{Error, Result};
use crate::terminal::Signal;

/// Every Ctrl-C and SIGTERM.
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn new() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    #[cfg(not(unix))]
    fn new() -> Result<Self> {
        Ok(Signals {})
    }

    #[cfg(unix)]
    pub(super) async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Interrupt,
        }
    }

    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) -> Signal {
        // Without the signal there is only the end of the process.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}

/// What a thread needs that waits: the rest of it is never touched.
const STACK: usize = 128 * 1024;

/// Listens from now on, and runs `work` on what is heard, on a thread that ends with it.
///
/// # Errors
/// Kind internal if the signals cannot be listened for.
pub(super) fn listen<W: Future<Output = ()>>(work: impl FnOnce(Signals) -> W + Send + 'static) -> Result<()> {
    // Few events come in here, and most programs wait for them as long as they live.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().max_io_events_per_tick(8).build()?;
    let runtime = Own(Some(runtime));
    let signals = {
        // Here, and not on the thread: nobody waits until that runs.
        let _entered = runtime.0.as_ref().map(Runtime::enter);
        Signals::new()?
    };
    let thread = thread::Builder::new().name("signals".to_owned()).stack_size(STACK);
    thread.spawn(move || {
        if let Some(runtime) = &runtime.0 {
            runtime.block_on(work(signals));
        }
    })?;
    Ok(())
}

/// A runtime that may also be dropped within another one, if there is no thread for it.
struct Own(Option<Runtime>);

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Ends the process at a second signal.
pub(super) fn end_at_once() -> ! {
    tell("ended before everything was closed");
    std::process::exit(130)
}

/// Writes a line to stderr, for which nobody waits long: whoever blocks may hold it.
fn tell(line: impl Into<String>) {
    let line = line.into();
    let (told, is_told) = mpsc::channel();
    let thread = thread::Builder::new().stack_size(STACK);
    let telling = thread.spawn(move || {
        eprintln!("{line}");
        let _ = told.send(());
    });
    if telling.is_ok() {
        let _ = is_told.recv_timeout(Duration::from_millis(200));
    }
}

/// What the application that this process is gives its stop: `runtime.stop_timeout`. The longest, if there are several.
static BUDGET: Mutex<Option<Duration>> = Mutex::new(None);

/// Says what a stop may take: one that blocks all threads is ended after that.
pub(super) fn allow(budget: Duration) {
    let mut allowed = BUDGET.lock().unwrap_or_else(PoisonError::into_inner);
    *allowed = (*allowed).max(Some(budget));
}

/// What a stop has beside its budget: for what tells itself what it leaves behind.
const GRACE: Duration = Duration::from_secs(1);

/// How long a thread that is not blocked may need to show it.
const PULSE: Duration = Duration::from_millis(500);

/// Ends the process when the budget of the stop that begins now is used up, and nothing that could say so itself runs any more. Work
/// that goes on, such as what a plan undoes, has a time of its own.
pub(super) fn watch(runtime: Option<Handle>) {
    if let Some(runtime) = &runtime {
        // A worker that waits for work and not for timers is woken by that, and waits for timers from then on.
        drop(runtime.spawn(async {}));
    }
    let thread = thread::Builder::new().name("stop".to_owned()).stack_size(STACK);
    // Without a thread there is the second signal.
    drop(thread.spawn(move || {
        let budget = until_used_up();
        while is_alive(runtime.as_ref()) {
            pause(GRACE);
        }
        tell(format!(
            "error[PT0309]: the application did not stop within {budget:?}: code that blocks its thread was left behind, and nothing \
             was disposed of after it"
        ));
        std::process::exit(Error::timeout("").exit_code().into())
    }));
}

/// Waits for the end of the budget, and answers with it. There is none before something is built.
#[allow(
    clippy::disallowed_methods,
    reason = "no environment of an application is asked how long the process is blocked"
)]
fn until_used_up() -> Duration {
    let began = Instant::now();
    loop {
        match *BUDGET.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(budget) if began.elapsed() >= budget.saturating_add(GRACE) => return budget,
            _ => {}
        }
        pause(Duration::from_millis(100));
    }
}

#[allow(clippy::disallowed_methods, reason = "a thread outside of every runtime")]
fn pause(time: Duration) {
    thread::sleep(time);
}

/// Whether the runtime and the future that the program waits for answer.
fn is_alive(runtime: Option<&Handle>) -> bool {
    let before = HEART.beats.load(Ordering::SeqCst);
    let is_watched = before > 0;
    HEART.waker.wake();
    let (beat, is_beating) = mpsc::channel();
    let runs = runtime.is_none_or(|runtime| {
        // One that has ended drops it, which is an answer, too.
        drop(runtime.spawn(async move {
            let _ = beat.send(());
        }));
        is_beating.recv_timeout(PULSE) != Err(mpsc::RecvTimeoutError::Timeout)
    });
    if !runs {
        return false;
    }
    if is_watched && HEART.beats.load(Ordering::SeqCst) == before {
        pause(PULSE);
    }
    !is_watched || HEART.beats.load(Ordering::SeqCst) != before
}

/// The future that the program waits for.
static HEART: Heart = Heart { waker: AtomicWaker::new(), beats: AtomicU64::new(0) };

struct Heart {
    waker: AtomicWaker,
    /// How often it was polled; 0 if nobody watches it.
    beats: AtomicU64,
}

/// What is over is watched by nobody: a program may have more to do.
struct Ended;

impl Drop for Ended {
    fn drop(&mut self) {
        HEART.beats.store(0, Ordering::SeqCst);
    }
}

/// `work`, the whole of what a program waits for: after a [`signal`](super::signal) the process ends when it blocks its thread for longer
/// than a stop may take.
pub fn watched<W: Future>(work: W) -> impl Future<Output = W::Output> {
    let (mut work, end) = (Box::pin(work), Ended);
    std::future::poll_fn(move |cx| {
        let _end = &end;
        HEART.waker.register(cx.waker());
        HEART.beats.fetch_add(1, Ordering::SeqCst);
        work.as_mut().poll(cx)
    })
}
