//! `#[orchestrate]`: steps, what they take and give, the message, start and stop.
#![allow(missing_docs)]

use std::sync::Mutex;
use std::time::Duration;

use partitura::plan::{Report, RunState, StepState};
use partitura::prelude::*;

partitura::app! { Plans { modules: [], behaviors: [seen] } }

/// Reads every message, and so must have a copy of it.
#[behavior]
async fn seen<M: Message>(message: &M, next: Next<'_, M>, log: &Log) -> Result<M::Reply> {
    log.seen.lock().unwrap().push(message.info().full_name());
    next.run().await
}

#[injectable]
#[derive(Default)]
pub struct Log {
    #[init]
    lines: Mutex<Vec<String>>,
    #[init]
    seen: Mutex<Vec<String>>,
}

impl Log {
    fn note(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
    }

    fn text(&self) -> String {
        self.lines.lock().unwrap().join(" ")
    }
}

/// Made for each message.
#[injectable(scoped)]
pub struct Unit {
    #[init]
    count: Mutex<u32>,
}

#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Shipped {
    to: String,
}

#[handler]
async fn told(event: &Shipped, log: &Log) -> Result<()> {
    log.note(format!("shipped to {}", event.to));
    Ok(())
}

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
pub struct Order {
    #[validate(required)]
    to: String,
    #[serde(default)]
    express: bool,
    #[serde(default)]
    fails: bool,
}

#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Receipt {
    text: String,
}

/// Delivers an order.
#[orchestrate(input = Order, output = Receipt, exclusive, undo_within = "5s")]
pub mod delivery {
    use super::{Log, Order, Receipt, Shipped, Unit};
    use partitura::prelude::*;

    pub struct Reserved(u32);
    pub struct Packed {
        boxes: u32,
    }

    /// Takes it from the shelf.
    #[step(compensate = put_back)]
    pub async fn reserve(order: &Order, log: &Log, unit: &Unit) -> Result<Reserved> {
        *unit.count.lock().unwrap() += 1;
        log.note(format!("reserve for {}", order.to));
        Ok(Reserved(3))
    }

    async fn put_back(reserved: &Reserved, log: &Log) -> Result<()> {
        log.note(format!("put back {}", reserved.0));
        Ok(())
    }

    #[step]
    fn pack(reserved: &Reserved, unit: &Unit) -> Result<Packed> {
        assert_eq!(*unit.count.lock().unwrap(), 1, "one for the whole plan");
        Ok(Packed { boxes: reserved.0 })
    }

    #[step(when = is_express, after = pack)]
    async fn hurry(log: Arc<Log>) -> Result<()> {
        log.note("hurry");
        Ok(())
    }

    fn is_express(order: &Order) -> bool {
        order.express
    }

    #[step(after = [hurry], retries = 2, backoff = "1s", timeout = "2s")]
    async fn ship(order: &Order, packed: &Packed, cx: &Context) -> Result<Receipt> {
        cx.emit(Shipped { to: order.to.clone() }).await?;
        if order.fails {
            return Err(Error::unavailable("no van"));
        }
        Ok(Receipt { text: format!("{} boxes to {}", packed.boxes, order.to) })
    }
}

fn order(to: &str) -> Order {
    Order { to: to.into(), express: false, fails: false }
}

/// A plan in a plan.
#[orchestrate(sequential)]
pub mod warm_up {
    use super::Log;
    use partitura::prelude::*;

    #[step]
    async fn one(log: &Log) -> Result<()> {
        log.note("one");
        Ok(())
    }

    #[step]
    async fn two(log: &Log) -> Result<()> {
        log.note("two");
        Ok(())
    }
}

#[orchestrate(on = start)]
pub mod opening {
    use super::Log;
    use partitura::prelude::*;

    #[step]
    use super::warm_up;

    #[step(after = warm_up, compensate = close)]
    async fn open(log: &Log) -> Result<()> {
        log.note("open");
        Ok(())
    }

    async fn close(log: &Log) -> Result<()> {
        log.note("close again");
        Ok(())
    }
}

#[orchestrate(on = start)]
pub mod unlocking {
    use super::Log;
    use partitura::prelude::*;

    #[derive(Deserialize, Default)]
    #[config(section = "door")]
    pub struct Door {
        #[serde(default)]
        jams: bool,
        #[serde(default)]
        seconds: u64,
    }

    #[step]
    async fn unlock(door: &Door, log: &Log, cx: &Context) -> Result<()> {
        cx.env().sleep(std::time::Duration::from_secs(door.seconds)).await;
        if door.jams {
            return Err(Error::unavailable("the door jams"));
        }
        log.note("unlock");
        Ok(())
    }
}

#[orchestrate(on = stop)]
pub mod closing {
    use super::Log;
    use partitura::prelude::*;

    #[step]
    async fn lock(log: &Log) -> Result<()> {
        log.note("lock");
        Ok(())
    }
}

async fn app() -> (partitura::TestApp, Arc<Log>) {
    let log = Arc::new(Log::default());
    let app = Plans::test().replace::<Log>(log.clone()).patience(Duration::ZERO).build().await.unwrap();
    (app, log)
}

#[tokio::test]
async fn a_plan_is_a_message_with_an_input_and_a_typed_result() {
    let (app, log) = app().await;
    let receipt = app.send(delivery::Run(order("Ada"))).await.unwrap();
    assert_eq!(receipt.text, "3 boxes to Ada");
    app.world().drive(app.shutdown()).await.unwrap();
    assert_eq!(log.text(), "reserve for Ada shipped to Ada");
    assert_eq!(*log.seen.lock().unwrap(), ["delivery.Run", "plans.Shipped"]);
}

#[tokio::test]
async fn a_plan_is_reached_by_name_and_its_input_is_checked() {
    let (app, _) = app().await;
    let reply = app.execute("delivery.Run", serde_json::json!({ "to": "Ada", "express": true })).await.unwrap();
    assert_eq!(reply["text"], "3 boxes to Ada");
    let error = app.execute("delivery.Run", serde_json::json!({ "to": " " })).await.unwrap_err();
    assert_eq!((error.http_status(), error.failures()[0].pointer.as_str()), (422, "/to"));
    let error = app.execute("delivery.Run", serde_json::json!({ "too": "Ada" })).await.unwrap_err();
    assert!(error.is_malformed());
    let report = app.execute("warm_up.Run", serde_json::json!({})).await.unwrap();
    let report: Report = serde_json::from_value(report).unwrap();
    assert_eq!((report.state, report.count(StepState::Done)), (RunState::Succeeded, 2));
}

#[tokio::test]
async fn a_failure_is_tried_again_then_undone_and_emits_nothing() {
    let (app, log) = app().await;
    let run = delivery::Run(Order { fails: true, ..order("Ada") });
    let error = app.world().drive(app.send(run)).await.err().unwrap();
    assert_eq!(error.message(), "no van");
    app.world().drive(app.shutdown()).await.unwrap();
    assert_eq!(log.text(), "reserve for Ada put back 3");
    let report = app.plans().last("delivery").unwrap();
    assert_eq!(report.state, RunState::Undone);
    assert_eq!(report.step("ship").unwrap().tries, 3);
    assert_eq!(report.step("hurry").unwrap().state, StepState::Skipped);
    assert!(report.to_string().contains("undone in"), "{report}");
}

#[tokio::test]
async fn start_plans_run_in_order_and_stop_plans_at_the_stop() {
    let (app, log) = app().await;
    app.world().drive(app.start()).await.unwrap();
    assert_eq!(log.text(), "one two open unlock");
    let reports = app.plans().reports();
    assert_eq!(reports[0].plan, "warm_up");
    assert_eq!(reports[0].parent.as_deref(), Some(reports[1].run.as_str()), "it ran within the other");
    app.world().drive(app.shutdown()).await.unwrap();
    assert_eq!(log.text(), "one two open unlock lock");
}

#[tokio::test]
async fn a_start_plan_that_fails_undoes_those_before_it() {
    let log = Arc::new(Log::default());
    let app = Plans::test().replace::<Log>(log.clone()).set("door.jams=true").build().await.unwrap();
    let error = app.world().drive(app.start()).await.unwrap_err();
    assert_eq!(error.message(), "the plan `unlocking` failed: the door jams");
    assert_eq!(log.text(), "one two open close again");
    app.world().drive(app.shutdown()).await.unwrap();
    assert_eq!(log.text(), "one two open close again", "what did not start is not stopped");
}

#[tokio::test]
async fn a_start_that_is_stopped_undoes_what_was_done() {
    let log = Arc::new(Log::default());
    let app = Plans::test().replace::<Log>(log.clone()).set("door.seconds=5").build().await.unwrap();
    let stop = app.env().sleep(Duration::from_secs(1));
    let error = app.world().drive(app.start_until(stop)).await.unwrap_err();
    assert_eq!((error.kind(), error.message()), (Kind::Cancelled, "stopped while the plan `unlocking` ran"));
    assert_eq!(log.text(), "one two open close again");
    assert_eq!(app.plans().last("unlocking").unwrap().state, RunState::Undone);
}

#[tokio::test]
async fn a_start_that_is_dropped_undoes_what_was_done() {
    let log = Arc::new(Log::default());
    let app = Plans::test().replace::<Log>(log.clone()).set("door.seconds=5").build().await.unwrap();
    let gone = app.env().timeout(Duration::from_secs(1), app.start());
    assert!(app.world().drive(gone).await.is_err());
    app.world().drive(app.shutdown()).await.unwrap();
    assert_eq!(log.text(), "one two open close again");
}

#[tokio::test]
async fn the_host_runs_start_and_stop_plans() {
    let log = Arc::new(Log::default());
    let app = Plans::test().replace::<Log>(log.clone()).build().await.unwrap();
    let own = log.clone();
    let ready = move |_: &[partitura::host::Opened]| own.note("ready");
    app.world().drive(partitura::host::serve(&app, &[], &[], ready, async {})).await.unwrap();
    assert_eq!(log.text(), "one two open unlock ready lock");
    let app = Plans::test().replace::<Log>(log.clone()).set("door.jams=true").build().await.unwrap();
    let error = partitura::host::serve(&app, &[], &[], |_| {}, std::future::pending());
    let error = app.world().drive(error).await.unwrap_err();
    assert!(matches!(error, partitura::StartError::Plans(_)), "{error}");
    assert_eq!(error.exit_code(), 69);
}

#[test]
fn the_plan_is_a_value() {
    let plan = Plans::BLUEPRINT.plans().into_iter().find(|plan| plan.name() == "delivery").unwrap();
    let names: Vec<&str> = plan.steps().iter().map(partitura::plan::Step::name).collect();
    assert_eq!(names, ["reserve", "pack", "hurry", "ship"]);
    assert_eq!(plan.levels(), [vec![0], vec![1], vec![2], vec![3]]);
    assert!(plan.is_exclusive() && plan.steps()[0].is_compensated() && plan.steps()[2].is_conditional());
}
