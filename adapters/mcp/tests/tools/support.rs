//! An application with one tool of each sort, and ways to call it.
#![allow(unreachable_pub)]

use std::sync::Mutex;
use std::time::Duration;

use futures_util::stream;
use partitura::entrypoint::BoxFuture;
use partitura::mcp::{ToolCall, ToolGuard};
use partitura::prelude::*;
use partitura::{App, Builder, config};
use rmcp::model::{CallToolRequestParams, CallToolResult, JsonObject};
use rmcp::service::{RunningService, ServiceError};
use rmcp::{RoleClient, ServiceExt};
use serde_json::{Value, json};

use crate::Tools;

/// What handlers did, in order.
#[injectable]
#[derive(Default)]
pub struct Journal {
    #[init(Mutex::new(Vec::new()))]
    lines: Mutex<Vec<String>>,
}

impl Journal {
    pub fn note(&self, line: impl Into<String>) {
        self.lines.lock().unwrap().push(line.into());
    }

    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

/// An account.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    pub owner: String,
    pub balance: u32,
}

/// Opens an account.
///
/// It has nothing in it.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    /// Who it is for.
    #[validate(length(min = 2))]
    pub owner: String,
}

#[handler(agent(title = "Open an account", destructive = false))]
pub async fn open(command: Open, cx: &Context) -> Result<Account> {
    if command.owner == "Eve" {
        return Err(Error::conflict("Eve has an account").with_code("bank.taken"));
    }
    if command.owner == "Mallory" {
        panic!("a secret of the inside");
    }
    let who = cx.identity().subject.clone().unwrap_or_default();
    Ok(Account { owner: format!("{}{who}", command.owner), balance: 0 })
}

/// Adds numbers.
#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Sum {
    pub numbers: Vec<u32>,
}

#[handler(agent(open_world = false))]
pub async fn sum(query: Sum) -> Result<u32> {
    Ok(query.numbers.iter().sum())
}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Close;

#[handler(agent, idempotent, allow("clerk"))]
pub async fn close(_command: Close) -> Result<()> {
    Ok(())
}

/// Waits, until it is cancelled.
#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Wait {
    pub seconds: u64,
}

/// Notes that it was dropped.
struct Noted<'a>(&'a Journal, bool);

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        self.0.note(if self.1 { "waited" } else { "cancelled" });
    }
}

#[handler(agent)]
pub async fn wait(command: Wait, journal: &Journal, cx: &Context) -> Result<()> {
    let mut noted = Noted(journal, false);
    journal.note("waits");
    cx.env().sleep(Duration::from_secs(command.seconds)).await;
    noted.1 = true;
    Ok(())
}

/// Counts.
#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Count {
    pub to: u32,
}

#[handler(agent)]
pub fn count(query: Count) -> impl Stream<Item = Result<u32>> + Send {
    stream::iter((1..=query.to).map(|number| match number {
        13 => Err(Error::unavailable("thirteen is not available")),
        number => Ok(number),
    }))
}

/// Says what trace it is in.
#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Traced;

#[handler(agent)]
pub async fn traced(_query: Traced, cx: &Context) -> Result<String> {
    Ok(cx.trace_id().to_string())
}

/// One that no agent may know of.
#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Hidden;

#[handler]
pub async fn hidden(_query: Hidden) -> Result<u32> {
    Ok(1)
}

/// The second version of a message is a tool of its own.
#[derive(Serialize, Deserialize, JsonSchema, Query)]
#[query(name = "Sum", version = 2)]
pub struct SumOfTwo(pub Vec<i64>);

#[handler(agent)]
pub async fn sum_of_two(query: SumOfTwo) -> Result<i64> {
    Ok(query.0.iter().sum())
}

/// Refuses to close on some days.
#[injectable(as dyn ToolGuard, many)]
pub struct Warden {
    journal: Arc<Journal>,
}

impl ToolGuard for Warden {
    fn check<'a>(&'a self, call: &'a ToolCall<'a>) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            if call.arguments["owner"] == json!("Trudy") {
                self.journal.note(format!("{} by {:?}", call.message, call.identity.subject));
                return Err(Error::forbidden("Trudy is known to us"));
            }
            if call.arguments["owner"] == json!("Victor") {
                panic!("a guard that panics");
            }
            Ok(())
        })
    }
}

/// The application, with these values of the configuration.
pub async fn app(set: &[&str]) -> App {
    builder(set).build().await.unwrap()
}

/// The same, with the journal that its handlers write.
pub async fn app_and_journal(set: &[&str]) -> (App, Arc<Journal>) {
    let journal = Arc::new(Journal::default());
    (builder(set).replace::<Journal>(journal.clone()).build().await.unwrap(), journal)
}

pub fn builder(set: &[&str]) -> Builder {
    let loader = Tools::BLUEPRINT
        .loader()
        .environment(std::iter::empty::<(String, String)>())
        .directory(env!("CARGO_MANIFEST_DIR"));
    let loaded: config::Config = set.iter().fold(loader, |loader, flag| loader.set(*flag)).load().unwrap();
    Tools::builder().config(loaded)
}

pub type Client = RunningService<RoleClient, ()>;

/// A client in process, and what the server says when it ends.
pub async fn client(app: &App) -> (Client, tokio::task::JoinHandle<Result<()>>) {
    client_as(app, Identity::anonymous(), std::future::pending()).await
}

pub async fn client_as(
    app: &App,
    identity: Identity,
    stop: impl Future<Output = ()> + Send + 'static,
) -> (Client, tokio::task::JoinHandle<Result<()>>) {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let (read, write) = tokio::io::split(theirs);
    let app = app.clone();
    let server = tokio::spawn(async move { partitura::mcp::serve(&app, identity, read, write, stop).await });
    (().serve(ours).await.unwrap(), server)
}

pub fn request(name: &str, arguments: Value) -> CallToolRequestParams {
    let mut request = CallToolRequestParams::new(name.to_owned());
    request.arguments = arguments.as_object().cloned();
    request
}

pub async fn call(client: &Client, name: &str, arguments: Value) -> std::result::Result<CallToolResult, ServiceError> {
    client.call_tool(request(name, arguments)).await
}

/// The text of a result.
pub fn text(result: &CallToolResult) -> String {
    result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.clone()).collect()
}

/// The facts of a failure.
pub fn failure(result: &CallToolResult) -> Value {
    assert_eq!(result.is_error, Some(true), "{result:?}");
    result.meta.as_ref().unwrap()["partitura/error"].clone()
}

pub fn object(schema: &JsonObject) -> Value {
    Value::Object(schema.clone())
}

/// Waits until `done`, at most 5 seconds.
pub async fn until(what: &str, done: impl Fn() -> bool) {
    for _ in 0..500 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("not within 5 seconds: {what}");
}
