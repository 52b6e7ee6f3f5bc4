//! The queue under random operations: each job ends once, in the state that it must, and no bound is passed.
#![allow(missing_docs)]

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use partitura::prelude::*;
use partitura::queue::{JobId, State};
use partitura::{Priority, Spawn, TestApp};
use proptest::prelude::*;

partitura::app! { Works { modules: [] } }

/// When each job began, and whether it went well.
#[injectable]
#[derive(Default)]
pub struct Journal {
    #[init]
    tries: Mutex<HashMap<u32, Vec<(Instant, bool)>>>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Job {
    number: u32,
    seconds: u8,
    fails: u8,
    panics: bool,
}

#[handler]
async fn job(command: Job, journal: &Journal, cx: &Context) -> Result<()> {
    let began = cx.env().now();
    if command.seconds > 0 {
        cx.env().sleep(Duration::from_secs(command.seconds.into())).await;
    }
    let ok = {
        let mut tries = journal.tries.lock().unwrap();
        let tries = tries.entry(command.number).or_default();
        tries.push((began, tries.len() >= command.fails.into()));
        tries.last().unwrap().1
    };
    assert!(ok || !command.panics, "as asked");
    if ok { Ok(()) } else { Err(Error::unavailable("not yet")) }
}

#[derive(Debug, Clone)]
struct Plan {
    priority: Priority,
    delay: u8,
    expires: Option<u8>,
    seconds: u8,
    fails: u8,
    retries: u8,
    panics: bool,
}

#[derive(Debug, Clone)]
enum Step {
    Spawn(Plan),
    Advance(u8),
}

fn plan() -> impl Strategy<Value = Plan> {
    let priority = prop_oneof![Just(Priority::Low), Just(Priority::Normal), Just(Priority::High)];
    let delay = prop_oneof![2 => Just(0), 1 => 0..6_u8];
    (priority, delay, prop::option::weighted(0.3, 0..8_u8), 0..4_u8, 0..4_u8, 0..3_u8, any::<bool>()).prop_map(
        |(priority, delay, expires, seconds, fails, retries, panics)| Plan {
            priority,
            delay,
            expires,
            seconds,
            fails,
            retries,
            panics,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![3 => plan().prop_map(Step::Spawn), 1 => (0..5_u8).prop_map(Step::Advance)]
}

struct Known {
    plan: Plan,
    number: u32,
    entered: Instant,
    ended: Option<State>,
}

struct World {
    app: TestApp,
    journal: Arc<Journal>,
    capacity: usize,
    workers: usize,
    jobs: HashMap<JobId, Known>,
}

impl World {
    async fn new(capacity: usize, workers: usize) -> World {
        let journal = Arc::new(Journal::default());
        let builder = Works::test().replace(journal.clone()).set(format!("queue.capacity={capacity}"));
        let builder = builder.set(format!("queue.workers={workers}")).set("behaviors.backoff=\"1s\"");
        World { app: builder.build().await.unwrap(), journal, capacity, workers, jobs: HashMap::new() }
    }

    fn spawn(&mut self, number: u32, plan: Plan) {
        let live = self.app.jobs().live().len();
        let Plan { seconds, fails, panics, .. } = plan;
        let spawn = Spawn::of(Job { number, seconds, fails, panics }).priority(plan.priority);
        let spawn = spawn.after(Duration::from_secs(plan.delay.into())).retries(plan.retries.into());
        let spawn = match plan.expires {
            Some(expires) => spawn.expires_in(Duration::from_secs(expires.into())),
            None => spawn,
        };
        match self.app.spawn(spawn) {
            Ok(id) => {
                assert!(live < self.capacity, "one too many");
                let known = Known { plan, number, entered: self.app.env().now(), ended: None };
                assert!(self.jobs.insert(id, known).is_none(), "each has its own number");
            }
            Err(full) => assert_eq!((live, full.code()), (self.capacity, "PT0314")),
        }
    }

    /// What holds at any time.
    fn check(&mut self) {
        let (live, history) = (self.app.jobs().live(), self.app.jobs().history());
        assert!(live.len() <= self.capacity);
        assert!(live.iter().filter(|job| job.state == State::InFlight).count() <= self.workers);
        assert!(live.iter().all(|job| !job.state.is_final()) && history.iter().all(|job| job.state.is_final()));
        let ids: HashSet<JobId> = live.iter().chain(&history).map(|job| job.id).collect();
        assert_eq!(ids.len(), live.len() + history.len(), "one is there twice");
        assert_eq!(ids, self.jobs.keys().copied().collect(), "one is lost");
        for job in history {
            let known = self.jobs.get_mut(&job.id).unwrap();
            let ended = *known.ended.get_or_insert(job.state);
            assert_eq!(ended, job.state, "it ended twice");
            assert_eq!(known.state_after(&self.journal, job.tried), ended, "{job:?} {:?}", known.plan);
        }
    }

    /// Whether all places have come back: as many fit as there are, and not one more.
    fn fill(&self) {
        for _ in 0..self.capacity {
            let later = Spawn::of(Job { number: 0, seconds: 0, fails: 0, panics: false });
            self.app.spawn(later.after(Duration::from_secs(1))).unwrap();
        }
        let one_more = Job { number: 0, seconds: 0, fails: 0, panics: false };
        assert_eq!(self.app.spawn(one_more).unwrap_err().code(), "PT0314");
    }
}

impl Known {
    /// The state that follows from what the handler saw.
    fn state_after(&self, journal: &Journal, tried: u32) -> State {
        let tries = journal.tries.lock().unwrap().get(&self.number).cloned().unwrap_or_default();
        assert_eq!(tries.len(), tried as usize, "each try reaches the handler once");
        assert!(tries.len() <= usize::from(self.plan.retries) + 1);
        for (began, _) in &tries {
            let waited = *began - self.entered;
            assert!(waited >= Duration::from_secs(self.plan.delay.into()), "too soon");
            assert!(self.plan.expires.is_none_or(|expires| waited < Duration::from_secs(expires.into())), "too late");
        }
        match tries.last() {
            Some((_, true)) => State::Done,
            Some(_) if tries.len() == usize::from(self.plan.retries) + 1 => State::Failed,
            _ => State::Expired,
        }
    }
}

fn run<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn every_job_ends_once_in_the_state_that_it_must(
        steps in prop::collection::vec(step(), 0..60),
        capacity in 1..12_usize,
        workers in 1..4_usize,
        stops in any::<bool>(),
    ) {
        run(async {
            let mut world = World::new(capacity, workers).await;
            for (number, step) in (1..).zip(steps) {
                match step {
                    Step::Spawn(plan) => world.spawn(number, plan),
                    Step::Advance(seconds) => world.app.advance(Duration::from_secs(seconds.into())).await,
                }
                world.check();
            }
            let app = world.app.clone();
            if stops {
                let left = app.world().drive(app.shutdown_within(Duration::from_secs(3))).await;
                let begun = app.jobs().live();
                assert!(begun.iter().all(|job| job.state == State::InFlight), "nothing waits any more: {begun:?}");
                assert!(left.is_err() || begun.is_empty());
            }
            app.world().drive(app.jobs().idle()).await;
            world.check();
            let expired = world.jobs.values().filter(|job| job.ended == Some(State::Expired));
            assert!(stops || expired.into_iter().all(|job| job.plan.expires.is_some()));
            assert!(world.jobs.values().all(|job| job.ended.is_some()), "all have ended");
            if !stops {
                world.fill();
            }
        });
    }

    #[test]
    fn history_never_passes_its_bound(jobs in 0..40_u32, bound in 0..10_usize) {
        run(async {
            let app = Works::test().set(format!("queue.history={bound}")).build().await.unwrap();
            for number in 0..jobs {
                app.spawn(Job { number, seconds: 0, fails: 0, panics: false }).unwrap();
                assert!(app.jobs().history().len() <= bound);
            }
            app.jobs().idle().await;
            assert_eq!(app.jobs().history().len(), bound.min(jobs as usize));
        });
    }
}
