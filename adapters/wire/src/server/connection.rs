//! What the requests of one connection share: the table of those in flight, the way out.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use partitura_runtime::error::{Error, Kind, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::Session;
use super::flow::{Flow, Why};
use super::writer::Out;
use crate::fault::Fault;
use crate::frame::{Frame, Malformed};

/// One connection.
pub(crate) struct Connection {
    pub(crate) session: Session,
    out: mpsc::Sender<Out>,
    /// Who is in flight, by the caller's number, and whether it is a subscription.
    table: Mutex<HashMap<u64, (Arc<Flow>, Of)>>,
    /// One for each that is in flight, until its last frame is on its way: so what waits to be written is bounded, too.
    places: Arc<Semaphore>,
    /// The longest frame that the caller takes.
    max_frame: AtomicUsize,
}

/// What is in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Request,
    Subscription,
}

impl Connection {
    pub(crate) fn new(session: Session, out: mpsc::Sender<Out>) -> Arc<Self> {
        Arc::new(Connection {
            out,
            table: Mutex::default(),
            places: Arc::new(Semaphore::new(session.limits.max_in_flight)),
            max_frame: AtomicUsize::new(session.limits.max_frame),
            session,
        })
    }

    /// The caller takes frames of at most `bytes`.
    pub(crate) fn takes(&self, bytes: Option<u64>) {
        self.max_frame.store(self.session.limits.shared_frame(bytes), Ordering::Relaxed);
    }

    /// A place in flight for the caller's number.
    ///
    /// # Errors
    /// The number is in flight already: nobody can be told by it. Or there is no place: kind too many, PT0443.
    pub(crate) fn enter(self: &Arc<Self>, id: u64, credit: u32, of: Of) -> Result<Placed, NoPlace> {
        let mut table = self.table();
        let Entry::Vacant(free) = table.entry(id) else {
            let what = format!("`{id}` is the number of a request that has not ended");
            return Err(NoPlace::Twice(Malformed { id: None, what }));
        };
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            let text = format!("{} requests are in flight on this connection", self.session.limits.max_in_flight);
            return Err(NoPlace::Full(Error::new(Kind::TooMany, text).with_code("PT0443")));
        };
        let flow = Arc::new(Flow::new(credit.min(self.session.limits.max_credit)));
        free.insert((flow.clone(), of));
        drop(table);
        Ok(Placed { connection: self.clone(), id, flow, place: Some(place) })
    }

    pub(crate) fn grant(&self, id: u64, items: u32) {
        // One that has ended wants none.
        if let Some((flow, _)) = self.table().get(&id) {
            flow.grant(items, self.session.limits.max_credit);
        }
    }

    pub(crate) fn end(&self, id: u64, why: Why) {
        if let Some((flow, _)) = self.table().get(&id) {
            flow.end(why);
        }
    }

    /// Ends all in flight, or only the subscriptions, which never end by themselves.
    pub(crate) fn end_all(&self, only: Option<Of>, why: Why) {
        for (flow, of) in self.table().values() {
            if only.is_none_or(|only| only == *of) {
                flow.end(why);
            }
        }
    }

    pub(crate) fn is_in_flight(&self, id: u64) -> bool {
        self.table().contains_key(&id)
    }

    pub(crate) fn is_idle(&self) -> bool {
        self.places.available_permits() == self.session.limits.max_in_flight
    }

    /// Waits until nothing is in flight. Cancel safe.
    pub(crate) async fn idle(&self) {
        let all = u32::try_from(self.session.limits.max_in_flight).unwrap_or(u32::MAX);
        drop(self.places.acquire_many(all).await);
    }

    /// Sends a frame, behind those that wait. False if nobody is there any more.
    pub(crate) async fn tell(&self, frame: &Frame) -> bool {
        match frame.to_bytes() {
            Ok(bytes) => self.out.send(Out::Frame(bytes)).await.is_ok(),
            Err(_) => false,
        }
    }

    /// Lets the connection be closed when all that waits is written.
    pub(crate) async fn close(&self) {
        drop(self.out.send(Out::Close).await);
    }

    /// Sends a frame whose body is the application's.
    ///
    /// # Errors
    /// Kind too large, PT0441, if the caller takes no frame as long as this; kind cancelled if nobody is there any more.
    pub(crate) async fn say(&self, frame: &Frame) -> Result<()> {
        let bytes = frame.to_bytes()?;
        let limit = self.max_frame.load(Ordering::Relaxed);
        if bytes.len() > limit {
            let text = format!("an answer of {} bytes; a frame has at most {limit}", bytes.len());
            return Err(Error::new(Kind::TooLarge, text).with_code("PT0441"));
        }
        self.out.send(Out::Frame(bytes)).await.map_err(|_| Error::new(Kind::Cancelled, "the caller has gone"))
    }

    /// Says that something failed: a request, or, without a number, the connection.
    pub(crate) async fn fail(&self, id: Option<u64>, error: &Error, trace_id: Option<String>) {
        let fault = Fault::of(error, trace_id);
        let frame = Frame::Error { id, error: fault.clone() };
        if self.say(&frame).await.is_err_and(|error| error.kind() == Kind::TooLarge) {
            self.tell(&Frame::Error { id, error: fault.shortened() }).await;
        }
    }

    fn table(&self) -> MutexGuard<'_, HashMap<u64, (Arc<Flow>, Of)>> {
        // Never poisoned in a way that matters: no code of others runs under the lock.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no place.
pub(crate) enum NoPlace {
    Twice(Malformed),
    Full(Error),
}

/// A place in flight. Its last frame gives it back; dropped without one, it is free again and nobody is told.
pub(crate) struct Placed {
    pub(crate) connection: Arc<Connection>,
    pub(crate) id: u64,
    pub(crate) flow: Arc<Flow>,
    place: Option<OwnedSemaphorePermit>,
}

impl Placed {
    /// Says how it ended: the last frame of this number, which is the caller's again from then on.
    pub(crate) async fn finish(mut self, ended: Result<Frame>, trace_id: Option<String>) {
        let (connection, id) = (self.connection.clone(), self.id);
        // Before the frame: the caller may use the number again as soon as it has read it.
        let place = self.leave();
        let failed = match &ended {
            Ok(frame) => connection.say(frame).await.err(),
            Err(_) => None,
        };
        if let Some(error) = ended.as_ref().err().or(failed.as_ref()) {
            connection.fail(Some(id), error, trace_id).await;
        }
        drop(place);
    }

    fn leave(&mut self) -> Option<OwnedSemaphorePermit> {
        let place = self.place.take();
        if place.is_some() {
            self.connection.table().remove(&self.id);
        }
        place
    }
}

impl Drop for Placed {
    fn drop(&mut self) {
        drop(self.leave());
    }
}
