//! What the configuration says of messages and modules, each rule a test named after it.
#![allow(missing_docs)]

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use partitura::prelude::*;
use partitura::{Call, TestApp};
use serde_json::json;

partitura::module! { name: "bank" }
partitura::app! { Bank { modules: [crate] } }
partitura::app! { Audited { modules: [crate], behaviors: [Validation, audit, Authorization, stamp] } }

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

#[behavior]
async fn audit<M: Message>(_: &M, cx: &Context, next: Next<'_, M>, journal: &Journal) -> Result<M::Reply> {
    journal.note(format!("audit {}", cx.message().unwrap().name));
    next.run().await
}

#[behavior]
async fn stamp<M: Message>(_: &M, cx: &Context, next: Next<'_, M>, journal: &Journal) -> Result<M::Reply> {
    journal.note(format!("stamp {}", cx.message().unwrap().name));
    next.run().await
}

/// Sleeps so long.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Sleep {
    pub millis: u64,
}

#[handler]
async fn sleep(query: Sleep, cx: &Context) -> Result<u64> {
    cx.env().sleep(Duration::from_millis(query.millis)).await;
    Ok(query.millis)
}

/// As [`Sleep`], for two seconds at most.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Nap {
    pub millis: u64,
}

#[handler(timeout = "2s")]
async fn nap(query: Nap, cx: &Context) -> Result<u64> {
    cx.env().sleep(Duration::from_millis(query.millis)).await;
    Ok(query.millis)
}

/// Sends [`Sleep`].
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct SleepInside {
    pub millis: u64,
}

#[handler]
async fn sleep_inside(query: SleepInside, cx: &Context) -> Result<u64> {
    cx.send(Sleep { millis: query.millis }).await
}

/// Fails until it was tried so often.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Flaky {
    pub until: u32,
}

#[handler(idempotent)]
async fn flaky(command: Flaky, journal: &Journal) -> Result<u32> {
    let tried = journal.tries.fetch_add(1, Ordering::SeqCst) + 1;
    if tried < command.until { Err(Error::unavailable("not yet")) } else { Ok(tried) }
}

/// May run once.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Pay {
    #[validate(range(min = 1))]
    pub amount: u32,
}

#[handler(allow("teller"))]
async fn pay(command: Pay, cx: &Context) -> Result<u32> {
    assert!(cx.identity().has_role("teller"));
    Ok(command.amount)
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {}

#[handler]
async fn open(_: Open) -> Result<u32> {
    Ok(1)
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
#[command(name = "Open", version = 2)]
pub struct OpenToo {}

#[handler]
async fn open_too(_: OpenToo) -> Result<u32> {
    Ok(2)
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Numbers {}

#[handler(idempotent)]
fn numbers(_: Numbers) -> impl Stream<Item = Result<u32>> + Send {
    futures_util::stream::iter([Ok(1), Ok(2)])
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = "orders.{region}.placed")]
pub struct Placed {
    pub region: String,
    pub parts: Vec<u32>,
}

#[handler]
async fn everywhere(event: &Placed, journal: &Journal) -> Result<()> {
    journal.note(format!("everywhere {}", event.region));
    Ok(())
}

#[handler(topic = "orders.north.*")]
async fn in_the_north(event: &Placed, journal: &Journal) -> Result<()> {
    journal.note(format!("north {}", event.region));
    Ok(())
}

#[handler(topic = "orders.slow.#", timeout = "1s")]
async fn slowly(event: &AnyEvent, cx: &Context, journal: &Journal) -> Result<()> {
    cx.env().sleep(Duration::from_secs(3)).await;
    journal.note(format!("slowly {}", event.topic()));
    Ok(())
}

#[derive(Deserialize)]
#[config(section = "vault")]
pub struct Vault {
    pub code: String,
}

/// Nobody opens it: it is there for its section.
#[injectable]
pub struct Door {
    vault: Arc<Vault>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Peek {}

#[handler]
async fn peek(_: Peek, door: &Door) -> Result<usize> {
    Ok(door.vault.code.len())
}

async fn bank(settings: &[&str]) -> (TestApp, Arc<Journal>) {
    let journal = Arc::new(Journal::default());
    let test = Bank::test().replace(journal.clone()).set("vault.code=1234");
    (settings.iter().fold(test, |test, setting| test.set(*setting)).build().await.unwrap(), journal)
}

async fn audited(settings: &[&str]) -> (TestApp, Arc<Journal>) {
    let journal = Arc::new(Journal::default());
    let test = Audited::test().replace(journal.clone()).set("vault.code=1234");
    (settings.iter().fold(test, |test, setting| test.set(*setting)).build().await.unwrap(), journal)
}

/// What a start with this file tells.
async fn refused(text: &str) -> String {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::SeqCst);
    let folder = Folder(std::env::temp_dir().join(format!("overrides-{}-{number}", std::process::id())));
    std::fs::create_dir_all(&folder.0).unwrap();
    std::fs::write(folder.0.join("partitura.toml"), format!("vault.code = \"1234\"\n{text}")).unwrap();
    let config = Audited::BLUEPRINT.loader().environment([]).directory(&folder.0).load().unwrap();
    let told = match Audited::builder().config(config.clone()).build().await {
        Ok(_) => String::new(),
        Err(error) => error.to_string().replace(&format!("{}/", folder.0.display()), ""),
    };
    // Who does not build tells the same.
    let checked = Audited::BLUEPRINT.check_config(&config).err().map(|mistakes| mistakes.to_string());
    assert_eq!(checked.unwrap_or_default().replace(&format!("{}/", folder.0.display()), ""), told);
    told
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

// ---- timeouts and retries

#[tokio::test]
async fn override_of_a_timeout_is_that_of_the_message_alone() {
    let (app, _) = bank(&[r#"messages."bank.Sleep".timeout=1s"#]).await;
    let late = app.world().drive(app.send(Sleep { millis: 1500 })).await.unwrap_err();
    assert_eq!((late.kind(), late.code()), (Kind::Timeout, "PT0304"));
    assert_eq!(app.world().drive(app.send(Sleep { millis: 900 })).await.unwrap(), 900);
    assert_eq!(app.world().drive(app.send(Nap { millis: 1500 })).await.unwrap(), 1500);
}

#[tokio::test]
async fn override_of_a_timeout_is_kept_for_a_nested_send_too() {
    let (app, _) = bank(&[r#"messages."bank.Sleep".timeout=1s"#]).await;
    let late = app.world().drive(app.send(SleepInside { millis: 1500 })).await.unwrap_err();
    assert_eq!(late.kind(), Kind::Timeout);
    let cx = app.context(Identity::anonymous());
    assert_eq!(app.world().drive(cx.send(Sleep { millis: 1500 })).await.unwrap_err().kind(), Kind::Timeout);
}

#[tokio::test]
async fn override_of_zero_seconds_takes_a_declared_timeout_away() {
    let (app, _) = bank(&[]).await;
    assert_eq!(app.world().drive(app.send(Nap { millis: 2500 })).await.unwrap_err().kind(), Kind::Timeout);
    let (app, _) = bank(&[r#"messages."bank.Nap".timeout=0s"#]).await;
    assert_eq!(app.world().drive(app.send(Nap { millis: 2500 })).await.unwrap(), 2500);
}

#[tokio::test]
async fn override_of_retries_tries_an_idempotent_handler_again() {
    let (app, journal) = bank(&[]).await;
    assert_eq!(app.world().drive(app.send(Flaky { until: 3 })).await.unwrap_err().kind(), Kind::Unavailable);
    assert_eq!(journal.tries.load(Ordering::SeqCst), 1);
    let (app, journal) = bank(&[r#"messages."bank.Flaky".retries=2"#, r#"messages."bank.Flaky".backoff=10s"#]).await;
    let before = app.env().now();
    assert_eq!(app.world().drive(app.send(Flaky { until: 3 })).await.unwrap(), 3);
    assert_eq!(journal.tries.load(Ordering::SeqCst), 3);
    assert!(app.env().now() - before >= Duration::from_secs(10));
}

#[tokio::test]
async fn override_of_retries_is_refused_where_a_second_run_is_not_said_to_be_harmless() {
    let told = refused("[messages.\"bank.Pay\"]\nretries = 2\n[messages.\"bank.Numbers\"]\nretries = 1\n").await;
    let mut lines = told.lines();
    let first = lines.next().unwrap();
    assert!(
        first.starts_with("partitura.toml:3:11: `messages.\"bank.Pay\".retries`: only a handler that may run twice"),
        "{told}"
    );
    assert!(first.contains("`#[handler(idempotent)]`") && first.contains("overrides.rs"), "{told}");
    let second = lines.next().unwrap();
    assert!(second.starts_with("partitura.toml:5:11:") && second.contains("a stream is not tried again"), "{told}");
    assert_eq!(lines.next(), None);
}

// ---- ways in

#[tokio::test]
async fn override_of_entrypoints_hides_a_message_elsewhere_as_if_it_were_not_there() {
    let (app, _) = bank(&[r#"messages."bank.Sleep".entrypoints=["cli"]"#]).await;
    let input = || json!({ "millis": 0 });
    let at = |entrypoint: &'static str| app.door(Call::default().at(entrypoint));
    assert_eq!(app.world().drive(at("cli").execute("bank.Sleep", input())).await.unwrap(), json!(0));
    let (plain, _) = bank(&[]).await;
    for door in [at("http"), at("socket"), app.door(Call::default())] {
        let hidden = app.world().drive(door.execute("bank.Sleep", input())).await.unwrap_err();
        assert_eq!((hidden.kind(), hidden.code()), (Kind::NotFound, "PT0307"));
        assert!(!hidden.message().contains("mean `bank.Sleep`"), "{}", hidden.message());
        // In the words of a name that is none, and without a hint that it is one.
        let near = app.world().drive(door.execute("bank.Sleeq", input())).await.unwrap_err();
        assert!(!near.message().contains("`bank.Sleep`"), "{}", near.message());
        assert!(!door.admits("bank.Sleep") && door.admits("bank.Nap"));
        let items = app.world().drive(door.stream("bank.Sleep", input())).await;
        assert_eq!(items.err().unwrap().kind(), Kind::NotFound);
    }
    let near = plain.world().drive(plain.execute("bank.Sleeq", input())).await.unwrap_err();
    assert!(near.message().contains("`bank.Sleep`"), "{}", near.message());
}

#[tokio::test]
async fn override_of_entrypoints_is_no_matter_of_code_that_sends_by_type() {
    let (app, _) = bank(&[r#"messages."bank.Sleep".entrypoints=[]"#]).await;
    assert_eq!(app.world().drive(app.send(Sleep { millis: 0 })).await.unwrap(), 0);
    let http = app.door(Call::default().at("http"));
    assert_eq!(app.world().drive(http.execute("bank.SleepInside", json!({ "millis": 0 }))).await.unwrap(), json!(0));
    assert_eq!(
        app.world().drive(http.execute("bank.Sleep", json!({ "millis": 0 }))).await.unwrap_err().kind(),
        Kind::NotFound
    );
}

#[tokio::test]
async fn override_of_entrypoints_takes_those_alone_that_the_program_has() {
    let told = refused("[messages.\"bank.Sleep\"]\nentrypoints = [\"clii\", \"code\"]\n").await;
    assert!(told.starts_with("partitura.toml:3:15: `messages.\"bank.Sleep\".entrypoints`: no entrypoint of this program is named `clii`; did you mean `cli`?"), "{told}");
    assert_eq!(told.lines().count(), 1);
}

#[tokio::test]
async fn override_of_one_version_leaves_the_other() {
    let (app, _) = bank(&[r#"messages."bank.Open@2".enabled=false"#]).await;
    let door = app.door(Call::default().at("cli"));
    assert_eq!(app.world().drive(door.execute("bank.Open@1", json!({}))).await.unwrap(), json!(1));
    assert_eq!(app.world().drive(door.execute("bank.Open@2", json!({}))).await.unwrap_err().kind(), Kind::NotFound);
    // Without a version the newest is meant that is there.
    assert_eq!(app.world().drive(door.execute("bank.Open", json!({}))).await.unwrap(), json!(1));
    let told =
        refused("[messages.\"bank.Open\"]\ntimeout = \"1s\"\n[messages.\"bank.Open@2\"]\ntimeout = \"2s\"\n").await;
    assert!(told.contains("are one message: say it once"), "{told}");
}

#[tokio::test]
async fn override_switches_a_message_off() {
    let (app, _) = bank(&[r#"messages."bank.Sleep".enabled=false"#]).await;
    let off = app.world().drive(app.send(SleepInside { millis: 0 })).await.unwrap_err();
    assert_eq!((off.kind(), off.code()), (Kind::Unavailable, "PT0490"));
    assert!(off.message().contains("`bank.Sleep` is switched off by the configuration"), "{off}");
    let hidden = app.world().drive(app.execute("bank.Sleep", json!({ "millis": 0 }))).await.unwrap_err();
    assert_eq!(hidden.kind(), Kind::NotFound);
}

// ---- behaviors

#[tokio::test]
async fn override_leaves_a_behavior_of_the_application_out_and_no_check() {
    let (app, journal) = audited(&[r#"messages."bank.Pay".behaviors.without=["audit"]"#]).await;
    let teller = || app.door(Call::by(Identity::user("ada").with_role("teller")));
    assert_eq!(app.world().drive(teller().send(Pay { amount: 1 })).await.unwrap(), 1);
    assert_eq!(journal.take(), ["stamp Pay"]);
    app.world().drive(app.send(Sleep { millis: 0 })).await.unwrap();
    assert_eq!(journal.take(), ["audit Sleep", "stamp Sleep"]);
    // What is around it and what is checked are two things.
    for left_out in [r#"["audit"]"#, r#"["audit", "stamp"]"#] {
        let setting = format!(r#"messages."bank.Pay".behaviors.without={left_out}"#);
        let (app, _) = audited(&[&setting]).await;
        let denied = app.world().drive(app.send(Pay { amount: 1 })).await.unwrap_err();
        assert_eq!(denied.kind(), Kind::Unauthenticated);
        let teller = app.door(Call::by(Identity::user("ada").with_role("teller")));
        assert_eq!(app.world().drive(teller.send(Pay { amount: 0 })).await.unwrap_err().kind(), Kind::Invalid);
    }
}

#[tokio::test]
async fn override_cannot_leave_a_check_out_nor_what_is_not_there() {
    let told =
        refused("[messages.\"bank.Pay\"]\nbehaviors = { without = [\"Authorization\", \"Validation\", \"audot\"] }\n")
            .await;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 3, "{told}");
    assert!(
        told.contains("`Authorization` cannot be left out") && told.contains("`Validation` cannot be left out"),
        "{told}"
    );
    assert!(told.contains("no behavior of the application is named `audot`; did you mean `audit`?"), "{told}");
    assert!(lines.iter().all(|line| line.starts_with("partitura.toml:3:")), "{told}");
}

// ---- events

#[tokio::test]
async fn override_of_a_topic_and_of_a_pattern_decide_who_is_told() {
    let place = |region: &str| Placed { region: region.into(), parts: vec![] };
    let (app, journal) = bank(&[]).await;
    app.world().drive(app.emit(place("north"))).await;
    assert_eq!(journal.take(), ["everywhere north", "north north"]);
    let (app, journal) = bank(&[r#"subscribers."bank.in_the_north".topic="orders.south.*""#]).await;
    app.world().drive(app.emit(place("north"))).await;
    app.world().drive(app.emit(place("south"))).await;
    assert_eq!(journal.take(), ["everywhere north", "everywhere south", "north south"]);
    let moved =
        [r#"messages."bank.Placed".topic="eu.{region}""#, r#"subscribers."bank.in_the_north".topic="eu.north""#];
    let (app, journal) = bank(&moved).await;
    app.world().drive(app.emit(place("north"))).await;
    app.world().drive(app.emit(place("south"))).await;
    assert_eq!(journal.take(), ["everywhere north", "north north", "everywhere south"]);
    // A word is a word, as it is where the attribute says it.
    let report = app.world().drive(app.emit(place("two words"))).await;
    assert_eq!(report.failed[0].1.kind(), Kind::Invalid);
}

#[tokio::test]
async fn override_of_a_topic_is_checked_by_the_rules_of_the_attribute() {
    let topics = [
        ("eu.{land}", "the event has no field `land`"),
        ("eu.{parts}", "the field `parts` is no text and no number"),
        ("eu.*", "is no topic"),
        ("eu.a{region}", "a field is a whole word"),
        ("eu..x", "is no topic"),
    ];
    for (topic, why) in topics {
        let told = refused(&format!("[messages.\"bank.Placed\"]\ntopic = \"{topic}\"\n")).await;
        assert!(
            told.starts_with("partitura.toml:3:9: `messages.\"bank.Placed\".topic`") && told.contains(why),
            "{told}"
        );
    }
    let told = refused("[subscribers.\"bank.in_the_north\"]\ntopic = \"orders.a*\"\n").await;
    assert!(told.starts_with("partitura.toml:3:9: `subscribers.\"bank.in_the_north\".topic`"), "{told}");
    // Who would be told of nothing, says so, whichever of the two was moved.
    let told = refused("[subscribers.\"bank.in_the_north\"]\ntopic = \"stock.#\"\n").await;
    assert!(
        told.starts_with("partitura.toml:3:9: `bank.in_the_north`") && told.contains("would be told of nothing"),
        "{told}"
    );
    let told = refused("[messages.\"bank.Placed\"]\ntopic = \"stock.{region}\"\n").await;
    assert!(
        told.starts_with("partitura.toml:3:9: `bank.in_the_north`") && told.contains("is `stock.{region}`"),
        "{told}"
    );
    let told = refused("[messages.\"bank.Placed\"]\ntimeout = \"1s\"\n[messages.\"bank.Pay\"]\ntopic = \"a\"\n").await;
    assert!(told.contains("an event has a `topic` alone") && told.contains("a topic is an event's"), "{told}");
}

#[tokio::test]
async fn override_of_a_subscriber_bounds_it_or_switches_it_off() {
    let place = || Placed { region: "slow".into(), parts: vec![] };
    let (app, journal) = bank(&[]).await;
    // `slowly` takes the topics `orders.slow.#`.
    let report = app.world().drive(app.emit(place())).await;
    assert_eq!((journal.take(), report.failed[0].1.kind()), (vec!["everywhere slow".to_owned()], Kind::Timeout));
    let (app, journal) = bank(&[r#"subscribers."bank.slowly".timeout=4s"#]).await;
    assert!(app.world().drive(app.emit(place())).await.is_ok());
    assert_eq!(journal.take(), ["everywhere slow", "slowly orders.slow.placed"]);
    let (app, journal) = bank(&[r#"subscribers."bank.slowly".enabled=false"#]).await;
    assert!(app.world().drive(app.emit(place())).await.is_ok());
    assert_eq!(journal.take(), ["everywhere slow"]);
    let told = refused("[subscribers.\"bank.slowlo\"]\nenabled = false\n").await;
    assert!(
        told.starts_with("partitura.toml:2:")
            && told.contains("no handler of events is named `bank.slowlo`; did you mean `bank.slowly`?"),
        "{told}"
    );
}

// ---- mistakes

#[tokio::test]
async fn override_mistakes_are_told_all_at_once_with_file_and_line() {
    let told = refused(
        "[messages.\"bank.Slep\"]\ntimeout = \"1s\"\n[messages.\"bank.Sleep\"]\ntimeot = \"1s\"\n\
         [messages.\"bank.Nap\"]\ntimeout = \"soon\"\n[messages.\"bank.Pay\"]\nretries = 1\n\
         [messages.bank.Flaky]\nretries = 1\n[modules]\nbnak = false\n",
    )
    .await;
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines.contains(&"partitura.toml:2:11: `messages.\"bank.Slep\"`: no message is named `bank.Slep`; did you mean `bank.Sleep`?"), "{told}");
    assert!(
        lines.contains(&"partitura.toml:5:1: unknown key `messages.\"bank.Sleep\".timeot`; did you mean `timeout`?"),
        "{told}"
    );
    assert!(
        lines.iter().any(|line| line.starts_with("partitura.toml:7:11: `messages.\"bank.Nap\".timeout`")),
        "{told}"
    );
    assert!(
        lines.iter().any(|line| line.starts_with("partitura.toml:9:11: `messages.\"bank.Pay\".retries`")),
        "{told}"
    );
    assert!(lines.iter().any(|line| line.contains("the name of a message has a dot in it")), "{told}");
    assert!(
        lines.iter().any(|line| line.starts_with("partitura.toml:13:1:") && line.contains("did you mean `bank`?")),
        "{told}"
    );
}

#[tokio::test]
async fn override_is_listed_with_its_origin() {
    let loader = Bank::BLUEPRINT.loader().environment([]).set(r#"messages."bank.Sleep".timeout=1s"#);
    let entries = loader.load().unwrap().entries();
    let found = entries.iter().find(|entry| entry.key == "messages.\"bank.Sleep\".timeout").unwrap();
    assert_eq!(
        (found.value.as_str(), found.origin.to_string()),
        ("\"1s\"", "--set messages.\"bank.Sleep\".timeout=..".to_owned())
    );
}

// ---- modules

#[tokio::test]
async fn module_that_is_off_contributes_nothing_and_a_send_to_it_says_so() {
    let journal = Arc::new(Journal::default());
    let told =
        Bank::test().replace(journal).set("modules.bank=false").build().await.err().map(|error| error.to_string());
    assert!(told.unwrap().contains("`overrides::Journal` is replaced, and no listed module provides or imports it"));
    // Its section is not asked for either.
    let app = Bank::test().set("modules.bank=false").build().await.unwrap();
    let off = app.world().drive(app.send(Sleep { millis: 0 })).await.unwrap_err();
    assert_eq!((off.kind(), off.code()), (Kind::Unavailable, "PT0490"));
    assert!(off.message().contains("the module `bank`, which the configuration switches off"), "{off}");
    let cx = app.context(Identity::anonymous());
    assert_eq!(app.world().drive(cx.send(Peek {})).await.unwrap_err().code(), "PT0490");
    let hidden = app.world().drive(app.execute("bank.Sleep", json!({ "millis": 0 }))).await.unwrap_err();
    assert_eq!((hidden.kind(), hidden.code()), (Kind::NotFound, "PT0307"));
    let told = app.describe();
    assert_eq!((told.messages.len(), told.providers.len(), told.modules.len()), (0, 0, 0));
    assert!(app.world().drive(app.emit(Placed { region: "north".into(), parts: vec![] })).await.handled.is_empty());
}

#[tokio::test]
async fn module_that_is_on_needs_its_section() {
    let told = Bank::test().build().await.err().unwrap().to_string();
    assert!(told.contains("missing `vault.code`"), "{told}");
    assert!(Bank::test().set("modules.bank=true").build().await.is_err());
}

// ---- ways in, named

#[tokio::test]
async fn call_says_where_it_came_in_to_all_that_follows_from_it() {
    let (app, _) = bank(&[]).await;
    let cx = app.context(Identity::anonymous());
    assert_eq!(cx.entrypoint(), None);
    assert_eq!(
        app.world().drive(app.door(Call::default().at("http")).send(WhereIn { deep: 2 })).await.unwrap(),
        "http"
    );
    assert_eq!(app.world().drive(app.send(WhereIn { deep: 1 })).await.unwrap(), "code");
    assert!(app.admission().admits("bank.Sleep", "http"));
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct WhereIn {
    pub deep: u32,
}

#[handler]
async fn where_in(query: WhereIn, cx: &Context) -> Result<String> {
    if query.deep > 0 {
        return Box::pin(cx.send(WhereIn { deep: query.deep - 1 })).await;
    }
    Ok(cx.entrypoint().unwrap_or("code").to_owned())
}
