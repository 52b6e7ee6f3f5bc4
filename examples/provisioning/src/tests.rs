//! The plan in virtual time: what it makes, and what is left of it when it is interrupted at any step.

use std::time::Duration;

use partitura::plan::{Report, RunState, StepState};
use partitura::{Kind, TestApp};
use partitura_parity::Parity;

use super::*;
use crate::cloud::Cloud;
use crate::plans::provision;

const STEPS: [&str; 12] = [
    "check_quota",
    "allocate_network",
    "create_database",
    "create_bucket",
    "issue_certificate",
    "migrate",
    "seed",
    "warm_cache",
    "start_workers",
    "configure_gateway",
    "smoke_test",
    "announce",
];

struct Room {
    app: TestApp,
    cloud: Arc<Cloud>,
}

impl Room {
    async fn new() -> Room {
        let cloud = Arc::new(Cloud::default());
        let app = Provisioning::test().replace::<Cloud>(cloud.clone()).patience(Duration::ZERO);
        Room { app: app.build().await.unwrap(), cloud }
    }

    async fn run(&self, tenant: Tenant) -> Result<Receipt> {
        self.app.world().drive(self.app.send(provision::Run(tenant))).await
    }

    fn report(&self) -> Arc<Report> {
        self.app.plans().last("provision").unwrap()
    }
}

fn tenant() -> Tenant {
    Tenant { demo: true, ..Tenant::named("acme") }
}

#[tokio::test]
async fn a_tenant_is_given_what_it_needs() {
    let room = Room::new().await;
    let receipt = room.run(tenant()).await.unwrap();
    assert_eq!((receipt.url.as_str(), receipt.workers), ("https://acme.internal", 2));
    assert_eq!(room.cloud.list().len(), 6);
    let report = room.report();
    assert_eq!(report.count(StepState::Done), 12);
    // Far less than all steps one after the other: 585 ms.
    assert_eq!(report.took_us, 350_000);
}

#[tokio::test]
async fn what_nobody_asks_for_is_skipped_and_what_fails_once_is_tried_again() {
    let room = Room::new().await;
    let tenant = Tenant { demo: false, hiccup_at: Some("create_database".into()), ..tenant() };
    room.run(tenant).await.unwrap();
    let report = room.report();
    assert_eq!(report.step("seed").unwrap().state, StepState::Skipped);
    assert_eq!(report.step("create_database").unwrap().tries, 2);
}

#[tokio::test]
async fn a_failure_at_any_step_ends_as_it_is_declared() {
    for step in STEPS {
        let room = Room::new().await;
        let answer = room.run(Tenant { fail_at: Some(step.into()), ..tenant() }).await;
        let (report, left) = (room.report(), room.cloud.list().len());
        match step {
            "warm_cache" => assert_eq!((answer.is_ok(), report.state, left), (true, RunState::Succeeded, 6)),
            "announce" => assert_eq!((answer.is_ok(), report.state, left), (false, RunState::Halted, 6)),
            _ => {
                assert_eq!(answer.unwrap_err().message(), format!("the cloud cannot {step}"));
                assert_eq!((report.state, left), (RunState::Undone, 0), "{step}: {report}");
            }
        }
        assert_eq!(report.step(step).unwrap().state, StepState::Failed, "{step}");
    }
}

/// What must be left when `step` was at work: everything that was made, if it is declared to halt, and else nothing.
fn check_interrupted(room: &Room, step: &str, how: &str) {
    let report = room.report();
    assert_eq!(report.step(step).unwrap().state, StepState::Cancelled, "{step}, {how}: {report}");
    let (state, left) = if step == "announce" { (RunState::Cancelled, 6) } else { (RunState::Undone, 0) };
    assert_eq!((report.state, room.cloud.list().len()), (state, left), "{step}, {how}: {report}");
    assert_eq!(report.cause.as_ref().unwrap().kind, Kind::Cancelled);
    let never = report.steps.iter().filter(|step| step.state == StepState::NotStarted);
    assert!(never.into_iter().all(|step| step.tries == 0 && step.undo.is_none()));
    let undone = report.steps.iter().filter(|step| step.undo.as_ref().is_some_and(|undo| undo.done)).count();
    assert!(step != "smoke_test" || undone == 6, "{how}: {report}");
}

#[tokio::test]
async fn a_deadline_in_the_middle_of_any_step_ends_as_it_is_declared() {
    for step in STEPS {
        let room = Room::new().await;
        let tenant = Tenant { stall_at: Some(step.into()), ..tenant() };
        let deadline = room.app.env().now() + Duration::from_millis(1_500);
        let door = room.app.door(partitura::Call::default().until(deadline));
        let error = room.app.world().drive(door.send(provision::Run(tenant))).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Timeout);
        room.app.advance(Duration::from_secs(1)).await;
        check_interrupted(&room, step, "deadline");
    }
}

#[tokio::test]
async fn a_caller_who_goes_in_the_middle_of_any_step_leaves_what_is_declared() {
    for step in STEPS {
        let room = Room::new().await;
        let tenant = Tenant { stall_at: Some(step.into()), ..tenant() };
        let gone = room.app.env().timeout(Duration::from_millis(1_500), room.app.send(provision::Run(tenant)));
        assert!(room.app.world().drive(gone).await.is_err());
        room.app.advance(Duration::from_secs(1)).await;
        check_interrupted(&room, step, "dropped");
    }
}

#[tokio::test]
async fn the_configuration_names_who_moves_in_at_the_start() {
    let cloud = Arc::new(Cloud::default());
    let app = Provisioning::test().replace::<Cloud>(cloud.clone()).set("opening.tenants=[\"one\", \"two\"]");
    let app = app.build().await.unwrap();
    app.world().drive(app.start()).await.unwrap();
    assert_eq!(cloud.list().len(), 12);
    let reports = app.plans().reports();
    let plans: Vec<&str> = reports.iter().map(|report| report.plan.as_str()).collect();
    assert_eq!(plans, ["provision", "provision", "opening"]);
}

#[tokio::test]
async fn it_runs_over_http_and_a_failure_is_a_problem() {
    let app = Provisioning::builder().build().await.unwrap();
    let http = app.http().unwrap();
    let made = http.post("/tenants").form(&[("name", "acme")]).send().await;
    assert_eq!((made.status.as_u16(), made.json::<Receipt>().unwrap().workers), (200, 2), "{}", made.text());
    let failed = http.post("/tenants").json(&Tenant { fail_at: Some("smoke_test".into()), ..Tenant::named("beta") });
    let failed = failed.send().await;
    assert_eq!((failed.status.as_u16(), failed.header("content-type")), (503, "application/problem+json"));
    let nameless = http.post("/tenants").json(&Tenant::default()).send().await;
    assert_eq!(nameless.status, 422, "{}", nameless.text());
}

#[test]
fn one_answer_at_every_entrypoint() {
    let parity = Parity::of(Provisioning::BLUEPRINT).typed::<provision::Run>();
    let parity = parity.typed::<crate::plans::opening::Run>();
    let table = parity.cases(include_str!("../parity.toml")).unwrap().run().unwrap();
    assert!(table.holds(), "{table}");
    table.compare(concat!(env!("CARGO_MANIFEST_DIR"), "/PARITY.md"));
}
