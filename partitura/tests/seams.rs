//! What happens where one message meets another: messages that share a context, what ends after its caller, and code of
//! the user's that panics where no handler runs.
#![allow(missing_docs)]

use std::sync::Mutex;
use std::time::Duration;

use partitura::prelude::*;
use partitura::queue::{Spawn, State};
use partitura::{Call, TestApp};

partitura::app! { Seams { modules: [] } }

const SECOND: Duration = Duration::from_secs(1);

#[injectable]
#[derive(Default)]
pub struct Journal {
    #[init]
    lines: Mutex<Vec<String>>,
}

impl Journal {
    fn note(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
    }
    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

async fn seams(settings: &[&str]) -> (TestApp, Arc<Journal>) {
    let journal = Arc::new(Journal::default());
    let test = Seams::test().replace(journal.clone());
    (settings.iter().fold(test, |test, setting| test.set(*setting)).build().await.unwrap(), journal)
}

// ---- what ends after its caller

pub struct Unit {
    journal: Arc<Journal>,
    env: partitura::env::Env,
}

#[provider(scoped, dispose = close)]
async fn unit(journal: Arc<Journal>, cx: &Context) -> Result<Unit> {
    Ok(Unit { journal, env: cx.env().clone() })
}

async fn close(unit: &Unit) -> Result<()> {
    unit.env.sleep(SECOND).await;
    unit.journal.note("closed");
    Ok(())
}

pub struct Second {
    journal: Arc<Journal>,
}

#[provider(scoped, dispose = close_second)]
async fn second(journal: Arc<Journal>, _unit: &Unit) -> Result<Second> {
    Ok(Second { journal })
}

async fn close_second(second: &Second) -> Result<()> {
    second.journal.note("closed second");
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Use {
    seconds: u64,
}

#[handler]
async fn uses(command: Use, _unit: &Unit, _second: &Second, cx: &Context) -> Result<()> {
    cx.env().sleep(Duration::from_secs(command.seconds)).await;
    Ok(())
}

#[tokio::test]
async fn di_disposal_that_waits_comes_to_its_end_also_past_the_deadline() {
    let (app, journal) = seams(&["runtime.timeout=5s"]).await;
    let answer = app.world().drive(app.send(Use { seconds: 9 })).await;
    assert_eq!(answer.unwrap_err().kind(), Kind::Timeout);
    app.advance(2 * SECOND).await;
    assert_eq!(journal.lines(), ["closed second", "closed"]);
}

#[tokio::test]
async fn di_disposal_comes_to_its_end_when_the_caller_goes_meanwhile() {
    let (app, journal) = seams(&[]).await;
    let limit = Duration::from_millis(3_500);
    assert!(app.world().drive(app.env().timeout(limit, app.send(Use { seconds: 3 }))).await.is_err());
    app.advance(2 * SECOND).await;
    assert_eq!(journal.lines(), ["closed second", "closed"]);
}

// ---- times that no clock reaches

#[tokio::test]
async fn deadline_that_no_clock_reaches_is_none() {
    let (app, _) = seams(&["runtime.timeout=213503982334601d"]).await;
    app.send(Note).await.unwrap();
    app.emit(Said { what: "x".into() }).await;
    app.shutdown_within(Duration::MAX).await.unwrap();
}
