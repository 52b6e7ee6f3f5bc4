//! A start that does not come to its end, and an end that does not: what was built is disposed of, in reverse.
#![allow(missing_docs)]

use std::sync::Mutex;

use partitura::env::Virtual;
use partitura::prelude::*;
use partitura::{App, StartError};

partitura::app! { Started { modules: [] } }

#[injectable]
#[derive(Default)]
pub struct Log(#[init] Mutex<Vec<&'static str>>);

impl Log {
    fn note(&self, line: &'static str) -> Result<()> {
        self.0.lock().unwrap().push(line);
        Ok(())
    }
    fn lines(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}

pub struct First(Arc<Log>);
#[provider(dispose = end_first)]
fn first(log: Arc<Log>) -> First {
    First(log)
}
async fn end_first(it: &First) -> Result<()> {
    it.0.note("first")
}

pub struct Second(Arc<Log>);
#[provider(dispose = end_second)]
fn second(log: Arc<Log>, _first: &First) -> Second {
    Second(log)
}
async fn end_second(it: &Second) -> Result<()> {
    it.0.note("second")?;
    Err(Error::unavailable("the second does not end"))
}

/// Two that never end, if the third says so, before the second does.
pub struct Mussel(bool);
#[provider(dispose = end_mussel)]
fn mussel(config: &ThirdConfig, _second: &Second) -> Mussel {
    Mussel(config.clings)
}
async fn end_mussel(it: &Mussel) -> Result<()> {
    if it.0 { std::future::pending().await } else { Ok(()) }
}

pub struct Barnacle(bool);
#[provider(dispose = end_barnacle)]
fn barnacle(config: &ThirdConfig, _mussel: &Mussel) -> Barnacle {
    Barnacle(config.clings)
}
async fn end_barnacle(it: &Barnacle) -> Result<()> {
    if it.0 { std::future::pending().await } else { Ok(()) }
}

#[derive(Deserialize)]
#[config(section = "third")]
pub struct ThirdConfig {
    #[serde(default)]
    hangs: bool,
    #[serde(default)]
    clings: bool,
}

pub struct Third;
#[provider]
async fn third(log: &Log, config: &ThirdConfig, _barnacle: &Barnacle) -> Result<Third> {
    log.note("building the third")?;
    if config.clings {
        return Ok(Third);
    }
    if config.hangs {
        std::future::pending::<()>().await;
    }
    Err(Error::unavailable("the third is out"))
}

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ask;
#[handler]
async fn ask(_query: Ask, _third: &Third) -> Result<()> {
    Ok(())
}

fn builder(log: &Arc<Log>, hangs: bool) -> partitura::Builder {
    let config = Started::BLUEPRINT.loader().environment([]).set(format!("third.hangs={hangs}")).load().unwrap();
    Started::builder().config(config).replace::<Log>(log.clone())
}

/// What a start that is stopped while it waits for the third answers.
async fn stopped(log: &Arc<Log>) -> Result<App, StartError> {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let build = builder(log, true).build_until(async { drop(stopped.await) });
    let stop = async {
        while log.lines().is_empty() {
            tokio::task::yield_now().await;
        }
        stop.send(()).unwrap();
    };
    tokio::join!(build, stop).0
}

#[tokio::test]
async fn a_provider_that_fails_leaves_nothing_undisposed() {
    let log = Arc::new(Log::default());
    let error = builder(&log, false).build().await.unwrap_err();
    assert_eq!(log.lines(), ["building the third", "second", "first"]);
    assert_eq!(error.exit_code(), 69);
    let text = error.to_string();
    assert!(text.contains("the third is out") && text.contains("the second does not end"), "{text}");
}

/// Each has what is left of the budget, and at least 100 ms: those behind it have their turn.
#[tokio::test]
async fn a_disposal_that_does_not_end_is_told_by_name_and_stops_no_other() {
    let log = Arc::new(Log::default());
    let loader = Started::BLUEPRINT.loader().environment([]);
    let config = loader.set("third.clings=true").set("runtime.stop_timeout=5s").load().unwrap();
    let world = Virtual::new(1);
    let builder = Started::builder().config(config).env(world.env()).replace::<Log>(log.clone());
    let app = builder.build().await.unwrap();
    let errors = world.drive(app.shutdown()).await.unwrap_err();
    let texts: Vec<_> = errors.iter().map(|error| (error.code(), error.message())).collect();
    assert_eq!(
        texts,
        [
            ("PT0309", "the disposal of `Barnacle` did not end within 5s and was left behind"),
            ("PT0309", "the disposal of `Mussel` did not end within 100ms and was left behind"),
            ("unavailable", "the second does not end"),
        ]
    );
    assert_eq!(log.lines(), ["building the third", "second", "first"]);
}

#[tokio::test]
async fn a_start_that_is_stopped_leaves_nothing_undisposed() {
    let log = Arc::new(Log::default());
    let error = stopped(&log).await.unwrap_err();
    assert_eq!(log.lines(), ["building the third", "second", "first"]);
    assert_eq!(error.exit_code(), 75);
    let text = error.to_string();
    assert!(text.starts_with("stopped while the application was starting\n"), "{text}");
    assert!(text.contains("the second does not end"), "{text}");
}

#[tokio::test]
async fn a_start_that_is_dropped_leaves_nothing_undisposed() {
    let log = Arc::new(Log::default());
    let mut build = Box::pin(builder(&log, true).build());
    while log.lines().is_empty() {
        tokio::select! {
            biased;
            _ = &mut build => unreachable!("the third hangs"),
            () = tokio::task::yield_now() => {}
        }
    }
    drop(build);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(log.lines(), ["building the third", "second", "first"]);
}
