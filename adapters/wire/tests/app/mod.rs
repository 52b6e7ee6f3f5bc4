//! An application to be spoken with, and a caller who writes frames by hand.
#![allow(dead_code, unreachable_pub)]

use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use partitura::prelude::*;
use partitura_wire::{Ended, Frame, Limits, Phase, Receive, Session, Transmit, framed};
use serde_json::{Value, json};
use tokio::io::{DuplexStream, ReadHalf, WriteHalf};
use tokio::sync::watch;

/// What handlers do.
#[injectable]
#[derive(Default)]
pub struct Watched {
    #[init]
    pub running: AtomicU32,
    #[init]
    pub most: AtomicU32,
    #[init]
    pub asked: AtomicUsize,
}

impl Watched {
    pub fn run(&self) -> Run<'_> {
        let running = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(running, Ordering::SeqCst);
        Run(self)
    }

    pub fn running(&self) -> u32 {
        self.running.load(Ordering::SeqCst)
    }

    pub async fn until_running(&self, count: u32) {
        for _ in 0..2_000 {
            if self.running() == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{} run, not {count}", self.running());
    }
}

pub struct Run<'w>(&'w Watched);

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Echo {
    #[validate(length(max = 1000))]
    pub text: String,
}

#[handler]
pub async fn echo(query: Echo) -> Result<String> {
    Ok(query.text)
}

/// Never answers.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Hang {}

#[handler]
pub async fn hang(_: Hang, watched: &Watched) -> Result<()> {
    let _run = watched.run();
    std::future::pending().await
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Count {
    pub to: u32,
    #[serde(default)]
    pub fail_at: Option<u32>,
}

#[handler]
pub fn count(query: Count, watched: &Watched) -> impl Stream<Item = Result<u32>> + Send {
    stream::unfold((1, watched.run()), move |(number, run)| async move {
        watched.asked.fetch_add(1, Ordering::SeqCst);
        tokio::task::yield_now().await;
        if number > query.to {
            return None;
        }
        let item = if query.fail_at == Some(number) { Err(Error::conflict("enough")) } else { Ok(number) };
        Some((item, (number + 1, run)))
    })
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Big {
    pub bytes: usize,
}

#[handler]
pub async fn big(query: Big, watched: &Watched) -> Result<String> {
    watched.asked.fetch_add(1, Ordering::SeqCst);
    Ok("x".repeat(query.bytes))
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Who {}

#[handler]
pub async fn who(_: Who, cx: &Context) -> Result<serde_json::Value> {
    Ok(json!({
        "subject": cx.identity().subject,
        "trace": cx.trace_id().to_string(),
        "session": cx.session().ok().map(|session| session.id().as_str().to_owned()),
    }))
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Boom {}

#[handler]
pub async fn boom(_: Boom) -> Result<()> {
    panic!("boom")
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = "test.fired")]
pub struct Fired {
    pub number: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Fire {
    pub count: u32,
}

#[handler]
pub async fn fire(command: Fire, cx: &Context) -> Result<()> {
    for number in 1..=command.count {
        cx.emit(Fired { number }).await?;
    }
    Ok(())
}

/// A caller who writes frames by hand.
pub struct Peer {
    pub read: partitura_wire::FramedReader<ReadHalf<DuplexStream>>,
    pub write: partitura_wire::FramedWriter<WriteHalf<DuplexStream>>,
    pub phase: watch::Sender<Phase>,
    pub ended: partitura::env::Task<Ended>,
}

/// Limits with no clock in them.
pub fn timeless() -> Limits {
    let mut limits = Limits::default();
    (limits.idle, limits.keep_alive, limits.stall) = (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    limits
}

pub fn session(app: &partitura::App) -> Session {
    Session::new(app, Identity::user("ada")).limits(timeless()).describing(true)
}

/// The two sides of a session: that of the caller as bytes.
pub fn open(
    app: &partitura::App,
    session: Session,
) -> (DuplexStream, watch::Sender<Phase>, partitura::env::Task<Ended>) {
    let (near, far) = tokio::io::duplex(4096);
    let (read, write) = tokio::io::split(far);
    let max_frame = 64 * 1024;
    let (read, write) = framed(read, write, max_frame, Duration::from_secs(5), app.env());
    let (phase, watching) = watch::channel(Phase::Open);
    let ended = app.env().spawn(session.run(read, write, watching));
    (near, phase, ended)
}

impl Peer {
    pub fn of(app: &partitura::App, session: Session) -> Peer {
        let (near, phase, ended) = open(app, session);
        let (read, write) = tokio::io::split(near);
        let (read, write) = framed(read, write, 4 * 1024 * 1024, Duration::ZERO, app.env());
        Peer { read, write, phase, ended }
    }

    pub async fn say(&mut self, frame: Value) {
        self.write.transmit(Bytes::from(frame.to_string())).await.unwrap();
        self.write.flush().await.unwrap();
    }

    /// The next frame, which must come.
    pub async fn hear(&mut self) -> Frame {
        self.next().await.expect("a frame")
    }

    pub async fn next(&mut self) -> Option<Frame> {
        let text = tokio::time::timeout(Duration::from_secs(10), self.read.receive()).await.expect("in time");
        text.expect("no fault of the framing").map(|text| Frame::parse(&text).expect("a frame"))
    }

    /// Everything until the connection is closed.
    pub async fn rest(&mut self) -> Vec<Frame> {
        let mut all = Vec::new();
        while let Some(frame) = self.next().await {
            all.push(frame);
        }
        all
    }
}
