//! What is checked before a handler, at every door; and what `verify` refuses of what stands around handlers.
#![allow(missing_docs)]

use std::sync::atomic::{AtomicU32, Ordering};

use partitura::behavior::Next;
use partitura::prelude::*;
use partitura::queue::State;
use partitura::{Blueprint, Severity};
use serde_json::json;

partitura::app! { Bank { modules: [] } }

#[injectable]
#[derive(Default)]
pub struct Count {
    #[init]
    calls: AtomicU32,
    #[init]
    units: AtomicU32,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    #[validate(required, length(max = 5))]
    pub owner: String,
    #[validate(range(min = 0))]
    pub deposit: i64,
}

#[handler(allow("teller"))]
async fn open(_: Open, count: &Count) -> Result<u32> {
    Ok(count.calls.fetch_add(1, Ordering::SeqCst) + 1)
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct OpenTwo {
    pub owner: String,
}

#[handler]
async fn open_two(command: OpenTwo, cx: &Context) -> Result<Vec<u32>> {
    let one = |owner: &str| Open { owner: owner.to_owned(), deposit: 0 };
    cx.join([one("ok"), one(&command.owner)]).await.into_iter().collect()
}

/// Not `Clone`.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Once;

#[handler(public)]
async fn once(_: Once) -> Result<()> {
    Ok(())
}

/// One per message.
pub struct Unit;

#[provider(scoped)]
fn unit(count: &Count) -> Unit {
    count.units.fetch_add(1, Ordering::SeqCst);
    Unit
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Move {
    #[validate(range(min = 1))]
    pub cents: i64,
}

#[handler(allow("teller"))]
async fn move_it(_: Move, _unit: &Unit) -> Result<()> {
    Ok(())
}

fn teller() -> Identity {
    Identity::user("ada").with_role("teller")
}

fn wrong() -> Open {
    Open { owner: "  ".to_owned(), deposit: -1 }
}

const POINTERS: [&str; 2] = ["/owner", "/deposit"];

#[tokio::test]
async fn rules_hold_at_every_door_and_all_failures_are_told_at_once() {
    let app = Bank::test().build().await.unwrap();
    let door = || app.door(partitura::Call::by(teller()));
    let cx = app.context(teller());
    let errors = [
        door().send(wrong()).await.unwrap_err(),
        door().execute("doors.Open", json!({"owner": "  ", "deposit": -1})).await.unwrap_err(),
        cx.send(wrong()).await.unwrap_err(),
        cx.send_boxed(wrong()).await.unwrap_err(),
        cx.join([wrong()]).await.into_iter().next().unwrap().unwrap_err(),
        cx.handoff(wrong()).await.unwrap_err(),
        app.track().by(teller()).send(wrong()).await.reply.unwrap_err(),
    ];
    for error in errors {
        assert_eq!((error.kind(), error.exit_code()), (Kind::Invalid, 65));
        assert_eq!(error.failures().iter().map(|failure| &*failure.pointer).collect::<Vec<_>>(), POINTERS);
    }
    let job = door().spawn(wrong()).unwrap();
    app.jobs().idle().await;
    assert_eq!(app.jobs().get(job).unwrap().state, State::Failed);
    assert_eq!(
        door().send(Open { owner: "ada".to_owned(), deposit: 0 }).await.unwrap(),
        1,
        "the first that reached it"
    );
}

#[tokio::test]
async fn rules_hold_for_nested_sends() {
    let app = Bank::test().build().await.unwrap();
    let door = app.door(partitura::Call::by(teller()));
    assert_eq!(door.send(OpenTwo { owner: "bob".to_owned() }).await.unwrap(), [1, 2]);
    assert_eq!(door.send(OpenTwo { owner: "far too long".to_owned() }).await.unwrap_err().kind(), Kind::Invalid);
}

#[tokio::test]
async fn whoever_may_not_send_learns_nothing_of_the_rules() {
    let app = Bank::test().build().await.unwrap();
    let error = app.send(wrong()).await.unwrap_err();
    assert_eq!((error.kind(), error.failures().len()), (Kind::Unauthenticated, 0));
    let tracked = app.track().send(wrong()).await;
    assert_eq!(tracked.reply.unwrap_err().kind(), Kind::Unauthenticated);
}

#[tokio::test]
async fn nothing_is_made_for_a_message_that_may_not_be_sent_or_breaks_a_rule() {
    let count = Arc::new(Count::default());
    let app = Bank::test().replace(count.clone()).build().await.unwrap();
    assert_eq!(app.send(Move { cents: 1 }).await.unwrap_err().kind(), Kind::Unauthenticated);
    let door = || app.door(partitura::Call::by(teller()));
    assert_eq!(door().send(Move { cents: 0 }).await.unwrap_err().kind(), Kind::Invalid);
    assert_eq!(count.units.load(Ordering::SeqCst), 0);
    door().send(Move { cents: 1 }).await.unwrap();
    assert_eq!(count.units.load(Ordering::SeqCst), 1);
}

#[behavior]
async fn reader<M: Message>(_message: &M, next: Next<'_, M>) -> Result<M::Reply> {
    next.run().await
}

fn with(behaviors: &'static [partitura::__private::Listed], authorization: bool) -> Vec<String> {
    let Blueprint { name, version, env_prefix, modules, fakes, place, .. } = *Bank::BLUEPRINT;
    let blueprint = Blueprint { name, version, env_prefix, modules, behaviors, authorization, fakes, place };
    let findings = Box::leak(Box::new(blueprint)).verify();
    let errors = findings.into_iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| format!("{} {}", finding.code, finding.message)).collect()
}

#[test]
fn verify_refuses_a_handler_that_does_not_say_who_may_send_its_message() {
    assert!(with(&[], false).is_empty());
    let told = with(&[], true);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("PT0166") && told[0].contains("doors.OpenTwo"), "{told:?}");
}

#[test]
fn verify_refuses_a_message_that_cannot_be_copied_for_a_behavior() {
    const READER: &[partitura::__private::Listed] = &[partitura::__private::Listed::new::<reader>()];
    const BLIND: &[partitura::__private::Listed] = &[partitura::__private::Listed::new::<Tracing>()];
    let told = with(READER, false);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("PT0164") && told[0].contains("doors.Once"), "{told:?}");
    assert!(with(BLIND, false).is_empty());
}
