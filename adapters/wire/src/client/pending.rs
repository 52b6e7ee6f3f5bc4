//! Who waits for an answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use partitura_runtime::error::{Error, Result};
use serde_json::Value;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};

use super::lost;
use crate::frame::Frame;

/// All that is in flight.
pub(crate) struct Pending {
    table: Mutex<Table>,
    places: Arc<Semaphore>,
    /// Something is in [`Table::own`].
    owing: Notify,
}

#[derive(Default)]
struct Table {
    next: u64,
    waiting: HashMap<u64, mpsc::Sender<Answer>>,
    /// Cancels and credits that are to be written: of each request that is or was in flight at most one of each kind.
    own: Own,
    /// Why there is no connection any more.
    lost: Option<String>,
}

#[derive(Default)]
struct Own {
    cancels: Vec<(u64, OwnedSemaphorePermit)>,
    credits: HashMap<u64, u32>,
}

/// What the other side says of a request.
#[derive(Debug)]
pub(crate) enum Answer {
    Reply(Value),
    Item(Value),
    End,
    Failed(Error),
}

impl Pending {
    pub(crate) fn new(places: usize) -> Self {
        Pending { table: Mutex::default(), places: Arc::new(Semaphore::new(places)), owing: Notify::new() }
    }

    /// A number for a request with one answer, as soon as there is a place.
    pub(crate) async fn once(self: &Arc<Self>) -> Result<Waiting> {
        self.wait(1).await
    }

    /// A number for a stream that is never more than `credit` items ahead, and an end.
    pub(crate) async fn many(self: &Arc<Self>, credit: u32) -> Result<Waiting> {
        self.wait(credit as usize + 1).await
    }

    async fn wait(self: &Arc<Self>, room: usize) -> Result<Waiting> {
        let place = self.places.clone().acquire_owned().await.map_err(|_| self.why())?;
        let (sender, answers) = mpsc::channel(room);
        let mut table = self.table();
        if table.lost.is_some() {
            drop(table);
            return Err(self.why());
        }
        table.next += 1;
        let id = table.next;
        table.waiting.insert(id, sender);
        drop(table);
        Ok(Waiting { pending: self.clone(), id, answers, place: Some(place), ended: false })
    }

    /// Passes an answer on. What nobody waits for was cancelled.
    pub(crate) fn tell(&self, id: u64, answer: Answer) {
        let mut table = self.table();
        let is_last = !matches!(answer, Answer::Item(_));
        let sender = if is_last { table.waiting.remove(&id) } else { table.waiting.get(&id).cloned() };
        if is_last {
            table.own.credits.remove(&id);
        }
        drop(table);
        let Some(sender) = sender else { return };
        // Items beyond the credit are the other side's fault, and end the stream here.
        if let Err(mpsc::error::TrySendError::Full(_)) = sender.try_send(answer) {
            self.table().waiting.remove(&id);
        }
    }

    /// Lets the other side send so many items more. False if there is nobody.
    pub(crate) fn grant(&self, id: u64, items: u32) -> bool {
        let mut table = self.table();
        if !table.waiting.contains_key(&id) {
            return false;
        }
        let granted = table.own.credits.entry(id).or_default();
        *granted = granted.saturating_add(items);
        drop(table);
        self.owing.notify_one();
        true
    }

    /// The cancels and credits to be written; waits until there are some. Cancel safe.
    pub(crate) async fn own_frames(&self) -> Vec<Frame> {
        loop {
            let own = std::mem::take(&mut self.table().own);
            let credits = own.credits.into_iter().map(|(id, items)| Frame::Credit { id, items });
            let frames: Vec<Frame> =
                own.cancels.iter().map(|(id, _)| Frame::Cancel { id: *id }).chain(credits).collect();
            if !frames.is_empty() {
                return frames;
            }
            self.owing.notified().await;
        }
    }

    /// There is no connection any more. The first reason counts.
    pub(crate) fn lose(&self, why: &str) {
        let mut table = self.table();
        table.lost.get_or_insert_with(|| why.to_owned());
        let waiting = std::mem::take(&mut table.waiting);
        let own = std::mem::take(&mut table.own);
        drop(table);
        drop((waiting, own));
        self.places.close();
    }

    pub(crate) fn why(&self) -> Error {
        lost(self.table().lost.as_deref().unwrap_or("the other side has gone"))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Never poisoned in a way that matters: no code of others runs under the lock.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that waits. Dropped before its last answer, it cancels the request on the other side.
pub(crate) struct Waiting {
    pending: Arc<Pending>,
    id: u64,
    answers: mpsc::Receiver<Answer>,
    place: Option<OwnedSemaphorePermit>,
    ended: bool,
}

impl Waiting {
    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// The next answer; the last is no item. Cancel safe.
    pub(crate) async fn answer(&mut self) -> Answer {
        std::future::poll_fn(|cx| self.poll_answer(cx)).await
    }

    pub(crate) fn poll_answer(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Answer> {
        self.answers.poll_recv(cx).map(|answer| {
            let answer = answer.unwrap_or_else(|| Answer::Failed(self.pending.why()));
            if !matches!(answer, Answer::Item(_)) {
                self.ended = true;
                self.place = None;
            }
            answer
        })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        let mut table = self.pending.table();
        table.own.credits.remove(&self.id);
        // Gone already if the last answer was on its way to here.
        let Some(sender) = table.waiting.remove(&self.id) else { return };
        // Its place is free when the cancel is on its way, not before: so no more of them can wait than there are places.
        if let (None, Some(place)) = (&table.lost, self.place.take()) {
            table.own.cancels.push((self.id, place));
        }
        drop(table);
        drop(sender);
        self.pending.owing.notify_one();
    }
}
