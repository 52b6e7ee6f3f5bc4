//! What all connections of a server share: its tools, its limits, its end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use partitura_runtime::app::App;
use partitura_runtime::error::{Error, Kind, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use crate::config::McpConfig;
use crate::guard::Guards;
use crate::tools::Tools;

pub(crate) struct Shared {
    pub(crate) app: App,
    pub(crate) config: McpConfig,
    pub(crate) tools: Tools,
    pub(crate) guards: Guards,
    places: Arc<Semaphore>,
    number: u32,
    draining: AtomicBool,
    /// Each answer of HTTP that is on its way has a copy of the sender: when the last one is gone, all are there.
    answers: Mutex<Option<mpsc::Sender<()>>>,
    answered: tokio::sync::Mutex<mpsc::Receiver<()>>,
    /// Ends the calls that still run.
    cut: CancellationToken,
}

/// What a request has that was on its way when nothing more was read.
const UNDERWAY: Duration = Duration::from_millis(20);

impl Shared {
    /// # Errors
    /// What is wrong with the section `mcp`.
    pub(crate) fn new(app: &App, config: McpConfig) -> Result<Arc<Self>> {
        let placed = |error| app.config().placed(error);
        config.check().map_err(placed)?;
        let tools = Tools::new(app.blueprint(), &config).map_err(placed)?;
        let (answers, answered) = mpsc::channel(1);
        let number = u32::try_from(config.max_calls.min(Semaphore::MAX_PERMITS)).unwrap_or(u32::MAX);
        Ok(Arc::new(Shared {
            app: app.clone(),
            tools,
            guards: Guards::of(app),
            places: Arc::new(Semaphore::new(number as usize)),
            number,
            draining: AtomicBool::new(false),
            answers: Mutex::new(Some(answers)),
            answered: tokio::sync::Mutex::new(answered),
            cut: CancellationToken::new(),
            config,
        }))
    }

    /// A place for one call.
    ///
    /// # Errors
    /// Kind unavailable while it is stopping; kind too many, code PT0486, when there is none.
    pub(crate) fn place(&self) -> Result<OwnedSemaphorePermit> {
        if self.draining.load(Ordering::Relaxed) {
            return Err(Error::unavailable("the application is stopping").with_code("PT0308"));
        }
        self.places.clone().try_acquire_owned().map_err(|_| {
            let text = format!("{} calls are running already (`mcp.max_calls`)", self.number);
            Error::new(Kind::TooMany, text).with_code("PT0486").with_retry_after(Duration::from_secs(1))
        })
    }

    /// What an answer of HTTP holds until its caller has it.
    pub(crate) fn answering(&self) -> Option<mpsc::Sender<()>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Lets no new call in, and waits for those that run, and for their answers.
    pub(crate) async fn drain(&self) {
        self.app.env().sleep(UNDERWAY).await;
        self.draining.store(true, Ordering::Relaxed);
        let _all = self.places.acquire_many(self.number).await;
        drop(self.answers.lock().unwrap_or_else(PoisonError::into_inner).take());
        // Nothing is ever sent: it ends with the last sender.
        let _ = self.answered.lock().await.recv().await;
    }

    /// As [`Shared::drain`], and ends those that still run after `budget`.
    pub(crate) async fn drain_within(&self, budget: Duration) {
        if self.app.env().timeout(budget, self.drain()).await.is_err() {
            self.end();
        }
    }

    /// Ends the calls that run, each told so.
    pub(crate) fn end(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.cut.cancel();
    }

    /// Completes when calls are ended.
    pub(crate) async fn ended(&self) {
        self.cut.cancelled().await;
    }
}
