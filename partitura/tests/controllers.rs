//! Controllers over HTTP: extractors, answers, and what a method shares with a message.
#![cfg(feature = "http")]
#![allow(missing_docs)]
#![expect(clippy::disallowed_methods, reason = "who reads an answer is outside of the application")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use partitura::entrypoint::{Authenticator, Credentials};
use partitura::http::axum::extract::{self as raw, RawQuery};
use partitura::http::axum::http::{HeaderMap, StatusCode};
use partitura::http::axum::response::{IntoResponse, Response};
use partitura::http::{Accepted, Created, Download, Events, Form, Json, Lines, NoContent, Path, Query};
use partitura::prelude::*;
use serde_json::{Value, json};

partitura::app! { pub Bank { modules: [] } }

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Validate)]
pub struct NewAccount {
    #[validate(required, length(max = 20))]
    pub owner: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    pub id: u64,
    pub owner: String,
}

#[derive(Debug, Deserialize, JsonSchema, Validate)]
pub struct Paging {
    #[serde(default)]
    pub tag: Vec<String>,
    #[serde(default = "ten")]
    #[validate(range(max = 100))]
    pub limit: usize,
}

fn ten() -> usize {
    10
}

#[derive(Debug, Deserialize, JsonSchema)]
pub struct Place {
    pub branch: String,
    pub id: u64,
}

/// Without a schema.
#[derive(Debug, Serialize, Deserialize)]
pub struct Bare {
    pub number: u32,
}

#[derive(Debug, Problem)]
pub enum BankError {
    #[problem(kind = conflict, code = "bank.taken", message = "{owner} is taken")]
    Taken { owner: String },
}

/// An error that is a response by itself.
#[derive(Debug)]
pub struct Teapot;

impl IntoResponse for Teapot {
    fn into_response(self) -> Response {
        (StatusCode::IM_A_TEAPOT, "short and stout").into_response()
    }
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct HowMany;

#[handler]
pub async fn how_many(_query: HowMany, accounts: &Accounts) -> Result<usize> {
    Ok(accounts.all.lock().unwrap().len())
}

#[injectable]
pub struct Accounts {
    #[init]
    all: Mutex<Vec<Account>>,
}

pub trait Greeter: Send + Sync {
    fn greet(&self) -> &'static str;
}

#[injectable(as dyn Greeter, named = "warm")]
pub struct Warm;

impl Greeter for Warm {
    fn greet(&self) -> &'static str {
        "hello"
    }
}

/// How many units are there now, and how many were disposed of.
#[injectable]
pub struct Counted {
    #[init]
    open: AtomicUsize,
    #[init]
    closed: AtomicUsize,
}

#[injectable(scoped, dispose = close)]
pub struct Unit {
    counted: Arc<Counted>,
}

async fn close(unit: &Unit) -> Result<()> {
    unit.counted.open.fetch_sub(1, Ordering::SeqCst);
    unit.counted.closed.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

impl Unit {
    fn begin(&self) {
        self.counted.open.fetch_add(1, Ordering::SeqCst);
    }
}

#[injectable]
pub struct AccountsController {
    accounts: Arc<Accounts>,
}

#[controller("/accounts", version = "v1")]
impl AccountsController {
    /// Lists accounts.
    #[get]
    pub async fn list(&self, Query(paging): Query<Paging>) -> Json<Vec<Account>> {
        let all = self.accounts.all.lock().unwrap();
        let wanted = all.iter().filter(|account| paging.tag.is_empty() || paging.tag.contains(&account.owner));
        Json(wanted.take(paging.limit).cloned().collect())
    }

    /// Opens one.
    #[post("/")]
    pub async fn open(&self, Json(new): Json<NewAccount>) -> Result<Created<Account>, BankError> {
        if new.owner == "taken" {
            return Err(BankError::Taken { owner: new.owner });
        }
        let account = self.add(new.owner);
        Ok(Created::at(format!("/v1/accounts/{}", account.id), account))
    }

    #[get("/{id}")]
    pub async fn show(&self, Path(id): Path<u64>) -> Result<Json<Account>> {
        let all = self.accounts.all.lock().unwrap();
        let found = all.iter().find(|account| account.id == id).cloned();
        found.map(Json).ok_or_else(|| Error::not_found("no such account"))
    }

    #[put("/{id}")]
    #[patch("/{id}")]
    async fn rename(&self, Path(id): Path<u64>, accounts: &Accounts, Form(new): Form<NewAccount>) -> NoContent {
        accounts
            .all
            .lock()
            .unwrap()
            .iter_mut()
            .filter(|one| one.id == id)
            .for_each(|one| one.owner.clone_from(&new.owner));
        NoContent
    }

    #[delete("/{id}")]
    async fn remove(&self, Path(id): Path<u64>) -> Accepted<Value> {
        Accepted(json!({ "removing": id }))
    }

    #[get("/{branch}/{id}/pair")]
    async fn pair(&self, Path((branch, id)): Path<(String, u64)>) -> String {
        format!("{branch} {id}")
    }

    #[get("/{branch}/{id}/named")]
    async fn named(&self, Path(place): Path<Place>) -> String {
        format!("{} {}", place.branch, place.id)
    }

    /// No route: a helper without extractors.
    fn add(&self, owner: String) -> Account {
        let mut all = self.accounts.all.lock().unwrap();
        let account = Account { id: all.len() as u64 + 1, owner };
        all.push(account.clone());
        account
    }
}

#[injectable]
pub struct Odds;

#[controller("/odds", timeout = "1m")]
impl Odds {
    #[allow(clippy::too_many_arguments)]
    #[get("/injected")]
    async fn injected(
        &self,
        cx: &Context,
        #[named("warm")] greeter: &dyn Greeter,
        kept: Arc<Accounts>,
        maybe: Option<&Accounts>,
        all: All<dyn Plugin>,
        headers: HeaderMap,
        RawQuery(query): RawQuery,
    ) -> String {
        let agent = headers.get("user-agent").map(|text| text.to_str().unwrap().to_owned());
        let counts = (kept.all.lock().unwrap().len(), maybe.is_some(), all.iter().count());
        format!("{} {counts:?} {agent:?} {query:?} {}", greeter.greet(), cx.trace_id())
    }

    #[post("/raw/{id}")]
    async fn raw(
        &self,
        raw::Path(id): raw::Path<u8>,
        partitura::http::axum::Json(bare): partitura::http::axum::Json<Bare>,
    ) -> String {
        format!("{id} {}", bare.number)
    }

    #[post("/bare")]
    async fn bare(&self, Json(bare): Json<Bare>) -> Json<Bare> {
        Json(bare)
    }

    #[post("/maybe")]
    async fn maybe(&self, new: Option<Json<NewAccount>>) -> String {
        new.map_or("nobody".to_owned(), |Json(new)| new.owner)
    }

    #[post("/text")]
    async fn text(&self, text: String) -> String {
        text
    }

    #[get("/form")]
    async fn form(&self, Form(paging): Form<Paging>) -> String {
        paging.limit.to_string()
    }

    #[get("/sync")]
    fn sync(&self) -> &'static str {
        "at once"
    }

    #[get("/teapot")]
    async fn teapot(&self) -> Result<String, Teapot> {
        Err(Teapot)
    }

    #[any("/any")]
    async fn any(&self, method: partitura::http::axum::http::Method) -> String {
        method.to_string()
    }

    #[head("/only-head")]
    async fn only_head(&self) -> [(&'static str, &'static str); 1] {
        [("x-here", "yes")]
    }

    #[get("/panic")]
    async fn panics(&self) -> String {
        panic!("on purpose")
    }

    #[get("/slow", timeout = "20ms")]
    async fn slow(&self, unit: &Unit) -> NoContent {
        unit.begin();
        std::future::pending().await
    }

    #[get("/scoped")]
    async fn scoped(&self, unit: &Unit, counted: &Counted) -> String {
        unit.begin();
        format!("{} {}", counted.open.load(Ordering::SeqCst), counted.closed.load(Ordering::SeqCst))
    }

    #[get("/sends")]
    async fn sends(&self, cx: &Context) -> Result<Json<usize>> {
        cx.send(HowMany).await.map(Json)
    }

    #[get("/layered", layers(Stamp("outer"), Stamp("inner")))]
    async fn layered(&self, headers: HeaderMap) -> String {
        let all: Vec<&str> = headers.get_all("x-stamp").iter().map(|stamp| stamp.to_str().unwrap()).collect();
        all.join(" ")
    }

    #[get("/events")]
    fn events(&self, Query(count): Query<Count>) -> Events<impl Stream<Item = Result<u32>> + Send + 'static> {
        Events(count.items())
    }

    #[get("/lines")]
    async fn lines(
        &self,
        Query(count): Query<Count>,
        unit: &Unit,
    ) -> Result<Lines<impl Stream<Item = Result<u32>> + Send + use<>>> {
        unit.begin();
        Ok(Lines(count.items()))
    }

    #[get("/forever")]
    fn forever(&self) -> Lines<impl Stream<Item = Result<u32>> + Send + 'static> {
        let first = futures_util::stream::iter([Ok(1)]);
        Lines(futures_util::StreamExt::chain(first, futures_util::stream::pending()))
    }

    #[get("/bytes")]
    async fn bytes(&self) -> Download {
        Download::bytes("a,b\n").named("tåble.csv")
    }

    #[get("/file")]
    async fn file(&self, Query(named): Query<Named>) -> Result<Download> {
        Ok(Download::file(named.path).await?.inline())
    }
}

#[derive(Deserialize, JsonSchema)]
pub struct Named {
    path: String,
}

#[derive(Deserialize, JsonSchema)]
pub struct Count {
    to: u32,
    fail_at: Option<u32>,
    #[serde(default)]
    panic: bool,
}

impl Count {
    fn items(self) -> impl Stream<Item = Result<u32>> + Send + 'static {
        futures_util::stream::iter((1..=self.to).map(move |number| match self.fail_at {
            Some(at) if at == number && self.panic => panic!("in a stream"),
            Some(at) if at == number => Err(Error::conflict("enough")),
            _ => Ok(number),
        }))
    }
}

pub trait Plugin: Send + Sync {}

#[injectable(as dyn Plugin, many)]
pub struct First;
impl Plugin for First {}

#[injectable(as dyn Plugin, many)]
pub struct Second;
impl Plugin for Second {}

/// A layer that adds a header.
#[derive(Clone)]
struct Stamp(&'static str);

impl<S> tower::Layer<S> for Stamp {
    type Service = Stamped<S>;

    fn layer(&self, inner: S) -> Stamped<S> {
        Stamped(self.0, inner)
    }
}

#[derive(Clone)]
struct Stamped<S>(&'static str, S);

impl<S: tower::Service<raw::Request>> tower::Service<raw::Request> for Stamped<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<Result<(), S::Error>> {
        self.1.poll_ready(cx)
    }

    fn call(&mut self, mut request: raw::Request) -> S::Future {
        request.headers_mut().append("x-stamp", self.0.parse().unwrap());
        self.1.call(request)
    }
}

/// Believes whoever shows the name of a role.
#[injectable(as dyn Authenticator, many)]
pub struct Badges;

impl Authenticator for Badges {
    fn scheme(&self) -> &'static str {
        "Badge"
    }

    fn authenticate<'a>(
        &'a self,
        credentials: &'a Credentials,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<Option<Identity>>> + Send + 'a>> {
        let identity = match credentials {
            Credentials::Authorization { scheme, value } if scheme == "Badge" => {
                Some(Identity::user("Tom").with_role(value.expose()))
            }
            _ => None,
        };
        Box::pin(async move { Ok(identity) })
    }
}

#[injectable]
pub struct Vault;

#[controller("/vault", allow("teller"))]
impl Vault {
    #[get]
    async fn look(&self) -> &'static str {
        "gold"
    }

    #[get("/door", public)]
    async fn door(&self) -> &'static str {
        "iron"
    }

    #[get("/key", allow("boss"))]
    async fn key(&self) -> &'static str {
        "brass"
    }
}

async fn app(settings: &[&str]) -> partitura::App {
    let mut loader = Bank::BLUEPRINT.loader().hermetic();
    for setting in settings {
        loader = loader.set(*setting);
    }
    Bank::builder().config(loader.load().unwrap()).build().await.unwrap()
}

async fn client() -> partitura::http::Client {
    app(&[]).await.http().unwrap()
}

fn pointers(problem: &Value) -> Vec<&str> {
    problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_method_takes_path_query_body_and_answers() {
    let http = client().await;
    let opened = http.post("/v1/accounts").json(&json!({ "owner": "Ada" })).send().await;
    assert_eq!((opened.status.as_u16(), opened.header("location")), (201, "/v1/accounts/1"), "{}", opened.text());
    assert_eq!(opened.json::<Value>().unwrap(), json!({ "id": 1, "owner": "Ada" }));
    http.post("/v1/accounts").json(&json!({ "owner": "Bob" })).send().await;
    assert_eq!(http.get("/v1/accounts/1").send().await.text(), "{\"id\":1,\"owner\":\"Ada\"}");
    assert_eq!(http.get("/v1/accounts?limit=1").send().await.text(), "[{\"id\":1,\"owner\":\"Ada\"}]");
    assert_eq!(http.get("/v1/accounts?tag=Bob&tag=Eve").send().await.text(), "[{\"id\":2,\"owner\":\"Bob\"}]");
    let renamed = http.put("/v1/accounts/2").form(&[("owner", "Bea")]).send().await;
    assert_eq!((renamed.status.as_u16(), renamed.text().as_str(), renamed.header("content-type")), (204, "", ""));
    let renamed = http.patch("/v1/accounts/2").form(&[("owner", "Bo")]).send().await;
    assert_eq!(renamed.status, 204);
    assert_eq!(http.get("/v1/accounts/2").send().await.json::<Value>().unwrap()["owner"], "Bo");
    let removed = http.delete("/v1/accounts/2").send().await;
    assert_eq!((removed.status.as_u16(), removed.text().as_str()), (202, "{\"removing\":2}"));
    assert_eq!(http.get("/v1/accounts/north/7/pair").send().await.text(), "north 7");
    assert_eq!(http.get("/v1/accounts/n%20w/7/named").send().await.text(), "n w 7");
    let head = http.request(partitura::http::axum::http::Method::HEAD, "/v1/accounts/1").send().await;
    assert_eq!((head.status.as_u16(), head.text().as_str()), (200, ""));
    let options = http.request(partitura::http::axum::http::Method::OPTIONS, "/v1/accounts").send().await;
    assert_eq!((options.status.as_u16(), options.header("allow")), (204, "GET, POST, HEAD, OPTIONS"));
}

#[tokio::test]
async fn what_our_extractors_refuse_is_told_whole() {
    let http = client().await;
    let answer = http.post("/v1/accounts").json(&json!({ "ower": "Ada", "tags": 1 })).send().await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (400, "application/problem+json"));
    let problem: Value = answer.json().unwrap();
    assert_eq!(pointers(&problem), ["/owner", "/tags", "/ower"], "{problem}");
    assert_eq!((problem["instance"].as_str(), problem["trace_id"].as_str().unwrap().len()), (Some("/v1/accounts"), 32));
    let answer = http.post("/v1/accounts").json(&json!({ "owner": "x".repeat(30) })).send().await;
    assert_eq!((answer.status.as_u16(), pointers(&answer.json().unwrap())), (422, vec!["/owner"]), "{}", answer.text());
    let answer = http.get("/v1/accounts?limit=x&who=me").send().await;
    assert_eq!((answer.status.as_u16(), pointers(&answer.json().unwrap())), (400, vec!["/limit", "/who"]));
    assert_eq!(http.get("/v1/accounts?limit=101").send().await.status, 422);
    let answer = http.get("/v1/accounts/x").send().await;
    assert_eq!((answer.status.as_u16(), pointers(&answer.json().unwrap())), (400, vec!["/id"]), "{}", answer.text());
    let answer = http.get("/v1/accounts/north/x/pair").send().await;
    assert_eq!((answer.status.as_u16(), pointers(&answer.json().unwrap())), (400, vec!["/id"]), "{}", answer.text());
    let answer = http.get("/v1/accounts/north/x/named").send().await;
    assert_eq!((answer.status.as_u16(), pointers(&answer.json().unwrap())), (400, vec!["/id"]), "{}", answer.text());
    let answer = http.put("/v1/accounts/1").form(&[("ower", "Ada")]).send().await;
    assert_eq!((answer.status.as_u16(), pointers(&answer.json().unwrap())), (400, vec!["/owner", "/ower"]));
    for (request, status) in [
        (http.post("/v1/accounts").body("text/plain", "x"), 415),
        (http.put("/v1/accounts/1").body("text/plain", "x"), 415),
        (http.post("/v1/accounts").body("application/json", "{"), 400),
        (http.post("/v1/accounts").body("application/json", "x".repeat(3 << 20)), 413),
        (http.post("/odds/text").body("text/plain", "x".repeat(3 << 20)), 413),
        (http.post("/odds/bare").json(&json!({ "number": "x" })), 400),
        (http.post("/odds/bare").body("text/plain", "x"), 415),
        (http.get("/v1/accounts/7"), 404),
        (http.request(partitura::http::axum::http::Method::TRACE, "/v1/accounts"), 405),
    ] {
        let answer = request.send().await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
        let problem: Value = answer.json().unwrap();
        assert_eq!(problem["status"], status, "{problem}");
    }
}

#[tokio::test]
async fn what_axums_extractors_refuse_is_a_problem_with_their_status_and_text() {
    let http = client().await;
    assert_eq!(http.post("/odds/raw/7").json(&json!({ "number": 3 })).send().await.text(), "7 3");
    let answer = http.post("/odds/raw/700").json(&json!({ "number": 3 })).send().await;
    let problem: Value = answer.json().unwrap();
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (400, "application/problem+json"));
    assert!(problem["detail"].as_str().unwrap().contains("700"), "{problem}");
    assert_eq!(problem["trace_id"].as_str().unwrap().len(), 32);
    let answer = http.post("/odds/raw/7").json(&json!({ "number": "x" })).send().await;
    assert_eq!((answer.status.as_u16(), answer.json::<Value>().unwrap()["status"].as_u64()), (422, Some(422)));
    assert_eq!(http.post("/odds/raw/7").body("text/plain", "x").send().await.status, 415);
}

#[tokio::test]
async fn values_are_read_and_references_injected() {
    let http = client().await;
    let answer = http.get("/odds/injected?a=b").header("user-agent", "test").send().await;
    assert!(answer.text().starts_with("hello (0, true, 2) Some(\"test\") Some(\"a=b\") "), "{}", answer.text());
    assert_eq!(http.post("/odds/maybe").send().await.text(), "nobody");
    assert_eq!(http.post("/odds/maybe").json(&json!({ "owner": "Ada" })).send().await.text(), "Ada");
    assert_eq!(http.post("/odds/maybe").json(&json!({ "owner": "" })).send().await.status, 422);
    assert_eq!(http.post("/odds/text").body("text/plain", "as it is").send().await.text(), "as it is");
    assert_eq!(http.get("/odds/form?limit=3").send().await.text(), "3");
    assert_eq!(http.get("/odds/sync").send().await.text(), "at once");
    assert_eq!(http.get("/odds/sends").send().await.text(), "0");
    assert_eq!(http.delete("/odds/any").send().await.text(), "DELETE");
    let head = http.request(partitura::http::axum::http::Method::HEAD, "/odds/only-head").send().await;
    assert_eq!((head.status.as_u16(), head.header("x-here")), (200, "yes"));
    assert_eq!(http.get("/odds/layered").send().await.text(), "outer inner");
}

#[tokio::test]
async fn errors_become_problems_and_responses_stay() {
    let http = client().await;
    let taken = http.post("/v1/accounts").json(&json!({ "owner": "taken" })).send().await;
    let problem: Value = taken.json().unwrap();
    assert_eq!((taken.status.as_u16(), problem["code"].as_str()), (409, Some("bank.taken")), "{problem}");
    assert_eq!(problem["detail"], "taken is taken");
    let teapot = http.get("/odds/teapot").send().await;
    assert_eq!((teapot.status.as_u16(), teapot.text().as_str()), (418, "short and stout"));
}

#[tokio::test]
async fn a_panic_fails_one_request_alone() {
    let http = client().await;
    let answer = http.get("/odds/panic").send().await;
    assert_eq!(answer.status, 500);
    assert!(!answer.text().contains("on purpose"), "{}", answer.text());
    assert_eq!(http.get("/odds/sync").send().await.status, 200);
}

#[tokio::test]
async fn a_timeout_ends_a_method_and_its_scope() {
    let http = client().await;
    assert_eq!(http.get("/odds/slow").send().await.status, 504);
    assert_eq!(http.get("/odds/scoped").send().await.text(), "1 1");
    assert_eq!(http.get("/odds/scoped").send().await.text(), "1 2");
}

#[tokio::test]
async fn roles_of_a_controller_hold_for_methods_that_say_nothing_else() {
    let http = client().await;
    let refused = http.get("/vault").send().await;
    assert_eq!((refused.status.as_u16(), refused.header("content-type")), (401, "application/problem+json"));
    assert_eq!(refused.header("www-authenticate"), "Badge realm=\"api\"");
    assert_eq!(http.get("/vault/door").send().await.text(), "iron");
    let teller = http.with("authorization", "Badge teller");
    assert_eq!(teller.get("/vault").send().await.text(), "gold");
    assert_eq!(teller.get("/vault/key").send().await.status, 403);
    assert_eq!(teller.get("/vault/door").send().await.status, 200);
}

#[tokio::test]
async fn streams_come_item_by_item_and_count_as_running() {
    let app = app(&[]).await;
    let http = app.http().unwrap();
    let events = http.get("/odds/events?to=2").send().await;
    assert_eq!(events.header("content-type"), "text/event-stream");
    assert_eq!(events.text(), "id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n");
    let lines = http.get("/odds/lines?to=2").send().await;
    assert_eq!((lines.header("content-type"), lines.text().as_str()), ("application/x-ndjson", "1\n2\n"));
    let failed = http.get("/odds/lines?to=2&fail_at=1").send().await;
    assert_eq!((failed.status.as_u16(), failed.header("content-type")), (409, "application/problem+json"));
    let late = http.get("/odds/events?to=2&fail_at=2").send().await;
    assert!(late.text().starts_with("id: 1\ndata: 1\n\nevent: error\ndata: {\"type\""), "{}", late.text());
    let panicked = http.get("/odds/lines?to=2&fail_at=2&panic=true").send().await;
    assert!(
        panicked.text().starts_with("1\n{\"error\":{\"type\"") && panicked.text().contains("PT0305"),
        "{}",
        panicked.text()
    );
    // The scope of the lines lives as long as they do.
    let (_, _, body) = http.get("/odds/lines?to=2").open().await;
    assert_eq!(http.get("/odds/scoped").send().await.text(), "2 3");
    drop(body);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(http.get("/odds/scoped").send().await.text(), "1 5");
}

#[tokio::test]
async fn a_stopping_application_waits_for_a_stream_and_then_leaves_it() {
    let app = app(&["runtime.stop_timeout = \"50ms\""]).await;
    let http = app.http().unwrap();
    let (status, _, body) = http.get("/odds/forever").open().await;
    assert_eq!(status, 200);
    let whole = tokio::spawn(partitura::http::axum::body::to_bytes(body, usize::MAX));
    assert!(app.shutdown().await.is_err(), "the stream was left behind");
    let text = String::from_utf8(whole.await.unwrap().unwrap().to_vec()).unwrap();
    assert!(text.starts_with("1\n{\"error\":") && text.contains("PT0308"), "{text}");
}

#[tokio::test]
async fn files_are_sent_with_their_names() {
    let http = client().await;
    let bytes = http.get("/odds/bytes").send().await;
    assert_eq!((bytes.header("content-type"), bytes.text().as_str()), ("text/csv; charset=utf-8", "a,b\n"));
    assert_eq!(
        bytes.header("content-disposition"),
        "attachment; filename=\"t_ble.csv\"; filename*=UTF-8''t%C3%A5ble%2Ecsv"
    );
    let file = http.get(concat!("/odds/file?path=", env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")).send().await;
    assert_eq!(file.text(), include_str!("../Cargo.toml"));
    assert_eq!(file.header("content-length"), file.body.len().to_string());
    assert_eq!(file.header("content-disposition"), "inline; filename=\"Cargo.toml\"");
    let missing = http.get("/odds/file?path=/nothing/here").send().await;
    assert_eq!(missing.status, 404);
    assert!(!missing.text().contains("/nothing/here/"), "{}", missing.text());
}

#[tokio::test]
async fn limits_of_the_configuration_hold_for_every_extractor() {
    let app = app(&["http.max_body = 10", "http.body_timeout = \"20ms\""]).await;
    let http = app.http().unwrap();
    assert_eq!(http.post("/odds/text").body("text/plain", "0123456789").send().await.status, 200);
    for path in ["/odds/text", "/odds/raw/7", "/odds/bare", "/v1/accounts"] {
        let answer = http.post(path).body("application/json", "{\"number\":       12}").send().await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (413, "application/problem+json"),
            "{path}"
        );
    }
    for path in ["/odds/text", "/odds/raw/7", "/odds/bare", "/v1/accounts"] {
        let never = futures_util::stream::pending::<Result<String, std::io::Error>>();
        let body = partitura::http::axum::body::Body::from_stream(never);
        let answer = http.post(path).body("application/json", body).send().await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (408, "application/problem+json"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn routers_of_two_applications_share_nothing() {
    let (one, two) = (client().await, client().await);
    one.post("/v1/accounts").json(&json!({ "owner": "Ada" })).send().await;
    assert_eq!(one.get("/v1/accounts/1").send().await.status, 200);
    assert_eq!(two.get("/v1/accounts/1").send().await.status, 404);
}

#[tokio::test]
async fn methods_stay_plain_fns() {
    let accounts = Arc::new(Accounts { all: Mutex::default() });
    let controller = AccountsController { accounts: accounts.clone() };
    let new = NewAccount { owner: "Ada".into(), tags: vec![] };
    assert!(controller.open(Json(new)).await.is_ok());
    assert_eq!(controller.show(Path(1)).await.unwrap().0.owner, "Ada");
    assert_eq!(controller.list(Query(Paging { tag: vec![], limit: 5 })).await.0.len(), 1);
    controller.rename(Path(1), &accounts, Form(NewAccount { owner: "Bo".into(), tags: vec![] })).await;
}

#[test]
fn describe_names_the_routes_of_controllers() {
    let json = serde_json::to_value(Bank::BLUEPRINT.describe()).unwrap();
    let routes = json["routes"].as_array().unwrap();
    let show = routes.iter().find(|route| route["path"] == "/v1/accounts/{id}" && route["method"] == "GET").unwrap();
    assert_eq!(show["controller"], "AccountsController.show");
}

#[test]
fn what_a_document_says_of_a_method_is_there_as_data() {
    use partitura::http::controllers::{Controller, Source};
    let mounted = Bank::BLUEPRINT.mounted("http");
    let document = |of: &str, name: &str| {
        let (_, mounted) = mounted.iter().find(|(_, mounted)| mounted.name == of).unwrap();
        let at = mounted.routes.iter().position(|route| route.name == name).unwrap();
        let document = *Controller::of(mounted).unwrap().method(at).unwrap().document();
        (document.inputs().collect::<Vec<_>>(), document.output.map(|output| output()))
    };
    let (inputs, output) = document("AccountsController", "open");
    let output = output.unwrap();
    assert_eq!(inputs[0].source, Source::Body("application/json"));
    assert_eq!(inputs[0].schema["properties"]["owner"]["type"], "string");
    assert_eq!((output.status, output.media, output.location), (201, Some("application/json"), true));
    assert_eq!(output.schema.unwrap()["title"], "Account");
    let (inputs, output) = document("AccountsController", "list");
    assert_eq!((inputs[0].source, inputs[0].required), (Source::Query, true));
    assert_eq!(output.unwrap().schema.unwrap()["type"], "array");
    let (inputs, output) = document("Odds", "maybe");
    assert_eq!((inputs[0].required, output.unwrap().media), (false, Some("text/plain; charset=utf-8")));
    let (_, output) = document("Odds", "events");
    let output = output.unwrap();
    assert_eq!((output.media, output.schema.unwrap()["type"].as_str()), (Some("text/event-stream"), Some("integer")));
    let (inputs, output) = document("Odds", "raw");
    assert_eq!((inputs.len(), inputs[0].source, output.is_some()), (1, Source::Path, true));
}

#[test]
fn an_application_that_requires_authorization_asks_methods_too() {
    let strict = partitura::Blueprint { authorization: true, ..*Bank::BLUEPRINT };
    let findings = Box::leak(Box::new(strict)).verify();
    let told = |of: &str| findings.iter().any(|finding| finding.code == "PT0166" && finding.message.contains(of));
    assert!(told("`AccountsController.list` does not say who may call it"), "{findings:?}");
    assert!(!told("`Vault.look`") && !told("`Vault.door`"), "{findings:?}");
}
