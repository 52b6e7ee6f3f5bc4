//! Routes of handlers over HTTP.
#![cfg(feature = "http")]
#![allow(missing_docs)]

use std::sync::Mutex;

use partitura::prelude::*;
use serde_json::{Value, json};

partitura::app! { pub Bank { modules: [] } }

/// Opens an account.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct OpenAccount {
    #[validate(required, length(max = 20))]
    pub owner: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    pub id: u64,
    pub owner: String,
    pub balance: i64,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct ShowAccount {
    pub id: u64,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct ListAccounts {
    #[serde(default)]
    pub owner: Option<String>,
    #[serde(default)]
    pub tag: Vec<String>,
    #[serde(default = "ten")]
    pub limit: usize,
    #[serde(default)]
    pub cursor: usize,
}

fn ten() -> usize {
    10
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Deposit {
    pub id: u64,
    pub amount: i64,
    pub seen: u64,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct CloseAccount {
    pub id: u64,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Count {
    pub to: u32,
    #[serde(default)]
    pub fail_at: Option<u32>,
    #[serde(default)]
    pub after: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Unrouted {
    pub text: String,
}

#[injectable]
pub struct Accounts {
    #[init(Mutex::new(Vec::new()))]
    all: Mutex<Vec<(u64, Account)>>,
}

#[handler(route(post, "/accounts", created = "/accounts/{id}"))]
pub async fn open(command: OpenAccount, accounts: &Accounts) -> Result<Account> {
    let mut all = accounts.all.lock().unwrap();
    let account = Account { id: all.len() as u64 + 1, owner: command.owner, balance: command.tags.len() as i64 };
    all.push((1, account.clone()));
    Ok(account)
}

#[handler(route(get, "/accounts/{id}"))]
pub async fn show(query: ShowAccount, accounts: &Accounts) -> Result<Versioned<Account>> {
    let all = accounts.all.lock().unwrap();
    let found = all.iter().find(|(_, account)| account.id == query.id);
    let (version, account) = found.ok_or_else(|| Error::not_found(format!("no account {}", query.id)))?;
    Ok(Versioned::new(*version, account.clone()))
}

#[handler(route(get, "/accounts"))]
pub async fn list(query: ListAccounts, accounts: &Accounts) -> Result<Page<Account>> {
    let all = accounts.all.lock().unwrap();
    let of = |account: &&(u64, Account)| query.owner.as_ref().is_none_or(|owner| *owner == account.1.owner);
    let found: Vec<Account> = all.iter().filter(of).map(|(_, account)| account.clone()).collect();
    let total = found.len();
    let page: Vec<Account> = found.into_iter().skip(query.cursor).take(query.limit).collect();
    let next = query.cursor + page.len();
    Ok(if next < total { Page::before(page, next) } else { Page::last(page) }.of(total as u64))
}

#[handler(route(post, "/accounts/{id}/deposits", if_match = "seen"))]
pub async fn deposit(command: Deposit, accounts: &Accounts) -> Result<i64> {
    let mut all = accounts.all.lock().unwrap();
    let (version, account) =
        all.iter_mut().find(|(_, account)| account.id == command.id).ok_or_else(|| Error::not_found("no account"))?;
    partitura::reply::unchanged(*version, command.seen)?;
    *version += 1;
    account.balance += command.amount;
    Ok(account.balance)
}

#[handler(route(delete, "/accounts/{id}"))]
pub async fn close(command: CloseAccount, accounts: &Accounts) -> Result<()> {
    accounts.all.lock().unwrap().retain(|(_, account)| account.id != command.id);
    Ok(())
}

#[handler(route(get, "/count/{to}", resume = "after"))]
pub fn count(query: Count) -> impl Stream<Item = Result<u32>> + Send {
    let fail_at = query.fail_at;
    futures_util::stream::iter((query.after + 1..=query.to).map(move |number| match fail_at {
        Some(at) if at == number => Err(Error::conflict("enough")),
        _ => Ok(number),
    }))
}

#[handler]
pub async fn unrouted(query: Unrouted) -> Result<String> {
    Ok(query.text)
}

async fn client(settings: &[&str]) -> partitura::http::Client {
    let mut loader = Bank::BLUEPRINT.loader().hermetic();
    for setting in settings {
        loader = loader.set(*setting);
    }
    let app = Bank::builder().config(loader.load().unwrap()).build().await.unwrap();
    app.http().unwrap()
}

#[tokio::test]
async fn a_route_makes_its_message_of_path_query_and_body() {
    let http = client(&[]).await;
    let opened = http.post("/accounts").json(&json!({ "owner": "Ada", "tags": ["a", "b"] })).send().await;
    assert_eq!((opened.status.as_u16(), opened.header("location")), (201, "/accounts/1"), "{}", opened.text());
    assert_eq!(opened.json::<Value>().unwrap(), json!({ "id": 1, "owner": "Ada", "balance": 2 }));
    let opened = http.post("/accounts").form(&[("owner", "Bob"), ("tags", "x"), ("tags", "y")]).send().await;
    assert_eq!(opened.json::<Value>().unwrap(), json!({ "id": 2, "owner": "Bob", "balance": 2 }));
    let shown = http.get("/accounts/1").send().await;
    assert_eq!((shown.status.as_u16(), shown.header("etag")), (200, "\"1\""));
    assert_eq!(shown.json::<Value>().unwrap(), json!({ "version": 1, "id": 1, "owner": "Ada", "balance": 2 }));
    let listed = http.get("/accounts?limit=1&owner=Ada").send().await;
    assert_eq!(listed.json::<Value>().unwrap()["total"], 1);
    assert_eq!(listed.header("link"), "");
    let listed = http.get("/accounts?limit=1").send().await;
    assert_eq!(listed.header("link"), "</accounts?limit=1&cursor=1>; rel=\"next\"");
    let closed = http.delete("/accounts/2").send().await;
    assert_eq!((closed.status.as_u16(), closed.text().as_str(), closed.header("content-type")), (204, "", ""));
}

#[tokio::test]
async fn a_version_that_was_seen_goes_by_if_match() {
    let http = client(&[]).await;
    http.post("/accounts").json(&json!({ "owner": "Ada" })).send().await;
    let amount = json!({ "amount": 5 });
    let done = http.post("/accounts/1/deposits").header("if-match", "\"1\"").json(&amount).send().await;
    assert_eq!((done.status.as_u16(), done.text().as_str()), (200, "5"));
    let late = http.post("/accounts/1/deposits").header("if-match", "\"1\"").json(&amount).send().await;
    assert_eq!(late.status, 412, "{}", late.text());
    let unsaid = http.post("/accounts/1/deposits").json(&amount).send().await;
    assert_eq!(unsaid.status, 428, "{}", unsaid.text());
    let again = http.get("/accounts/1").header("if-none-match", "\"2\"").send().await;
    assert_eq!((again.status.as_u16(), again.text().as_str()), (304, ""));
}

#[tokio::test]
async fn mistakes_are_problem_details() {
    let http = client(&[]).await;
    let answer = http.post("/accounts").json(&json!({ "ower": "Ada", "tags": 1 })).send().await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (400, "application/problem+json"));
    let problem: Value = answer.json().unwrap();
    let pointers: Vec<&str> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/owner", "/tags", "/ower"], "{problem}");
    assert_eq!(problem["instance"], "/accounts");
    assert_eq!(problem["trace_id"].as_str().unwrap().len(), 32);
    let answer = http.post("/accounts").json(&json!({ "owner": "x".repeat(30) })).send().await;
    assert_eq!(answer.status, 422, "{}", answer.text());
    for (request, status) in [
        (http.get("/accounts/x"), 400),
        (http.get("/accounts/7"), 404),
        (http.get("/nothing"), 404),
        (http.put("/accounts/1"), 405),
        (http.get("/accounts?limit=1&limit=2"), 400),
        (http.post("/accounts").body("text/plain", "x"), 415),
        (http.post("/accounts").body("application/json", "{"), 400),
        (http.post("/accounts").body("application/json", "x".repeat(3 << 20)), 413),
        (http.get("/accounts").header("accept", "text/html"), 406),
        (http.get("/accounts/").header("accept", "*/*"), 308),
    ] {
        let answer = request.send().await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    }
    let refused = http.put("/accounts/1").send().await;
    assert_eq!(refused.header("allow"), "GET, DELETE, HEAD, OPTIONS");
    let options = http.request(partitura::http::axum::http::Method::OPTIONS, "/accounts").send().await;
    assert_eq!((options.status.as_u16(), options.header("allow")), (204, "GET, POST, HEAD, OPTIONS"));
    let head = http.request(partitura::http::axum::http::Method::HEAD, "/accounts").send().await;
    assert_eq!((head.status.as_u16(), head.text().as_str()), (200, ""));
}

#[tokio::test]
async fn streams_go_as_lines_events_or_one_list() {
    let http = client(&[]).await;
    let lines = http.get("/count/3").send().await;
    assert_eq!((lines.header("content-type"), lines.text().as_str()), ("application/x-ndjson", "1\n2\n3\n"));
    let events = http.get("/count/2").header("accept", "text/event-stream").send().await;
    assert_eq!(events.text(), "id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n");
    let again = http.get("/count/3").header("accept", "text/event-stream").header("last-event-id", "1").send().await;
    assert_eq!(again.text(), "id: 2\ndata: 2\n\nid: 3\ndata: 3\n\n");
    let list = http.get("/count/2").header("accept", "application/json").send().await;
    assert_eq!(list.text(), "[1,2]");
    let failed = http.get("/count/3?fail_at=1").send().await;
    assert_eq!(failed.status, 409);
    let late = http.get("/count/3?fail_at=2").header("accept", "text/event-stream").send().await;
    assert!(
        late.text().starts_with("id: 1\ndata: 1\n\nevent: error\ndata: {\"type\":\"about:blank\""),
        "{}",
        late.text()
    );
}

#[tokio::test]
async fn the_configuration_moves_routes_and_switches_them_off() {
    let http = client(&[
        "http.routes.\"http.CloseAccount\" = false",
        "http.routes.\"http.Unrouted\" = [\"GET /echo/{text}\", \"POST /echo\"]",
        "http.prefix = \"/api\"",
    ])
    .await;
    assert_eq!(http.delete("/api/accounts/1").send().await.status, 405);
    assert_eq!(http.get("/accounts").send().await.status, 404);
    assert_eq!(http.get("/api/echo/a%20b").send().await.text(), "\"a b\"");
    assert_eq!(http.post("/api/echo").json(&json!({ "text": "c" })).send().await.text(), "\"c\"");
}

/// Closes the bank.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct CloseBank;

#[handler(route(post, "/close"), allow("director"))]
pub async fn close_bank(_: CloseBank, cx: &Context) -> Result<String> {
    Ok(cx.identity().subject.clone().unwrap_or_default())
}

/// An authenticator of the application's own.
#[injectable(as dyn partitura::Authenticator, many)]
pub struct Badge {}

impl partitura::Authenticator for Badge {
    fn scheme(&self) -> &'static str {
        "Badge"
    }

    fn authenticate<'a>(
        &'a self,
        credentials: &'a partitura::entrypoint::Credentials,
    ) -> partitura::entrypoint::BoxFuture<'a, Result<Option<Identity>>> {
        Box::pin(async move {
            match credentials {
                partitura::entrypoint::Credentials::Authorization { value, .. } if value.expose() == "gold" => {
                    Ok(Some(Identity::user("badge").with_role("director")))
                }
                _ => Err(Error::unauthenticated("no such badge")),
            }
        })
    }
}

#[tokio::test]
async fn who_calls_is_asked_by_every_authenticator_of_the_scheme() {
    let http = client(&[
        "auth.api_key.ops.keys.main.key = \"secret-of-ops-0123456789\"",
        "auth.api_key.ops.keys.main.subject = \"ops\"",
        "auth.api_key.ops.keys.main.roles = [\"clerk\"]",
    ])
    .await;
    let unknown = http.post("/close").send().await;
    assert_eq!((unknown.status.as_u16(), unknown.header("content-type")), (401, "application/problem+json"));
    let asked: Vec<&str> =
        unknown.headers.get_all("www-authenticate").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    let clerk = http.post("/close").header("x-api-key", "secret-of-ops-0123456789").send().await;
    assert_eq!(clerk.status, 403, "{}", clerk.text());
    let director = http.post("/close").header("authorization", "Badge gold").send().await;
    assert_eq!((director.status.as_u16(), director.text().as_str()), (200, "\"badge\""));
    let forged = http.post("/close").header("authorization", "Badge tin").send().await;
    assert_eq!(forged.status, 401);
    // Whoever shows something that does not hold is told so, also where nothing is asked for.
    assert_eq!(http.get("/accounts").header("x-api-key", "wrong").send().await.status, 401);
    assert_eq!(http.get("/accounts").send().await.status, 200);
}

#[tokio::test]
async fn one_path_has_one_name_for_a_field() {
    let config = Bank::BLUEPRINT.loader().hermetic().set("http.routes.\"http.Unrouted\" = \"PUT /accounts/{text}\"");
    let app = Bank::builder().config(config.load().unwrap()).build().await.unwrap();
    let error = app.router().err().unwrap();
    assert!(error.to_string().contains("one path has two names for a field"), "{error}");
}
