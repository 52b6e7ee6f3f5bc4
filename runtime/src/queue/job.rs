//! One job: a message, or the events of one, with what is to be done if it fails.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::app::inner::Inner;
use crate::behavior::BehaviorsConfig;
use crate::context::{Context, Follower, Taker, isolated};
use crate::env::Env;
use crate::error::Result;
use crate::event::AnyEvent;
use crate::future::BoxFuture;
use crate::message::{MessageInfo, Request};
use crate::record::Open;

/// Which of two that are pending runs first. Of equals, the one that came first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// After all others.
    Low,
    /// What a message has that says nothing.
    #[default]
    Normal,
    /// Before all others.
    High,
}

/// A message to be sent one way, and how.
#[derive(Debug, Clone)]
pub struct Spawn<M> {
    message: M,
    clone: Option<fn(&M) -> M>,
    priority: Priority,
    delay: Duration,
    expires_in: Option<Duration>,
    retries: u32,
    backoff: Option<Duration>,
}

/// What can be spawned: a message, or a [`Spawn`] of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no command or query [PT0106]",
    label = "what is spawned is a command or a query, or a `Spawn` of one",
    note = "an event is emitted: `cx.emit(event).await?`"
)]
pub trait IntoSpawn<M> {
    /// The message with how it runs.
    fn into_spawn(self) -> Spawn<M>;
}

#[diagnostic::do_not_recommend]
impl<M: Request> IntoSpawn<M> for M {
    fn into_spawn(self) -> Spawn<M> {
        Spawn::of(self)
    }
}

impl<M: Request> IntoSpawn<M> for Spawn<M> {
    fn into_spawn(self) -> Spawn<M> {
        self
    }
}

impl<M: Request> Spawn<M> {
    /// `message`, at once, once, with normal priority.
    pub fn of(message: M) -> Self {
        Spawn {
            message,
            clone: None,
            priority: Priority::Normal,
            delay: Duration::ZERO,
            expires_in: None,
            retries: 0,
            backoff: None,
        }
    }

    /// Before or after others that are pending.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = priority;
        self
    }

    /// Not before `delay` from now.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// Not at all if it has not begun within `limit` from now. A retry is a beginning, too. It is found to have expired when its
    /// turn comes; until then it keeps its place in the queue.
    #[must_use]
    pub fn expires_in(mut self, limit: Duration) -> Self {
        self.expires_in = Some(limit);
        self
    }

    /// Up to `retries` times more, when it fails for a reason that may pass (unavailable, timeout, too many, internal). The
    /// handler must bear being called twice.
    #[must_use]
    pub fn retries(mut self, retries: u32) -> Self
    where
        M: Clone,
    {
        self.retries = retries;
        self.clone = Some(M::clone);
        self
    }

    /// The wait before the first retry, doubled before each further one, up to 30 s, half of it random. By default
    /// `behaviors.backoff` of the configuration (50 ms).
    #[must_use]
    pub fn backoff(mut self, first: Duration) -> Self {
        self.backoff = Some(first);
        self
    }
}

/// What a job does.
pub(crate) enum Work {
    /// Sends a message; `true` for the last time.
    Message(SendOnce),
    /// Tells the subscribers of events, in order.
    Events(Vec<AnyEvent>),
}

type SendOnce = Box<dyn FnMut(Context, bool) -> BoxFuture<'static, Result<()>> + Send>;

/// A job on its way.
pub(crate) struct Job {
    pub(crate) info: &'static MessageInfo,
    pub(crate) follower: Follower,
    pub(crate) work: Work,
    pub(crate) priority: Priority,
    pub(crate) due: Option<Instant>,
    /// Whether it is due when it enters.
    pub(crate) is_due: bool,
    pub(crate) expires: Option<Instant>,
    pub(crate) retries: u32,
    pub(crate) backoff: Duration,
    pub(crate) tried: u32,
    pub(crate) error: Option<String>,
    pub(crate) id: u64,
    content: Option<Arc<dyn Any + Send + Sync>>,
    /// Counts as open work of the test that follows it, until it has ended.
    _open: Option<Open>,
}

impl Job {
    pub(crate) fn message<M: Request>(
        mut follower: Follower,
        spawn: Spawn<M>,
        env: &Env,
        config: &BehaviorsConfig,
    ) -> Box<Job> {
        let Spawn { message, clone, priority, delay, expires_in, retries, backoff } = spawn;
        follower.origin.taker = Taker::Nobody;
        let content = match (&follower.origin.record, M::CLONE) {
            (Some(_), Some(clone)) => Some(Arc::new(clone(&message)) as _),
            _ => None,
        };
        let mut message = Some(message);
        let work: SendOnce = Box::new(move |cx, last| {
            let next = match (clone, &message) {
                (Some(clone), Some(message)) if !last => Some(clone(message)),
                _ => message.take(),
            };
            Box::pin(async move {
                match next {
                    Some(message) => cx.send(message).await.map(drop),
                    None => Ok(()),
                }
            })
        });
        let now = env.now();
        let due = if delay.is_zero() { Some(now) } else { now.checked_add(delay) };
        let expires = expires_in.and_then(|limit| now.checked_add(limit));
        // What has expired before it is due need not be waited for.
        let due = match (due, expires) {
            (Some(due), Some(expires)) => Some(due.min(expires)),
            (due, expires) => due.or(expires),
        };
        Box::new(Job {
            is_due: due.is_some_and(|due| due <= now),
            due,
            expires,
            priority,
            retries,
            backoff: backoff.unwrap_or(config.backoff),
            content,
            ..Job::new(follower, M::INFO, Work::Message(work), now)
        })
    }

    pub(crate) fn events(
        follower: Follower,
        info: &'static MessageInfo,
        events: Vec<AnyEvent>,
        now: Instant,
    ) -> Box<Job> {
        Box::new(Job::new(follower, info, Work::Events(events), now))
    }

    fn new(follower: Follower, info: &'static MessageInfo, work: Work, now: Instant) -> Job {
        let open = follower.origin.record.as_ref().map(crate::record::Record::open);
        Job {
            info,
            follower,
            work,
            priority: Priority::Normal,
            due: Some(now),
            is_due: true,
            expires: None,
            retries: 0,
            backoff: Duration::ZERO,
            tried: 0,
            error: None,
            id: 0,
            content: None,
            _open: open,
        }
    }

    /// Tells the subscribers of its events, if that is what it does. Answers with what failed.
    pub(crate) async fn deliver(self, app: &Arc<Inner>) -> Option<String> {
        match self.work {
            Work::Events(events) => tell(&self.follower.begin(app.clone(), None), events).await,
            Work::Message(_) => None,
        }
    }

    /// The message, for the test that follows it.
    pub(crate) fn content(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        self.content.clone()
    }
}

/// Of how many events a job tells what failed; of the others, how many they are.
const MOST_FAILED: usize = 10;

/// Tells the subscribers of events, in order. Answers with what failed.
pub(super) async fn tell(cx: &Context, events: Vec<AnyEvent>) -> Option<String> {
    let (mut failed, mut more): (Vec<String>, usize) = (Vec::new(), 0);
    for event in events {
        // What goes wrong with one is no reason to lose the next one. It ends inside, too.
        let work = async move { Ok(crate::event::deliver(cx, &event, None).await) };
        let told = isolated("the delivery of an event", work);
        match told.await.unwrap_or_else(|error| Some(error.message().to_owned())) {
            Some(text) if failed.len() < MOST_FAILED => failed.push(text),
            text => more += usize::from(text.is_some()),
        }
        tokio::task::coop::consume_budget().await;
    }
    if more > 0 {
        failed.push(format!("and {more} more"));
    }
    (!failed.is_empty()).then(|| failed.join("; "))
}
