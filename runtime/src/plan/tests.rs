//! Plans in virtual time: order, data, failures, cancellation, and random plans against a model.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;

use super::{Finished, Given, OnFailure, Plan, PlanBuilder, Progress, Report, RunState, Step, StepState};
use crate::app::{Blueprint, TestApp};
use crate::error::{Error, Kind, Result};
use crate::identity::Identity;

static BLUEPRINT: Blueprint = Blueprint {
    name: "Plans",
    version: "1",
    env_prefix: "PLANS",
    modules: &[],
    behaviors: &[],
    authorization: false,
    fakes: &[],
    place: crate::__place!(),
};

fn on_tokio<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

async fn app(seed: u64) -> TestApp {
    BLUEPRINT.test().seed(seed).patience(Duration::ZERO).build().await.unwrap()
}

async fn run(app: &TestApp, plan: &Plan) -> Result<Finished> {
    let cx = app.context(Identity::ANONYMOUS);
    app.world().drive(plan.run(&cx)).await
}

/// Builds a plan and runs it.
fn ran(plan: PlanBuilder) -> Finished {
    on_tokio(async { run(&app(0).await, &plan.build().unwrap()).await.unwrap() })
}

/// Writes down what is done, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }

    fn text(&self) -> String {
        self.0.lock().unwrap().join(" ")
    }

    /// A step that takes `ms` and notes that it began and ended, and when it is undone.
    fn step(&self, name: &'static str, ms: u64) -> Step {
        let (log, undo) = (self.clone(), self.clone());
        Step::new(name, move |given: Given| {
            let log = log.clone();
            async move {
                log.note(format!("{name}<"));
                given.context().env().sleep(Duration::from_millis(ms)).await;
                log.note(format!(">{name}"));
                Ok(())
            }
        })
        .compensate(move |given: Given| {
            let log = undo.clone();
            async move {
                given.context().env().sleep(Duration::from_millis(1)).await;
                log.note(format!("-{name}"));
                Ok(())
            }
        })
    }

    fn fails(&self, name: &'static str, ms: u64) -> Step {
        let log = self.clone();
        Step::new(name, move |given: Given| {
            let log = log.clone();
            async move {
                log.note(format!("{name}<"));
                given.context().env().sleep(Duration::from_millis(ms)).await;
                Err::<(), _>(Error::unavailable(format!("{name} is away")))
            }
        })
    }
}

fn states(report: &Report) -> String {
    report.steps.iter().map(|step| format!("{}: {}", step.name, step.state)).collect::<Vec<_>>().join(", ")
}

#[derive(Debug, Clone, PartialEq)]
struct Number(u32);
struct Text(String);

#[test]
fn what_is_independent_runs_at_the_same_time_and_the_rest_in_order() {
    let log = Log::default();
    let plan = Plan::builder("p")
        .step(log.step("a", 10))
        .step(log.step("b", 20))
        .step(log.step("c", 1).after("a").after("b"))
        .step(log.step("z", 1).before("a"));
    let outcome = ran(plan);
    assert_eq!(log.text(), "b< z< >z a< >a >b c< >c");
    assert_eq!(outcome.report().state, RunState::Succeeded);
    assert_eq!(outcome.report().took_us, 21_000);
    assert_eq!(outcome.report().step("a").unwrap().began_us, Some(1_000));
}

#[test]
fn a_limit_and_a_sequence_hold() {
    let log = Log::default();
    let three = |log: &Log| Plan::builder("p").step(log.step("a", 3)).step(log.step("b", 1)).step(log.step("c", 1));
    drop(ran(three(&log).limit(2)));
    assert_eq!(log.text(), "a< b< >b c< >c >a");
    let log = Log::default();
    drop(ran(three(&log).sequential()));
    assert_eq!(log.text(), "a< >a b< >b c< >c");
}

#[test]
fn values_go_from_step_to_step_shared_then_by_value() {
    let plan = Plan::builder("p")
        .step(
            Step::new("own", |given: Given| async move { Ok(Text(format!("{}!", given.take::<Number>()?.0))) })
                .consumes::<Number>(),
        )
        .step(Step::new("make", |_: Given| async { Ok(Number(7)) }))
        .step(
            Step::new("read", |given: Given| async move {
                given.context().env().sleep(Duration::from_millis(5)).await;
                assert_eq!(given.get::<Number>()?.0, 7);
                Ok(())
            })
            .takes::<Number>(),
        )
        .build()
        .unwrap();
    assert_eq!(plan.levels(), [vec![1], vec![2], vec![0]], "who takes it by value comes last");
    on_tokio(async {
        let outcome = run(&app(0).await, &plan).await.unwrap();
        assert_eq!(outcome.output::<Text>().unwrap().0, "7!");
        assert!(outcome.output::<Number>().is_none());
    });
}

#[test]
fn an_input_is_given_and_an_output_answered() {
    let plan = Plan::builder("p")
        .input::<u32>()
        .output::<Number>()
        .step(Step::new("add", |given: Given| async move { Ok(Number(given.take::<u32>()? + 1)) }).consumes::<u32>())
        .build()
        .unwrap();
    on_tokio(async {
        let app = app(0).await;
        let cx = app.context(Identity::ANONYMOUS);
        assert_eq!(plan.run_with(&cx, 1_u32).await.unwrap().into_output::<Number>().unwrap(), Number(2));
        assert_eq!(plan.run(&cx).await.err().unwrap().code(), "PT0332");
    });
}

#[test]
fn a_failure_undoes_what_was_done_in_reverse_and_starts_nothing_new() {
    let log = Log::default();
    let plan = Plan::builder("p")
        .step(log.step("a", 1))
        .step(log.step("b", 2))
        .step(log.fails("c", 5).after("a"))
        .step(log.step("long", 50))
        .step(log.step("never", 1).after("c"));
    let outcome = ran(plan);
    // What was at work may end, and is undone as well.
    assert_eq!(log.text(), "a< b< long< >a c< >b >long -long -b -a");
    let report = outcome.report();
    assert_eq!(report.state, RunState::Undone);
    assert_eq!(report.cause.as_ref().unwrap().step.as_deref(), Some("c"));
    assert_eq!(report.step("never").unwrap().state, StepState::NotStarted);
    assert!(report.step("a").unwrap().undo.as_ref().unwrap().done);
    assert_eq!(outcome.into_report().unwrap_err().kind(), Kind::Unavailable);
}

#[test]
fn halt_undoes_nothing() {
    let log = Log::default();
    let plan = Plan::builder("p").step(log.step("a", 1)).step(log.fails("b", 1).after("a").on_failure(OnFailure::Halt));
    let outcome = ran(plan);
    assert_eq!(log.text(), "a< >a b<");
    assert_eq!(outcome.report().state, RunState::Halted);
}

#[test]
fn continue_skips_what_needs_the_output_and_runs_the_rest() {
    let plan = Plan::builder("p")
        .step(
            Step::new("make", |_: Given| async { Err::<Number, _>(Error::conflict("no")) })
                .on_failure(OnFailure::Continue),
        )
        .step(Step::new("needs", |_: Given| async { Ok(Text(String::new())) }).takes::<Number>())
        .step(Step::new("needs_that", |_: Given| async { Ok(()) }).takes::<Text>())
        .step(
            Step::new("may", |given: Given| async move {
                assert!(given.find::<Number>().is_none());
                Ok(())
            })
            .takes_if_there::<Number>(),
        )
        .step(Step::new("behind", |_: Given| async { Ok(()) }).after("make"));
    let outcome = ran(plan);
    let expected = "make: failed, needs: skipped, needs_that: skipped, may: done, behind: done";
    assert_eq!(states(outcome.report()), expected);
    assert_eq!(outcome.report().state, RunState::Succeeded);
}

#[test]
fn a_condition_skips() {
    let plan = Plan::builder("p")
        .output::<Number>()
        .step(Step::new("make", |_: Given| async { Ok(Number(1)) }).when(|_: Given| async { Ok(false) }))
        .step(Step::new("needs", |_: Given| async { Ok(()) }).takes::<Number>());
    let outcome = ran(plan);
    assert_eq!(states(outcome.report()), "make: skipped, needs: skipped");
    assert_eq!(outcome.into_output::<Number>().unwrap_err().code(), "PT0334");
}

#[test]
fn tries_back_off_and_end() {
    let count = Arc::new(AtomicU32::new(0));
    let own = count.clone();
    let flaky = Step::new("flaky", move |given: Given| {
        let tried = own.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            assert_eq!(given.tried(), tried);
            if tried < 3 { Err(Error::unavailable("not yet")) } else { Ok(()) }
        }
    });
    let outcome = ran(Plan::builder("p").step(flaky.retries(5).backoff(Duration::from_secs(1))));
    let step = outcome.report().step("flaky").unwrap();
    assert_eq!((step.state, step.tries), (StepState::Done, 3));
    // One and two seconds, of each the second half random.
    assert!((1_500_000..=3_000_000).contains(&step.took_us), "{}", step.took_us);
    // What will not pass is not tried again.
    let wrong = Step::new("wrong", |_: Given| async { Err::<(), _>(Error::invalid("wrong")) });
    assert_eq!(ran(Plan::builder("p").step(wrong.retries(5))).report().steps[0].tries, 1);
}

#[test]
fn a_timeout_is_for_each_try() {
    let slow = Step::new("slow", |given: Given| async move {
        given.context().env().sleep(Duration::from_secs(60)).await;
        Ok(())
    });
    let slow = slow.timeout(Duration::from_secs(1)).retries(1).backoff(Duration::from_millis(2));
    let outcome = ran(Plan::builder("p").step(slow));
    let step = &outcome.report().steps[0];
    assert_eq!((step.state, step.tries, step.cause.as_ref().unwrap().kind), (StepState::Failed, 2, Kind::Timeout));
    assert!(step.took_us >= 2_000_000 && step.took_us < 2_100_000);
}

#[test]
fn a_panic_fails_its_step_alone() {
    let log = Log::default();
    let bad = Step::new("bad", |given: Given| async move {
        assert!(given.tried() > 1, "a defect");
        Ok(())
    });
    let plan = || Plan::builder("p").step(log.step("a", 1));
    let outcome = ran(plan().step(bad.clone().after("a")));
    assert_eq!(outcome.report().state, RunState::Undone);
    let message = &outcome.report().cause.as_ref().unwrap().message;
    assert_eq!(message, "internal error", "what went wrong inside is in the log only");
    // A panic may pass as any defect may.
    assert_eq!(ran(plan().step(bad.after("a").retries(1))).report().state, RunState::Succeeded);
}

#[test]
fn a_compensation_that_fails_stops_no_other() {
    let log = Log::default();
    let bad = |_: Given| async { Err(Error::conflict("cannot")) };
    let plan = Plan::builder("p")
        .step(log.step("a", 1))
        .step(log.step("b", 1).after("a").compensate(bad))
        .step(log.fails("c", 1).after("b"));
    let outcome = ran(plan);
    assert_eq!(log.text(), "a< >a b< >b c< -a");
    assert_eq!(outcome.report().state, RunState::PartlyUndone);
    assert_eq!(outcome.report().step("b").unwrap().undo.as_ref().unwrap().cause.as_ref().unwrap().kind, Kind::Conflict);
}

#[test]
fn compensation_has_a_deadline_of_its_own() {
    let log = Log::default();
    let stuck = |_: Given| std::future::pending();
    let plan = Plan::builder("p")
        .undo_within(Duration::from_secs(3))
        .step(log.step("a", 1))
        .step(log.step("b", 1).after("a").compensate(stuck))
        .step(log.fails("c", 1).after("b"));
    let outcome = ran(plan);
    let report = outcome.report();
    assert_eq!(report.state, RunState::PartlyUndone);
    let undo = |name: &str| report.step(name).unwrap().undo.clone().unwrap();
    assert_eq!(undo("b").cause.unwrap().code, "PT0333");
    assert!(!undo("a").done, "no time was left");
    assert!(report.took_us < 3_100_000);
}

#[test]
fn a_caller_who_goes_gets_everything_undone() {
    on_tokio(async {
        let app = app(0).await;
        let log = Log::default();
        let plan = Plan::builder("p")
            .exclusive()
            .step(log.step("a", 1))
            .step(log.step("b", 10).after("a"))
            .step(log.step("c", 1).after("b"))
            .build()
            .unwrap();
        let cx = app.context(Identity::ANONYMOUS);
        let gone = app.env().timeout(Duration::from_millis(5), plan.run(&cx));
        assert!(app.world().drive(gone).await.is_err());
        assert_eq!(log.text(), "a< >a b<", "not undone yet");
        let again = plan.run(&cx).await.err().unwrap();
        assert_eq!((again.kind(), again.code()), (Kind::Conflict, "PT0331"), "it is not over before it is undone");
        app.advance(Duration::from_millis(5)).await;
        assert_eq!(log.text(), "a< >a b< -a");
        let report = app.plans().last("p").unwrap();
        assert_eq!(report.state, RunState::Undone);
        assert_eq!(states(&report), "a: done, b: cancelled, c: not started");
        assert_eq!(report.cause.as_ref().unwrap().kind, Kind::Cancelled);
        assert_eq!(run(&app, &plan).await.unwrap().report().state, RunState::Succeeded, "it may run again");
    });
}

#[test]
fn a_caller_who_goes_while_it_is_undone_changes_nothing() {
    on_tokio(async {
        let app = app(0).await;
        let log = Log::default();
        let plan = Plan::builder("p").step(log.step("a", 1)).step(log.fails("b", 1).after("a")).build().unwrap();
        let cx = app.context(Identity::ANONYMOUS);
        let gone = app.env().timeout(Duration::from_micros(2_500), plan.run(&cx));
        assert!(app.world().drive(gone).await.is_err());
        assert_eq!(log.text(), "a< >a b<");
        app.advance(Duration::from_millis(5)).await;
        assert_eq!(log.text(), "a< >a b< -a");
        assert_eq!(app.plans().reports().len(), 1);
    });
}

#[test]
fn a_stop_waits_for_what_is_undone() {
    on_tokio(async {
        let app = app(0).await;
        let log = Log::default();
        let plan = Plan::builder("p").step(log.step("a", 1)).step(log.step("b", 10).after("a")).build().unwrap();
        let cx = app.context(Identity::ANONYMOUS);
        let gone = app.env().timeout(Duration::from_millis(5), plan.run(&cx));
        assert!(app.world().drive(gone).await.is_err());
        app.world().drive(app.shutdown()).await.unwrap();
        assert_eq!(log.text(), "a< >a b< -a");
    });
}

#[test]
fn a_stop_waits_for_what_is_undone_longer_than_for_anything_else() {
    on_tokio(async {
        let app = app(0).await;
        let log = Log::default();
        let slow = |given: Given| async move {
            given.context().env().sleep(Duration::from_secs(25)).await;
            Ok(())
        };
        let plan = Plan::builder("p")
            .step(log.step("a", 1))
            .step(log.step("b", 1).after("a").compensate(slow))
            .step(log.step("c", 10).after("b"))
            .build()
            .unwrap();
        let cx = app.context(Identity::ANONYMOUS);
        let gone = app.env().timeout(Duration::from_millis(5), plan.run(&cx));
        assert!(app.world().drive(gone).await.is_err());
        app.world().drive(app.shutdown_within(Duration::from_secs(1))).await.unwrap();
        assert_eq!(log.text(), "a< >a b< >b c< -a");
        assert_eq!(app.plans().last("p").unwrap().state, RunState::Undone);
    });
}

#[test]
fn a_step_at_work_that_halts_keeps_what_was_done() {
    on_tokio(async {
        let app = app(0).await;
        let log = Log::default();
        let plan = Plan::builder("p")
            .step(log.step("a", 1))
            .step(log.step("b", 10).after("a").on_failure(OnFailure::Halt))
            .build()
            .unwrap();
        let cx = app.context(Identity::ANONYMOUS);
        let gone = app.env().timeout(Duration::from_millis(5), plan.run(&cx));
        assert!(app.world().drive(gone).await.is_err());
        app.advance(Duration::from_millis(5)).await;
        assert_eq!(log.text(), "a< >a b<");
        assert_eq!(app.plans().last("p").unwrap().state, RunState::Cancelled);
    });
}

#[test]
fn a_caller_who_goes_after_a_failure_changes_no_more_than_who_is_cancelled() {
    on_tokio(async {
        let app = app(0).await;
        let log = Log::default();
        let plan = Plan::builder("p")
            .step(log.step("a", 1))
            .step(log.step("long", 100))
            .step(log.fails("b", 1).after("a"))
            .build()
            .unwrap();
        let cx = app.context(Identity::ANONYMOUS);
        let gone = app.env().timeout(Duration::from_millis(5), plan.run(&cx));
        assert!(app.world().drive(gone).await.is_err());
        app.advance(Duration::from_millis(5)).await;
        let report = app.plans().last("p").unwrap();
        assert_eq!(states(&report), "a: done, long: cancelled, b: failed");
        assert_eq!((report.state, report.cause.as_ref().unwrap().kind), (RunState::Undone, Kind::Unavailable));
        assert_eq!(log.text(), "a< long< >a b< -a");
    });
}

#[test]
fn progress_is_told_while_it_is_watched() {
    on_tokio(async {
        let app = app(0).await;
        let (log, heard) = (Log::default(), Log::default());
        let own = heard.clone();
        let watch = app.plans().watch(move |progress| match progress {
            Progress::Began { plan, .. } => own.note(plan.name()),
            Progress::StepBegan { step, .. } => own.note(format!("{step}<")),
            Progress::StepEnded { step, state, .. } => own.note(format!("{step}={state}")),
            Progress::UndoEnded { step, .. } => own.note(format!("-{step}")),
            Progress::Ended { report } => own.note(report.state.to_string()),
            Progress::UndoBegan { .. } => {}
        });
        let plan = Plan::builder("p").step(log.step("a", 1)).step(log.fails("b", 1).after("a")).build().unwrap();
        drop(run(&app, &plan).await);
        assert_eq!(heard.text(), "p a< a=done b< b=failed -a undone");
        drop(watch);
        let _panics = app.plans().watch(|_| panic!("a listener's own affair"));
        drop(run(&app, &plan).await);
        assert_eq!(heard.text(), "p a< a=done b< b=failed -a undone");
    });
}

#[test]
fn every_mistake_of_a_plan_is_told_at_once() {
    let nothing = |name: &'static str| Step::new(name, |_: Given| async { Ok(()) });
    let number = |name: &'static str| Step::new(name, |_: Given| async { Ok(Number(1)) });
    let error = Plan::builder("p")
        .output::<u8>()
        .step(number("one"))
        .step(number("two"))
        .step(nothing("reader").takes::<Number>().takes::<Text>())
        .step(nothing("mine").consumes::<Number>().retries(1))
        .step(nothing("yours").consumes::<Number>().after("reeder"))
        .step(nothing("a").after("b"))
        .step(nothing("b").after("a"))
        .step(nothing("b"))
        .build()
        .unwrap_err();
    let told = error.mistakes().join("\n").replace("partitura_runtime::plan::tests::", "");
    assert_eq!(
        told,
        "two steps are called `b`\n\
         `one` and `two` both give `Number`\n\
         `reader` takes `Text`, which no step gives\n\
         `mine` is tried again and takes `Number` by value\n\
         `mine` and `yours` both take `Number` by value\n\
         it answers with `u8`, which no step gives\n\
         `yours` is after `reeder`, which is no step; did you mean `reader`?"
    );
    let cycle = Plan::builder("p")
        .step(nothing("x"))
        .step(nothing("a").after("c").after("x"))
        .step(nothing("b").after("a"))
        .step(nothing("c").after("b"))
        .step(nothing("behind").after("c"))
        .build()
        .unwrap_err();
    assert_eq!(cycle.mistakes(), ["cycle of steps: `a` -> `b` -> `c` -> `a`: none of them can be first"]);
    assert_eq!(Plan::builder("p").build().unwrap_err().mistakes(), ["it has no step"]);
}

/// A random step: what it comes after (all before it), how long it takes, how it ends.
#[derive(Debug, Clone)]
struct Drawn {
    after: Vec<usize>,
    takes: Vec<u8>,
    ms: u64,
    ends: Ends,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Ends {
    Well,
    Unwanted,
    Continues,
    Compensates,
    Halts,
}

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let ends = prop_oneof![
        60 => Just(Ends::Well),
        4 => Just(Ends::Unwanted),
        4 => Just(Ends::Continues),
        1 => Just(Ends::Compensates),
        1 => Just(Ends::Halts),
    ];
    let step = (
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        prop::collection::vec(0..3_u8, 0..2),
        0..20_u64,
        ends,
    );
    prop::collection::vec(step, 1..200).prop_map(|steps| {
        let one = |(at, (after, takes, ms, ends)): (usize, (Vec<prop::sample::Index>, Vec<u8>, u64, Ends))| Drawn {
            after: if at == 0 { Vec::new() } else { after.iter().map(|index| index.index(at)).collect() },
            takes: if at < 3 { Vec::new() } else { takes },
            ms,
            ends,
        };
        steps.into_iter().enumerate().map(one).collect()
    })
}

struct Gift<const N: u8>;

fn plan_of(drawn: &[Drawn], limit: usize, log: &Log) -> Plan {
    let mut builder = Plan::builder("random").limit(limit);
    for (at, own) in drawn.iter().enumerate() {
        builder = builder.step(match at {
            0 => step_of::<Gift<0>>(drawn.len(), at, own, log, || Gift),
            1 => step_of::<Gift<1>>(drawn.len(), at, own, log, || Gift),
            2 => step_of::<Gift<2>>(drawn.len(), at, own, log, || Gift),
            _ => step_of::<()>(drawn.len(), at, own, log, || ()),
        });
    }
    builder.build().unwrap()
}

fn step_of<T: Send + Sync + 'static>(all: usize, at: usize, own: &Drawn, log: &Log, gift: fn() -> T) -> Step {
    let (ms, ends, body, undo) = (own.ms, own.ends, log.clone(), log.clone());
    let mut step = Step::new(format!("s{at}"), move |given: Given| {
        let log = body.clone();
        async move {
            log.note(format!("<{at}"));
            given.context().env().sleep(Duration::from_millis(ms)).await;
            log.note(format!(">{at}"));
            match ends {
                Ends::Well | Ends::Unwanted => Ok(gift()),
                _ => Err(Error::conflict("drawn")),
            }
        }
    })
    .when(move |_: Given| async move { Ok(ends != Ends::Unwanted) })
    .compensate(move |_: Given| {
        undo.note(format!("-{at}"));
        async { Ok(()) }
    });
    step = own.after.iter().fold(step, |step, other| step.after(format!("s{other}")));
    for taken in own.takes.iter().filter(|taken| usize::from(**taken) < all) {
        step = match taken {
            0 => step.takes::<Gift<0>>(),
            1 => step.takes::<Gift<1>>(),
            _ => step.takes::<Gift<2>>(),
        };
    }
    step.on_failure(match ends {
        Ends::Halts => OnFailure::Halt,
        Ends::Continues => OnFailure::Continue,
        _ => OnFailure::Compensate,
    })
}

/// What each step must be, were nobody to fail the plan.
fn expected(drawn: &[Drawn]) -> Vec<StepState> {
    let mut states: Vec<StepState> = Vec::new();
    for own in drawn {
        let lacks = own
            .takes
            .iter()
            .any(|taken| states.get(usize::from(*taken)).is_some_and(|state| *state != StepState::Done));
        states.push(match own.ends {
            _ if lacks => StepState::Skipped,
            Ends::Well => StepState::Done,
            Ends::Unwanted => StepState::Skipped,
            _ => StepState::Failed,
        });
    }
    states
}

fn numbers(log: &[String], mark: char) -> Vec<usize> {
    log.iter().filter_map(|line| line.strip_prefix(mark)).map(|number| number.parse().unwrap()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Every run respects the order and the limit, finishes what can finish, undoes in reverse, and is the same for the same seed.
    #[test]
    fn random_plans_run_as_their_model(drawn in drawn(), limit in 1..20_usize, seed: u64) {
        let both: Vec<(Report, Vec<String>)> = (0..2).map(|_| on_tokio(async {
            let log = Log::default();
            let plan = plan_of(&drawn, limit, &log);
            let report = run(&app(seed).await, &plan).await.unwrap().report().clone();
            // Nothing comes before what it comes after.
            let lines = log.0.lock().unwrap().clone();
            for edge in plan.edges() {
                let position = |mark: &str, step: usize| lines.iter().position(|line| *line == format!("{mark}{step}"));
                if let (Some(began), Some(ended)) = (position("<", edge.to), position(">", edge.from)) {
                    assert!(began > ended, "{edge:?}");
                }
            }
            (report, lines)
        })).collect();
        prop_assert_eq!(&both[0], &both[1]);
        let (report, lines) = &both[0];
        let mut at_work: BTreeSet<&str> = BTreeSet::new();
        for line in lines {
            match line.split_at(1) {
                ("<", step) => prop_assert!(at_work.insert(step)),
                (">", step) => prop_assert!(at_work.remove(step)),
                _ => prop_assert!(at_work.is_empty(), "nothing is at work when steps are undone"),
            }
            prop_assert!(at_work.len() <= limit);
        }
        let found: Vec<StepState> = report.steps.iter().map(|step| step.state).collect();
        let model = expected(&drawn);
        let ends_it = |at: &usize| model[*at] == StepState::Failed && drawn[*at].ends != Ends::Continues;
        let done: Vec<usize> = numbers(lines, '>').into_iter().filter(|at| found[*at] == StepState::Done).collect();
        if (0..drawn.len()).any(|at| ends_it(&at)) {
            for (at, state) in found.iter().enumerate() {
                prop_assert!(*state == model[at] || *state == StepState::NotStarted, "{at}: {state}");
            }
            let halted = report.state == RunState::Halted;
            let undone: Vec<usize> = if halted { Vec::new() } else { done.into_iter().rev().collect() };
            prop_assert_eq!(numbers(lines, '-'), undone);
        } else {
            prop_assert_eq!(found, model);
            prop_assert_eq!(report.state, RunState::Succeeded);
            prop_assert!(numbers(lines, '-').is_empty());
        }
    }
}
