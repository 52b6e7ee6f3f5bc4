//! What is done for a caller: requests, streams, subscriptions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use partitura_runtime::app::{Call, Door};
use partitura_runtime::error::{Error, Failure, Result};
use partitura_runtime::event::AnyEvent;
use partitura_runtime::telemetry::trace::TraceParent;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::connection::{Connection, NoPlace, Of, Placed};
use super::flow::{Flow, Why};
use crate::frame::Frame;
use crate::limits::DEFAULT_CREDIT;

/// The message that every session can answer, if its transport allows it: what an application, or one message of it, is.
pub const DESCRIBE: &str = "partitura.describe";

/// A request, as its frame says it.
pub(crate) struct Asked {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) body: Value,
    pub(crate) timeout: Option<Duration>,
    pub(crate) trace: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) stream: bool,
    pub(crate) credit: Option<u32>,
    pub(crate) twice: Vec<Failure>,
}

impl Connection {
    /// Begins a request, or says why not.
    pub(crate) async fn request(self: &Arc<Self>, asked: Asked) {
        let credit = asked.credit.unwrap_or(DEFAULT_CREDIT);
        let Some(placed) = self.place(asked.id, credit, Of::Request).await else { return };
        if !asked.twice.is_empty() {
            let text = format!("the input of `{}` has keys that are there twice", asked.name);
            return placed.finish(Err(Error::malformed(text, asked.twice)), None).await;
        }
        let env = self.session.app.env();
        let deadline = asked.timeout.and_then(|timeout| env.now().checked_add(timeout));
        let door = self.door(&asked, deadline);
        let trace_id = door.trace_id().to_string();
        let flow = placed.flow.clone();
        drop(env.spawn(async move {
            let connection = placed.connection.clone();
            let work = connection.answer(&door, asked.id, &asked.name, asked.body, asked.stream, (&flow, deadline));
            let ended = tokio::select! {
                biased;
                why = flow.ended() => Err(why.error(&asked.name)),
                ended = work => ended,
            };
            placed.finish(ended, Some(trace_id)).await;
        }));
    }

    /// Begins to tell of events, or says why not.
    pub(crate) async fn subscribe(self: &Arc<Self>, id: u64, pattern: String, credit: Option<u32>) {
        let credit = credit.unwrap_or(DEFAULT_CREDIT);
        let Some(placed) = self.place(id, credit, Of::Subscription).await else { return };
        if let Err(error) = (self.session.allow)(&self.session.identity, &pattern) {
            return placed.finish(Err(error), None).await;
        }
        let (sender, mut events) = mpsc::channel(self.session.limits.max_waiting_events.max(1));
        let behind = placed.flow.clone();
        let subscribed = self.session.app.subscribe(&pattern, move |event: AnyEvent, _| {
            if let Err(mpsc::error::TrySendError::Full(_)) = sender.try_send(event) {
                behind.end(Why::Behind);
            }
            std::future::ready(Ok(()))
        });
        let subscription = match subscribed {
            Ok(subscription) => subscription,
            Err(error) => return placed.finish(Err(error), None).await,
        };
        let flow = placed.flow.clone();
        drop(self.session.app.env().spawn(async move {
            let connection = placed.connection.clone();
            let work = async {
                loop {
                    flow.room().await;
                    let Some(event) = events.recv().await else { return Ok(Frame::End { id }) };
                    // A local event is nobody's outside.
                    let Some(body) = event.to_json()? else {
                        flow.grant(1, u32::MAX);
                        continue;
                    };
                    let body = json!({ "name": event.name(), "topic": event.topic().as_str(), "event": body });
                    connection.say(&Frame::Item { id, body }).await?;
                }
            };
            let ended = tokio::select! {
                biased;
                why = flow.ended() => Err(why.error(&pattern)),
                ended = work => ended,
            };
            // Nothing is told of it after its last frame.
            drop(subscription);
            placed.finish(ended, None).await;
        }));
    }

    async fn place(self: &Arc<Self>, id: u64, credit: u32, of: Of) -> Option<Placed> {
        match self.enter(id, credit, of) {
            Ok(placed) => return Some(placed),
            Err(NoPlace::Twice(malformed)) => self.fail(None, &malformed.into(), None).await,
            Err(NoPlace::Full(error)) => self.fail(Some(id), &error, None).await,
        }
        None
    }

    fn door(&self, asked: &Asked, deadline: Option<Instant>) -> Door {
        let mut call = Call::by(self.session.identity.clone());
        call.entrypoint = self.session.entrypoint;
        // What does not parse is as good as absent (W3C Trace Context).
        if let Some(trace) = asked.trace.as_ref().and_then(|text| text.parse::<TraceParent>().ok()) {
            call = call.within(trace);
        }
        if let Some(session) = &asked.session {
            call = call.in_session(session.as_str());
        }
        if let Some(deadline) = deadline {
            call = call.until(deadline);
        }
        self.session.app.door(call)
    }

    /// The last frame, after all others were sent.
    async fn answer(
        &self,
        door: &Door,
        id: u64,
        name: &str,
        body: Value,
        stream: bool,
        (flow, deadline): (&Flow, Option<Instant>),
    ) -> Result<Frame> {
        if name == DESCRIBE && self.session.describes {
            return Ok(Frame::Reply { id, body: self.describe(&body, door)? });
        }
        if !stream {
            return Ok(Frame::Reply { id, body: door.execute(name, body).await? });
        }
        let mut items = door.stream(name, body).await?;
        loop {
            // First the room, then the item: a handler is asked for nothing that nobody would take.
            self.room(flow, name, deadline).await?;
            match items.next().await {
                Some(item) => self.say(&Frame::Item { id, body: item? }).await?,
                None => return Ok(Frame::End { id }),
            }
        }
    }

    /// Waits for room, not beyond the deadline of the request or the patience of the session.
    async fn room(&self, flow: &Flow, name: &str, deadline: Option<Instant>) -> Result<()> {
        let env = self.session.app.env();
        let stall = self.session.limits.stall;
        let patience = (!stall.is_zero()).then(|| env.now().checked_add(stall)).flatten();
        let Some(end) = [deadline, patience].into_iter().flatten().min() else {
            flow.room().await;
            return Ok(());
        };
        env.timeout_at(end, flow.room()).await.map_err(|_| match deadline {
            Some(deadline) if deadline <= end => {
                Error::timeout(format!("`{name}` did not end before its deadline")).with_code("PT0304")
            }
            _ => {
                let text = format!("`{name}` streams, and nobody has taken an item of it for {stall:?}");
                Error::timeout(text).with_code("PT0445")
            }
        })
    }

    /// The application, or one message of it that can be sent from here.
    fn describe(&self, body: &Value, door: &Door) -> Result<Value> {
        let mut described = self.session.app.describe();
        described.messages.retain(|message| door.admits(&message.name));
        described.plans.retain(|plan| door.admits(&plan.message));
        described.routes.retain(|route| route.message.as_ref().is_none_or(|message| door.admits(message)));
        let written = match body.get("name").and_then(Value::as_str) {
            Some(name) => serde_json::to_value(described.sendable(name)?),
            None => serde_json::to_value(&described),
        };
        Ok(written?)
    }
}
