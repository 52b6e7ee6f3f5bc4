//! Whatever of a message panics, it fails that message alone, and somebody is told.
#![allow(missing_docs)]

use std::sync::atomic::{AtomicU32, Ordering};

use partitura::prelude::*;
use partitura::queue::State;
use partitura::{Decision, Policy, TestApp};
use serde_json::json;

partitura::module! { name: "bank" }
partitura::app! { Bank { modules: [crate] } }
partitura::app! { Around { modules: [crate], behaviors: [everywhere] } }

/// Where a message panics.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub enum Where {
    Nowhere,
    Handler,
    Nested,
    Behavior,
    Everywhere,
    Provider,
    Policy,
    Rule,
    Copy,
    Reply,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Work {
    #[validate(custom = rule)]
    pub at: Where,
}

impl Clone for Work {
    fn clone(&self) -> Self {
        assert!(self.at != Where::Copy, "while it is copied");
        Work { at: self.at }
    }
}

fn rule(at: &Where) -> std::result::Result<(), String> {
    assert!(*at != Where::Rule, "in a rule");
    Ok(())
}

/// Made for each message; panics if the caller says so.
pub struct Unit;

static CLOSED: AtomicU32 = AtomicU32::new(0);

#[provider(scoped, dispose = close)]
async fn unit(cx: &Context) -> Unit {
    assert!(cx.identity().subject.as_deref() != Some("provider"), "in a provider");
    Unit
}

async fn close(_: &Unit) -> Result<()> {
    CLOSED.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

#[injectable]
pub struct Anybody;

impl Policy<Work> for Anybody {
    async fn decide(&self, message: &Work, _: &Context) -> Result<Decision> {
        assert!(message.at != Where::Policy, "in a policy");
        Ok(Decision::Allow)
    }
}

#[behavior]
async fn own(message: &Work, next: Next<'_, Work>) -> Result<Answer> {
    assert!(message.at != Where::Behavior, "in a behavior");
    next.run().await
}

#[behavior]
async fn everywhere<M: Message>(message: &M, next: Next<'_, M>, heard: &Heard) -> Result<M::Reply> {
    let text = message.to_json()?.unwrap_or_default().to_string();
    assert!(!text.contains("Everywhere"), "in a behavior of the application");
    let answer = next.run().await;
    if answer.as_ref().is_err_and(|error| error.code() == "PT0305") {
        heard.0.fetch_add(1, Ordering::SeqCst);
    }
    answer
}

/// A reply that panics when it travels.
#[derive(Debug, JsonSchema)]
pub struct Answer(Where);

impl Serialize for Answer {
    fn serialize<S: serde::Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        assert!(self.0 != Where::Reply, "while the reply is written");
        to.serialize_str("done")
    }
}

#[handler(allow(Anybody), behaviors(own))]
async fn work(command: Work, _unit: &Unit, cx: &Context) -> Result<Answer> {
    cx.emit(Done).await?;
    match command.at {
        Where::Handler => panic!("in a handler"),
        Where::Nested => cx.send(Deep).await?,
        _ => {}
    }
    Ok(Answer(command.at))
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Deep;

#[handler]
async fn deep(_: Deep) -> Result<()> {
    tokio::task::yield_now().await;
    panic!("in a nested handler")
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Done;

#[handler]
async fn panics(_: &Done) -> Result<()> {
    panic!("in a subscriber")
}

#[handler]
async fn goes_on(_: &Done, heard: &Heard) -> Result<()> {
    heard.0.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

#[injectable]
#[derive(Default)]
pub struct Heard(#[init] AtomicU32);

async fn check(app: &TestApp, at: Where, text: &str) {
    let caller = Identity::user(if at == Where::Provider { "provider" } else { "ada" });
    let door = || app.door(partitura::Call::by(caller.clone()));
    let error = door().execute("bank.Work", json!({ "at": at })).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Internal, "PT0305"), "{at:?}");
    assert!(format!("{error:?}").contains(text), "the log says where: {error:?}");
    assert!(!error.to_string().contains(text), "the caller does not read it: {error}");
    if at == Where::Reply {
        return;
    }
    assert_eq!(door().send(Work { at }).await.unwrap_err().code(), "PT0305", "{at:?}");
    let job = door().spawn(Work { at }).unwrap();
    let status = app.jobs().wait(job).await.unwrap();
    assert_eq!(status.state, State::Failed, "{at:?}");
    assert!(status.error.unwrap().contains(text));
    // The next one does not notice.
    assert_eq!(app.execute("bank.Work", json!({ "at": "Nowhere" })).await.unwrap(), json!("done"));
}

#[tokio::test]
async fn a_panic_fails_its_message_alone() {
    std::panic::set_hook(Box::new(|_| {}));
    let heard = Arc::new(Heard::default());
    let app = Bank::test().replace(heard.clone()).build().await.unwrap();
    for (at, text) in [
        (Where::Handler, "in a handler"),
        (Where::Nested, "in a nested handler"),
        (Where::Behavior, "in a behavior"),
        (Where::Provider, "in a provider"),
        (Where::Policy, "in a policy"),
        (Where::Rule, "in a rule"),
        (Where::Copy, "while it is copied"),
        (Where::Reply, "while the reply is written"),
    ] {
        check(&app, at, text).await;
    }
    app.jobs().idle().await;
    let closed = CLOSED.load(Ordering::SeqCst);
    assert!(closed > 0);
    // Seven times the next one, and the message whose reply could not be written had succeeded.
    assert_eq!(
        heard.0.load(Ordering::SeqCst),
        8,
        "a subscriber that panics stops no other; a failed message emits nothing"
    );
    assert!(app.shutdown().await.is_ok());
}

#[tokio::test]
async fn a_panic_in_a_behavior_of_the_application_fails_its_message_alone() {
    std::panic::set_hook(Box::new(|_| {}));
    let app = Around::test().build().await.unwrap();
    check(&app, Where::Everywhere, "in a behavior of the application").await;
    let report = app.emit(Done).await;
    assert_eq!((report.handled.len(), report.failed.len()), (1, 1));
    assert_eq!(report.failed[0].1.code(), "PT0305");
}

#[tokio::test]
async fn a_behavior_of_the_application_sees_a_panic_and_a_provider_that_fails() {
    std::panic::set_hook(Box::new(|_| {}));
    let seen = Arc::new(Heard::default());
    let app = Around::test().replace(seen.clone()).build().await.unwrap();
    for (at, caller) in
        [(Where::Handler, "ada"), (Where::Behavior, "ada"), (Where::Policy, "ada"), (Where::Provider, "provider")]
    {
        let door = app.door(partitura::Call::by(Identity::user(caller)));
        assert_eq!(door.send(Work { at }).await.unwrap_err().code(), "PT0305", "{at:?}");
    }
    assert_eq!(seen.0.load(Ordering::SeqCst), 4);
}
