//! How behaviors, authorization, retries and the cache behave, each rule a test named after it.
#![allow(missing_docs)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use partitura::behavior::{AnyMessage, AnyReply};
use partitura::prelude::*;
use partitura::{Call, Decision, Policy, TestApp};
use serde_json::json;

partitura::module! { name: "bank" }
partitura::app! { Plain { modules: [crate] } }
partitura::app! { Surrounded { modules: [crate], behaviors: [outer, Counted, inner] } }
partitura::app! { Placed { modules: [crate], behaviors: [Authorization, outer, Validation, inner] } }
partitura::app! { Short { modules: [crate], behaviors: [outer, closed] } }
partitura::app! { Wrong { modules: [crate], behaviors: [mistaken] } }
partitura::app! { Unbuilt { modules: [crate], behaviors: [needy] } }
partitura::app! { Again { modules: [crate], behaviors: [Retry] } }
partitura::app! { Late { modules: [crate], behaviors: [Deadline] } }
partitura::app! { Shipped { modules: [crate], behaviors: [Tracing, Metrics, Deadline] } }
partitura::app! { Scopes { modules: [crate], behaviors: [scoped] } }

#[injectable]
#[derive(Default)]
pub struct Journal {
    #[init]
    lines: Mutex<Vec<String>>,
    #[init]
    tries: AtomicU32,
}

impl Journal {
    fn note(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
    }
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.lines.lock().unwrap())
    }
}

async fn journal(builder: partitura::TestBuilder) -> (TestApp, Arc<Journal>) {
    let journal = Arc::new(Journal::default());
    (builder.replace(journal.clone()).build().await.unwrap(), journal)
}

#[behavior]
async fn outer<M: Message>(message: &M, cx: &Context, next: Next<'_, M>, journal: &Journal) -> Result<M::Reply> {
    let name = cx.message().unwrap().full_name();
    journal.note(format!("outer {name} {}", message.to_json()?.unwrap_or_default()));
    let answer = next.run().await;
    journal.note(match &answer {
        Ok(_) => "outer: ok".to_owned(),
        Err(error) => format!("outer: {}", error.kind()),
    });
    answer
}

#[behavior]
pub struct Counted {
    journal: Arc<Journal>,
    #[init]
    count: AtomicU32,
}

impl Counted {
    async fn around<M: Message>(&self, _message: &M, _cx: &Context, next: Next<'_, M>) -> Result<M::Reply> {
        self.journal.note(format!("counted {}", self.count.fetch_add(1, Ordering::SeqCst) + 1));
        next.await
    }
}

#[behavior]
async fn inner<M: Message>(message: &M, next: Next<'_, M>, journal: Arc<Journal>) -> Result<M::Reply> {
    journal.note(format!("inner {}", message.info().name));
    next.run().await
}

/// Refuses everything.
#[behavior]
async fn closed<M: Message>(_message: &M, _next: Next<'_, M>) -> Result<M::Reply> {
    Err(Error::unavailable("closed today"))
}

/// Doubles what `Add` answers, and gives `Text` a number.
#[behavior]
async fn mistaken(message: &AnyMessage, next: Next<'_, AnyMessage>) -> Result<AnyReply> {
    if message.downcast_ref::<Fail>().is_some() {
        return Ok(AnyReply::new(7_u8));
    }
    let mut reply = next.run().await?;
    if let Some(sum) = reply.downcast_mut::<i64>() {
        *sum *= 2;
    }
    Ok(reply)
}

pub struct Broken;

#[provider(scoped)]
async fn broken() -> Result<Broken> {
    Err(Error::unavailable("no broken things today"))
}

#[behavior]
async fn needy<M: Message>(_message: &M, next: Next<'_, M>, _broken: &Broken) -> Result<M::Reply> {
    next.run().await
}

/// One per message.
#[injectable(scoped)]
pub struct Unit {
    #[init(UNITS.fetch_add(1, Ordering::SeqCst))]
    number: u32,
}
static UNITS: AtomicU32 = AtomicU32::new(0);

#[behavior]
async fn scoped<M: Message>(_message: &M, next: Next<'_, M>, unit: &Unit, journal: &Journal) -> Result<M::Reply> {
    journal.note(format!("behavior {}", unit.number));
    next.run().await
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Add {
    pub a: i64,
    pub b: i64,
}

#[handler]
async fn add(command: Add, journal: &Journal) -> Result<i64> {
    journal.note("add");
    Ok(command.a + command.b)
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Own {
    pub deep: u32,
}

/// For one message only.
#[behavior]
async fn only_own(message: &Own, next: Next<'_, Own>, journal: &Journal) -> Result<u32> {
    journal.note(format!("own {}", message.deep));
    Ok(next.run().await? + 1)
}

#[handler(behaviors(outer, only_own, inner))]
async fn own(command: Own, unit: &Unit, journal: &Journal) -> Result<u32> {
    journal.note("own handler");
    let _ = unit;
    Ok(command.deep * 10)
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Fail;

#[handler(behaviors(outer))]
async fn fail(_: Fail) -> Result<()> {
    Err(Error::conflict("no"))
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Numbered;

#[handler]
async fn numbered(_: Numbered, unit: &Unit, journal: &Journal) -> Result<u32> {
    journal.note(format!("handler {}", unit.number));
    Ok(unit.number)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, Event)]
pub struct Added {
    pub sum: i64,
}

#[handler(behaviors(inner))]
async fn on_added(event: &Added, journal: &Journal) -> Result<()> {
    journal.note(format!("added {}", event.sum));
    Ok(())
}

// ---- authorization ----

#[injectable]
pub struct OwnBranch {
    #[init("north")]
    branch: &'static str,
}

impl Policy<Close> for OwnBranch {
    async fn decide(&self, message: &Close, cx: &Context) -> Result<Decision> {
        let branch = cx.identity().claims.get("branch").and_then(|branch| branch.as_str());
        Ok(Decision::when(branch == Some(self.branch) && message.branch == self.branch, "another branch"))
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Close {
    pub branch: String,
}

#[handler(allow("manager", "director", OwnBranch))]
async fn close(_: Close, journal: &Journal) -> Result<()> {
    journal.note("closed");
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Pay;

#[handler(allow("teller"))]
async fn pay(_: Pay, journal: &Journal) -> Result<()> {
    journal.note("paid");
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct PayNested;

#[handler(public)]
async fn pay_nested(_: PayNested, cx: &Context) -> Result<()> {
    cx.send(Pay).await
}

// ---- retries and cache ----

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Flaky {
    pub fails: u32,
}

#[handler(idempotent, retries = 3, backoff = "1s")]
async fn flaky(command: Flaky, unit: &Unit, journal: &Journal, cx: &Context) -> Result<u32> {
    let tried = journal.tries.fetch_add(1, Ordering::SeqCst) + 1;
    cx.emit(Added { sum: i64::from(tried) }).await?;
    journal.note(format!("try {tried} in {}", unit.number));
    if tried <= command.fails { Err(Error::unavailable("not yet")) } else { Ok(tried) }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Idempotent;

#[handler(idempotent)]
async fn idempotent(_: Idempotent, journal: &Journal) -> Result<u32> {
    match journal.tries.fetch_add(1, Ordering::SeqCst) {
        0 => Err(Error::unavailable("not yet")),
        tried => Ok(tried),
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct PriceOf {
    pub product: String,
}

#[handler(behaviors(Cache))]
async fn price_of(query: PriceOf, journal: &Journal) -> Result<usize> {
    journal.note(format!("asked {}", query.product));
    match query.product.as_str() {
        "" => Err(Error::not_found("no such product")),
        product => Ok(product.len()),
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Sleep {
    pub seconds: u64,
}

#[handler]
async fn sleep(command: Sleep, cx: &Context) -> Result<()> {
    cx.env().sleep(Duration::from_secs(command.seconds)).await;
    Ok(())
}

#[derive(Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Doze {}

#[handler(timeout = "1s")]
async fn doze(_: Doze, cx: &Context) -> Result<()> {
    cx.env().sleep(Duration::from_secs(5)).await;
    Ok(())
}

fn who(name: &str, role: &str) -> Call {
    Call::by(Identity::user(name).with_role(role))
}

#[tokio::test]
async fn behaviors_run_in_declared_order_outermost_first() {
    let (app, journal) = journal(Surrounded::test()).await;
    assert_eq!(app.send(Add { a: 1, b: 2 }).await.unwrap(), 3);
    assert_eq!(journal.take(), ["outer bank.Add {\"a\":1,\"b\":2}", "counted 1", "inner Add", "add", "outer: ok"]);
    assert_eq!(app.execute("bank.Add", json!({"a": 1, "b": 2})).await.unwrap(), json!(3));
    assert_eq!(journal.take()[1], "counted 2");
}

#[tokio::test]
async fn behaviors_of_a_handler_are_inside_those_of_the_application() {
    let (app, journal) = journal(Surrounded::test()).await;
    assert_eq!(app.send(Own { deep: 2 }).await.unwrap(), 21);
    let expected = [
        "outer bank.Own {\"deep\":2}",
        "counted 1",
        "inner Own",
        "outer bank.Own {\"deep\":2}",
        "own 2",
        "inner Own",
        "own handler",
        "outer: ok",
        "outer: ok",
    ];
    assert_eq!(journal.take(), expected);
}

#[tokio::test]
async fn behaviors_of_a_handler_need_no_application_that_lists_them() {
    let (app, journal) = journal(Plain::test()).await;
    assert_eq!(app.send(Own { deep: 2 }).await.unwrap(), 21);
    assert_eq!(journal.take().len(), 5);
    assert_eq!(app.send(Add { a: 1, b: 2 }).await.unwrap(), 3);
    assert_eq!(journal.take(), ["add"]);
}

#[tokio::test]
async fn a_behavior_sees_the_error_on_the_way_out() {
    let (app, journal) = journal(Plain::test()).await;
    assert_eq!(app.send(Fail).await.unwrap_err().kind(), Kind::Conflict);
    assert_eq!(journal.take(), ["outer bank.Fail null", "outer: conflict"]);
}

#[tokio::test]
async fn behaviors_of_an_application_see_the_deadline_pass() {
    let (app, journal) = journal(Surrounded::test()).await;
    app.track().send(Doze {}).await.failed_with(Kind::Timeout);
    let seen = journal.take();
    assert!(seen.iter().any(|line| line == "outer: timeout"), "{seen:?}");
}

#[tokio::test]
async fn a_behavior_may_short_circuit() {
    let (app, journal) = journal(Short::test()).await;
    assert_eq!(app.send(Add { a: 1, b: 2 }).await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(journal.take(), ["outer bank.Add {\"a\":1,\"b\":2}", "outer: unavailable"]);
}

#[tokio::test]
async fn a_behavior_may_change_the_reply_and_not_its_type() {
    let (app, _) = journal(Wrong::test()).await;
    assert_eq!(app.send(Add { a: 1, b: 2 }).await.unwrap(), 6);
    let error = app.send(Fail).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Internal, "PT0312"));
}

#[tokio::test]
async fn a_behavior_that_cannot_be_built_fails_the_message() {
    let (app, journal) = journal(Unbuilt::test()).await;
    assert_eq!(app.send(Add { a: 1, b: 2 }).await.unwrap_err().kind(), Kind::Unavailable);
    assert!(journal.take().is_empty());
}

#[tokio::test]
async fn scoped_behaviors_share_the_scope_of_the_message() {
    let (app, journal) = journal(Scopes::test()).await;
    let one = app.send(Numbered).await.unwrap();
    let other = app.send(Numbered).await.unwrap();
    assert_ne!(one, other);
    let lines = [one, one, other, other].into_iter().zip(["behavior", "handler"].into_iter().cycle());
    assert_eq!(journal.take(), lines.map(|(number, who)| format!("{who} {number}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn behaviors_go_around_subscribers() {
    let (app, journal) = journal(Surrounded::test()).await;
    assert!(app.emit(Added { sum: 3 }).await.is_ok());
    let expected = ["outer bank.Added {\"sum\":3}", "counted 1", "inner Added", "inner Added", "added 3", "outer: ok"];
    assert_eq!(journal.take(), expected);
}

#[tokio::test]
async fn a_role_is_enough_and_one_is_needed() {
    let (app, journal) = journal(Plain::test()).await;
    let refused = app.send(Pay).await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (Kind::Unauthenticated, "PT0313"));
    let refused = app.door(who("ada", "guest")).send(Pay).await.unwrap_err();
    assert_eq!((refused.kind(), refused.message()), (Kind::Forbidden, "`ada` may not send `bank.Pay`"));
    app.door(who("ada", "teller")).send(Pay).await.unwrap();
    assert_eq!(journal.take(), ["paid"]);
}

#[tokio::test]
async fn authorization_holds_at_every_door_and_for_nested_sends() {
    let (app, journal) = journal(Plain::test()).await;
    assert_eq!(app.execute("bank.Pay", json!(null)).await.unwrap_err().kind(), Kind::Unauthenticated);
    assert_eq!(app.send(PayNested).await.unwrap_err().kind(), Kind::Unauthenticated);
    assert_eq!(app.context(Identity::anonymous()).send(Pay).await.unwrap_err().kind(), Kind::Unauthenticated);
    let tracked = app.track().send(Pay).await;
    assert_eq!(tracked.reply.unwrap_err().kind(), Kind::Unauthenticated);
    app.door(who("ada", "teller")).send(PayNested).await.unwrap();
    assert_eq!(journal.take(), ["paid"]);
}

#[tokio::test]
async fn a_policy_must_agree_beside_the_role() {
    let (app, journal) = journal(Plain::test()).await;
    let close = |branch: &str| Close { branch: branch.to_owned() };
    let ada = Identity::user("ada").with_role("manager").with_claim("branch", "north");
    app.door(Call::by(ada.clone())).send(close("north")).await.unwrap();
    assert_eq!(app.door(Call::by(ada)).send(close("south")).await.unwrap_err().kind(), Kind::Forbidden);
    let no_role = Identity::user("bob").with_claim("branch", "north");
    assert_eq!(app.door(Call::by(no_role)).send(close("north")).await.unwrap_err().kind(), Kind::Forbidden);
    assert_eq!(journal.take(), ["closed"]);
}

#[tokio::test]
async fn checks_run_at_the_place_where_they_are_listed() {
    let (app, journal) = journal(Placed::test()).await;
    assert_eq!(app.send(Pay).await.unwrap_err().kind(), Kind::Unauthenticated);
    assert!(journal.take().is_empty(), "refused before `outer`");
    let (app, journal) = journal_of_surrounded().await;
    assert_eq!(app.send(Pay).await.unwrap_err().kind(), Kind::Unauthenticated);
    assert_eq!(journal.take(), ["outer bank.Pay null", "counted 1", "inner Pay", "outer: unauthenticated"]);
}

async fn journal_of_surrounded() -> (TestApp, Arc<Journal>) {
    journal(Surrounded::test()).await
}

#[tokio::test]
async fn an_idempotent_handler_is_tried_again_in_one_scope_and_emits_once() {
    let (app, journal) = journal(Plain::test()).await;
    let tracked = app.track().send(Flaky { fails: 2 }).await;
    let begun = app.env().now();
    assert_eq!(tracked.reply.as_ref().unwrap(), &3);
    assert_eq!(tracked.emitted::<Added>().len(), 1, "{tracked:?}");
    assert_eq!(tracked.retried().len(), 2, "{tracked:?}");
    let lines = journal.take();
    let unit = lines[0].rsplit(' ').next().unwrap();
    assert_eq!(lines[..3], [1, 2, 3].map(|tried| format!("try {tried} in {unit}")));
    assert!(begun.elapsed() < Duration::from_secs(3), "virtual time");
}

#[tokio::test]
async fn retries_end() {
    let (app, journal) = journal(Plain::test()).await;
    let tracked = app.track().send(Flaky { fails: 9 }).await;
    assert_eq!(tracked.reply.as_ref().unwrap_err().kind(), Kind::Unavailable);
    assert!(tracked.emitted::<Added>().is_empty(), "{tracked:?}");
    assert_eq!(journal.take().len(), 4);
}

#[tokio::test]
async fn retry_is_for_idempotent_handlers_that_say_no_number() {
    let (app, _) = journal(Again::test()).await;
    assert_eq!(app.track().send(Idempotent).await.reply.unwrap(), 1);
    let (app, _) = journal(Plain::test()).await;
    assert_eq!(app.send(Idempotent).await.unwrap_err().kind(), Kind::Unavailable);
    let (app, journal) = journal_of(Again::test()).await;
    assert_eq!(app.send(Fail).await.unwrap_err().kind(), Kind::Conflict);
    assert_eq!(journal.take().len(), 2);
}

async fn journal_of(builder: partitura::TestBuilder) -> (TestApp, Arc<Journal>) {
    journal(builder).await
}

#[tokio::test]
async fn a_cache_answers_equal_queries_of_one_caller_until_their_time() {
    let (app, journal) = journal(Plain::test().set("behaviors.cache_ttl='1m'").set("behaviors.cache_entries=2")).await;
    let ask = |product: &str| PriceOf { product: product.to_owned() };
    assert_eq!(app.send(ask("tea")).await.unwrap(), 3);
    assert_eq!(app.send(ask("tea")).await.unwrap(), 3);
    assert_eq!(app.execute("bank.PriceOf", json!({"product": "tea"})).await.unwrap(), json!(3));
    assert_eq!(journal.take(), ["asked tea"]);
    // Another caller has replies of its own.
    assert_eq!(app.door(who("ada", "guest")).send(ask("tea")).await.unwrap(), 3);
    assert_eq!(journal.take(), ["asked tea"]);
    app.advance(Duration::from_secs(61)).await;
    assert_eq!(app.send(ask("tea")).await.unwrap(), 3);
    assert_eq!(journal.take(), ["asked tea"]);
    // Two are kept: those used last.
    for product in ["rum", "tea", "gin", "tea", "rum"] {
        app.send(ask(product)).await.unwrap();
    }
    assert_eq!(journal.take(), ["asked rum", "asked gin", "asked rum"]);
    // Failures are not kept.
    for _ in 0..2 {
        assert_eq!(app.send(ask("")).await.unwrap_err().kind(), Kind::NotFound);
    }
    assert_eq!(journal.take(), ["asked ", "asked "]);
}

#[tokio::test]
async fn deadline_cancels_what_takes_longer() {
    let (app, _) = journal(Late::test().set("behaviors.deadline='2s'")).await;
    assert!(app.track().send(Sleep { seconds: 1 }).await.reply.is_ok());
    let error = app.track().send(Sleep { seconds: 3 }).await.reply.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Timeout, "PT0304"));
}

#[tokio::test]
async fn shipped_behaviors_change_nothing() {
    let (app, _) = journal(Shipped::test()).await;
    assert_eq!(app.send(Add { a: 1, b: 2 }).await.unwrap(), 3);
    assert_eq!(app.send(Fail).await.unwrap_err().kind(), Kind::Conflict);
}
