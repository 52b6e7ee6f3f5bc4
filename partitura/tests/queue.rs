//! How the queue behaves, each rule a test named after it.
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use partitura::prelude::*;
use partitura::queue::{JobId, JobStatus, State};
use partitura::{App, Call, Priority, Spawn, TestApp};

partitura::app! { Works { modules: [] } }

#[injectable]
#[derive(Default)]
pub struct Journal {
    #[init]
    lines: Mutex<Vec<String>>,
    #[init]
    tries: AtomicU32,
    #[init]
    running: AtomicU32,
    #[init]
    most: AtomicU32,
}

impl Journal {
    fn note(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
    }
    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

/// Takes so long, then fails so often.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema, Command)]
pub struct Job {
    name: String,
    seconds: u64,
    fails: u32,
    conflict: bool,
    panics: bool,
}

fn job(name: &str) -> Job {
    Job { name: name.into(), ..Job::default() }
}

#[handler]
async fn works(command: Job, journal: &Journal, cx: &Context) -> Result<()> {
    let now = journal.running.fetch_add(1, Ordering::SeqCst) + 1;
    journal.most.fetch_max(now, Ordering::SeqCst);
    if command.seconds > 0 {
        cx.env().sleep(Duration::from_secs(command.seconds)).await;
    }
    journal.running.fetch_sub(1, Ordering::SeqCst);
    journal.note(&command.name);
    assert!(!command.panics, "as asked");
    if journal.tries.fetch_add(1, Ordering::SeqCst) < command.fails {
        return Err(if command.conflict { Error::conflict("taken") } else { Error::unavailable("not yet") });
    }
    Ok(())
}

async fn works_with(settings: &[&str]) -> (TestApp, Arc<Journal>) {
    let journal = Arc::new(Journal::default());
    let builder = Works::test().replace(journal.clone());
    let builder = settings.iter().fold(builder, |builder, text| builder.set(*text));
    (builder.build().await.unwrap(), journal)
}

fn status(app: &App, id: JobId) -> JobStatus {
    app.jobs().get(id).expect("it is remembered")
}

fn state(app: &App, id: JobId) -> State {
    status(app, id).state
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn job_states_can_be_observed() {
    let (app, _) = works_with(&[]).await;
    let done = app.spawn(Job { seconds: 5, ..job("done") }).unwrap();
    let failed = app.spawn(Job { fails: 9, conflict: true, ..job("failed") }).unwrap();
    let late = app.spawn(Spawn::of(job("late")).after(2 * SECOND).expires_in(SECOND)).unwrap();
    let later = app.spawn(Spawn::of(job("later")).after(3 * SECOND)).unwrap();
    assert_eq!(state(&app, done), State::Pending);
    app.advance(Duration::ZERO).await;
    assert_eq!(state(&app, done), State::InFlight);
    assert_eq!(state(&app, failed), State::Failed);
    assert_eq!((state(&app, late), state(&app, later)), (State::Pending, State::Pending));
    app.advance(SECOND).await;
    assert_eq!(state(&app, late), State::Expired, "known as soon as it can be");
    app.advance(10 * SECOND).await;
    assert_eq!((state(&app, done), state(&app, later)), (State::Done, State::Done));
    let status = status(&app, failed);
    assert_eq!((status.name.as_str(), status.tried), ("queue.Job", 1));
    assert_eq!(status.error.as_deref(), Some("taken"));
    assert!(status.entered <= status.began.unwrap() && status.began <= status.ended);
    assert!(app.jobs().live().is_empty());
    assert_eq!(app.jobs().history().len(), 4);
}

#[tokio::test]
async fn job_is_waited_for() {
    let (app, _) = works_with(&["queue.history=1"]).await;
    let id = app.spawn(Job { seconds: 5, ..job("one") }).unwrap();
    let ended = app.world().drive(app.jobs().wait(id)).await.unwrap();
    assert_eq!(ended.state, State::Done);
    app.spawn(job("two")).unwrap();
    app.jobs().idle().await;
    assert_eq!(app.jobs().wait(id).await, None, "not remembered any more");
}

#[tokio::test]
async fn job_of_higher_priority_runs_first_and_of_equals_the_first() {
    let (app, journal) = works_with(&["queue.workers=1"]).await;
    let names = [("a", Priority::Low), ("b", Priority::Normal), ("c", Priority::High), ("d", Priority::Normal)];
    for (name, priority) in names {
        app.spawn(Spawn::of(job(name)).priority(priority)).unwrap();
    }
    app.spawn(Spawn::of(job("e")).priority(Priority::High)).unwrap();
    app.jobs().idle().await;
    assert_eq!(journal.lines(), ["c", "e", "b", "d", "a"]);
}

#[tokio::test]
async fn job_workers_are_as_many_as_the_configuration_says() {
    let (app, journal) = works_with(&["queue.workers=3"]).await;
    for _ in 0..10 {
        app.spawn(Job { seconds: 1, ..job("x") }).unwrap();
    }
    let before = app.env().now();
    app.world().drive(app.jobs().idle()).await;
    assert_eq!(journal.most.load(Ordering::SeqCst), 3);
    assert_eq!(app.env().now() - before, 4 * SECOND);
}

#[tokio::test]
async fn job_with_a_delay_begins_when_its_time_has_come() {
    let (app, journal) = works_with(&[]).await;
    app.spawn(Spawn::of(job("never")).after(Duration::MAX)).unwrap();
    app.spawn(Spawn::of(job("in 2")).after(2 * SECOND)).unwrap();
    app.spawn(Spawn::of(job("in 1")).after(SECOND)).unwrap();
    app.advance(SECOND - Duration::from_nanos(1)).await;
    assert!(journal.lines().is_empty());
    app.advance(Duration::from_nanos(1)).await;
    assert_eq!(journal.lines(), ["in 1"], "one that is never due stands in nobody's way");
    app.advance(SECOND).await;
    assert_eq!(journal.lines(), ["in 1", "in 2"]);
}

#[tokio::test]
async fn job_that_could_not_begin_in_time_expires() {
    let (app, journal) = works_with(&["queue.workers=1"]).await;
    app.spawn(Job { seconds: 5, ..job("long") }).unwrap();
    let late = app.spawn(Spawn::of(job("late")).expires_in(2 * SECOND)).unwrap();
    app.world().drive(app.jobs().idle()).await;
    assert_eq!(journal.lines(), ["long"]);
    assert_eq!((state(&app, late), status(&app, late).tried), (State::Expired, 0));
}

#[tokio::test]
async fn job_that_would_be_tried_again_too_late_expires() {
    let (app, journal) = works_with(&[]).await;
    let spawn = Spawn::of(Job { fails: 99, ..job("x") }).retries(50).backoff(SECOND).expires_in(10 * SECOND);
    let id = app.spawn(spawn).unwrap();
    app.world().drive(app.jobs().idle()).await;
    let status = status(&app, id);
    assert_eq!((status.state, status.tried as usize), (State::Expired, journal.lines().len()));
    assert_eq!(status.error.as_deref(), Some("not yet"), "with what it failed");
    assert!((3..=6).contains(&status.tried), "{status:?}");
}

#[tokio::test]
async fn job_is_tried_again_with_growing_waits() {
    let (app, journal) = works_with(&[]).await;
    let before = app.env().now();
    let id = app.spawn(Spawn::of(Job { fails: 3, ..job("x") }).retries(3).backoff(SECOND)).unwrap();
    app.advance(Duration::ZERO).await;
    assert_eq!(state(&app, id), State::Pending, "it waits for its retry");
    assert_eq!(status(&app, id).error.as_deref(), Some("not yet"));
    let status = app.world().drive(app.jobs().wait(id)).await.unwrap();
    assert_eq!((status.state, status.tried, journal.lines().len()), (State::Done, 4, 4));
    // 1 + 2 + 4 s, the second half of each random.
    let took = app.env().now() - before;
    assert!(took > Duration::from_millis(3_500) && took <= 7 * SECOND, "{took:?}");
}

#[tokio::test]
async fn job_that_fails_for_good_is_not_tried_again() {
    let (app, journal) = works_with(&[]).await;
    let id = app.spawn(Spawn::of(Job { fails: 9, conflict: true, ..job("x") }).retries(3)).unwrap();
    app.jobs().idle().await;
    assert_eq!((state(&app, id), journal.lines().len()), (State::Failed, 1));
}

#[tokio::test]
async fn job_that_panics_fails_alone() {
    let (app, journal) = works_with(&["queue.workers=1"]).await;
    let id = app.spawn(Job { panics: true, ..job("bad") }).unwrap();
    app.spawn(job("good")).unwrap();
    app.jobs().idle().await;
    assert_eq!((state(&app, id), journal.lines()), (State::Failed, vec!["bad".to_owned(), "good".to_owned()]));
}

/// Whose copies and ends panic.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Hostile {
    copy: bool,
}

impl Clone for Hostile {
    fn clone(&self) -> Self {
        assert!(!self.copy, "no copy");
        Hostile { copy: false }
    }
}

impl Drop for Hostile {
    fn drop(&mut self) {
        assert!(self.copy || std::thread::panicking(), "no end");
    }
}

#[handler]
async fn hostile(command: Hostile) -> Result<()> {
    std::mem::forget(command);
    Err(Error::conflict("enough"))
}

#[tokio::test]
async fn job_whose_message_panics_in_its_own_code_stops_no_worker() {
    let (app, journal) = works_with(&["queue.workers=1"]).await;
    let copy = app.spawn(Spawn::of(Hostile { copy: true }).retries(1)).unwrap();
    let end = app.spawn(Spawn::of(Hostile { copy: false }).retries(1)).unwrap();
    app.spawn(job("good")).unwrap();
    app.world().drive(app.jobs().idle()).await;
    assert_eq!(journal.lines(), ["good"]);
    assert_eq!((state(&app, copy), state(&app, end)), (State::Failed, State::Failed));
}

#[tokio::test]
async fn job_ends_at_the_time_that_a_message_may_take() {
    let (app, journal) = works_with(&[]).await;
    let id = app.spawn(Job { seconds: 3600, ..job("x") }).unwrap();
    app.advance(31 * SECOND).await;
    assert_eq!((state(&app, id), journal.lines().len()), (State::Failed, 0));
    assert!(status(&app, id).error.unwrap().contains("did not answer before its deadline"));
}

#[tokio::test]
async fn queue_that_is_full_says_when_to_come_back() {
    let (app, _) = works_with(&["queue.capacity=2"]).await;
    app.spawn(job("a")).unwrap();
    app.spawn(Spawn::of(job("b")).after(SECOND)).unwrap();
    let full = app.spawn(job("c")).unwrap_err();
    assert_eq!((full.kind(), full.code()), (Kind::TooMany, "PT0314"));
    assert!(full.retry_after().is_some());
    app.advance(SECOND).await;
    assert!(app.spawn(job("d")).is_ok() && app.spawn(job("e")).is_ok(), "places come back");
}

#[tokio::test]
async fn queue_history_is_bounded_and_keeps_the_last() {
    let (app, _) = works_with(&["queue.history=3"]).await;
    let ids: Vec<JobId> = (0..10).map(|n| app.spawn(job(&n.to_string())).unwrap()).collect();
    app.jobs().idle().await;
    let kept: Vec<JobId> = app.jobs().history().iter().map(|status| status.id).collect();
    assert_eq!(kept, ids[7..]);
    assert_eq!(app.jobs().get(ids[0]), None);
}

// ---- stopping

#[tokio::test]
async fn queue_is_worked_off_when_the_application_stops() {
    let (app, journal) = works_with(&["queue.workers=1"]).await;
    for n in 0..5 {
        app.spawn(Job { seconds: 1, ..job(&n.to_string()) }).unwrap();
    }
    app.spawn(Spawn::of(job("soon")).after(7 * SECOND)).unwrap();
    app.world().drive(app.shutdown()).await.unwrap();
    assert_eq!(journal.lines(), ["0", "1", "2", "3", "4", "soon"]);
    assert_eq!(app.spawn(job("x")).unwrap_err().code(), "PT0308");
}

#[tokio::test]
async fn queue_tells_by_name_what_is_left_when_the_budget_is_spent() {
    let (app, journal) = works_with(&["queue.workers=1"]).await;
    let first = app.spawn(Job { seconds: 20, ..job("first") }).unwrap();
    let second = app.spawn(job("second")).unwrap();
    let errors = app.world().drive(app.shutdown()).await.unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].code(), "PT0309");
    assert!(errors[0].message().contains("2 jobs had not ended after 10s"), "{errors:?}");
    assert!(errors[0].message().ends_with("queue.Job, queue.Job"));
    assert_eq!((state(&app, first), state(&app, second)), (State::InFlight, State::Expired));
    // Whoever waits for them hears of their end.
    app.advance(20 * SECOND).await;
    assert_eq!(app.jobs().wait(first).await.unwrap().state, State::Done);
    app.jobs().idle().await;
    assert_eq!(journal.lines(), ["first"], "what was left does not run in an application without singletons");
}

#[tokio::test]
async fn queue_does_not_wait_for_what_is_due_after_the_end() {
    let (app, journal) = works_with(&[]).await;
    let late = app.spawn(Spawn::of(job("late")).after(Duration::from_secs(3600))).unwrap();
    let never = app.spawn(Spawn::of(job("never")).after(Duration::MAX)).unwrap();
    let retries = app.spawn(Spawn::of(Job { fails: 9, ..job("retry") }).retries(3).backoff(30 * SECOND)).unwrap();
    let before = app.env().now();
    app.shutdown().await.unwrap();
    assert_eq!(app.env().now(), before, "at once");
    for id in [late, never, retries] {
        assert_eq!(state(&app, id), State::Expired);
    }
    assert_eq!(
        status(&app, retries).error.unwrap(),
        "the application stopped before its time came; it had failed: not yet"
    );
    assert_eq!(journal.lines(), ["retry"]);
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Leave {
    after: u64,
}

#[handler]
async fn leaves(command: Leave, cx: &Context) -> Result<()> {
    cx.env().sleep(SECOND).await;
    cx.emit(Left).await?;
    cx.spawn(Spawn::of(job("spawned")).after(Duration::from_secs(command.after)))?;
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Left;

#[handler]
async fn left(_event: &Left, journal: &Journal) -> Result<()> {
    journal.note("left");
    Ok(())
}

#[tokio::test]
async fn queue_takes_what_running_messages_put_in_while_the_application_stops() {
    for (after, expected) in [(0, 2), (3600, 1)] {
        let (app, journal) = works_with(&[]).await;
        let sent = app.env().spawn({
            let app = app.clone();
            async move { app.send(Leave { after }).await }
        });
        app.advance(Duration::ZERO).await;
        let before = app.env().now();
        app.world().drive(app.shutdown()).await.unwrap();
        assert_eq!(app.env().now() - before, SECOND, "what is due after the end is not waited for");
        assert!(sent.await.unwrap().is_ok());
        assert_eq!(journal.lines().len(), expected, "{:?}", journal.lines());
    }
}

#[tokio::test]
async fn queue_does_not_keep_an_application_that_everybody_has_dropped() {
    let (app, journal) = works_with(&[]).await;
    app.spawn(Spawn::of(job("late")).after(SECOND)).unwrap();
    let (world, weak) = (app.world().clone(), Arc::downgrade(&journal));
    drop((app, journal));
    world.advance(Duration::ZERO).await;
    assert!(weak.upgrade().is_none());
    world.advance(2 * SECOND).await;
}

// ---- what a job inherits

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Outer;

#[handler]
async fn outer(_command: Outer, cx: &Context) -> Result<String> {
    cx.spawn(Inner)?;
    Ok(cx.trace_id().to_string())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Inner;

#[handler]
async fn inner(_command: Inner, journal: &Journal, cx: &Context) -> Result<()> {
    journal.note(cx.identity().subject.clone().unwrap_or_default());
    journal.note(cx.trace_id().to_string());
    journal.note(cx.session()?.id().as_str());
    journal.note(cx.cause().map(|cause| cause.full_name()).unwrap_or_default());
    journal.note(format!("{} {:?}", cx.depth(), cx.remaining()));
    Ok(())
}

#[tokio::test]
async fn job_inherits_caller_trace_session_and_cause() {
    let (app, journal) = works_with(&[]).await;
    let call = Call::by(Identity::user("ada")).in_session("s-1");
    let trace = app.track().call(call).send(Outer).await.reply.unwrap();
    assert_eq!(journal.lines(), ["ada", &trace, "s-1", "queue.Outer", "1 Some(30s)"]);
    let status = &app.jobs().history()[0];
    assert_eq!((status.trace_id.to_string(), status.cause.as_deref()), (trace, Some("queue.Outer")));
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Endless;

#[handler]
async fn endless(_command: Endless, journal: &Journal, cx: &Context) -> Result<()> {
    journal.note("x");
    cx.spawn(Endless).map(drop)
}

#[tokio::test]
async fn job_loop_ends() {
    let (app, journal) = works_with(&[]).await;
    let tracked = app.track().send(Endless).await;
    assert_eq!(tracked.failed().last().unwrap().failure.as_ref().unwrap().code, "PT0302");
    assert_eq!(journal.lines().len(), 65);
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct SpawnAndFail;

#[handler]
async fn spawn_and_fail(_command: SpawnAndFail, cx: &Context) -> Result<()> {
    cx.spawn(job("spawned"))?;
    cx.emit(Left).await?;
    Err(Error::conflict("no"))
}

#[tokio::test]
async fn job_runs_also_when_the_message_that_spawned_it_fails() {
    let (app, journal) = works_with(&[]).await;
    app.track().send(SpawnAndFail).await.failed_with(Kind::Conflict);
    assert_eq!(journal.lines(), ["spawned"]);
}

// ---- under load

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn queue_loses_nothing_under_concurrency() {
    const EACH: usize = 500;
    let journal = Arc::new(Journal::default());
    let config = Works::BLUEPRINT.loader().hermetic();
    let config =
        ["queue.capacity=100", "queue.workers=7", "queue.history=10000"].iter().fold(config, |c, set| c.set(*set));
    let builder = Works::builder().replace(journal.clone()).config(config.load().unwrap());
    let app = builder.build().await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|task| {
            let app = app.clone();
            app.env().clone().spawn(async move {
                for n in 0..EACH {
                    let spawn = Spawn::of(job(&format!("{task}.{n}")));
                    let spawn = match n % 5 {
                        0 => spawn.priority(Priority::High),
                        1 => spawn.after(Duration::from_micros(n as u64)),
                        _ => spawn,
                    };
                    while let Err(full) = app.spawn(spawn.clone()) {
                        assert_eq!(full.code(), "PT0314");
                        tokio::task::yield_now().await;
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    app.jobs().idle().await;
    let mut times: BTreeMap<String, u32> = BTreeMap::new();
    for line in journal.lines() {
        *times.entry(line).or_default() += 1;
    }
    assert_eq!(times.len(), 8 * EACH);
    assert!(times.values().all(|times| *times == 1), "each once");
    let history = app.jobs().history();
    assert_eq!(history.len(), 8 * EACH);
    assert!(history.iter().all(|job| job.state == State::Done));
    assert!(journal.most.load(Ordering::SeqCst) <= 7);
    app.shutdown().await.unwrap();
}
