//! An application to be spoken with, and its server.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::stream;
use partitura::entrypoint::{BoxFuture, Credentials, Entrypoint};
use partitura::http::Http;
use partitura::prelude::*;
use partitura::{App, Authenticator};

/// What handlers do.
#[injectable]
#[derive(Default)]
pub struct Watched {
    #[init]
    running: AtomicUsize,
}

pub struct Run<'w>(&'w Watched);

impl Watched {
    fn run(&self) -> Run<'_> {
        self.running.fetch_add(1, Ordering::SeqCst);
        Run(self)
    }
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Running {}

#[handler(route(get, "/running"))]
pub async fn running(_: Running, watched: &Watched) -> Result<usize> {
    Ok(watched.running.load(Ordering::SeqCst))
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Echo {
    #[validate(length(max = 1000))]
    pub text: String,
}

#[handler]
pub async fn echo(query: Echo) -> Result<String> {
    Ok(query.text)
}

/// Never answers.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Hang {}

#[handler]
pub async fn hang(_: Hang, watched: &Watched) -> Result<()> {
    let _run = watched.run();
    std::future::pending().await
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Wait {
    pub ms: u64,
}

#[handler]
pub async fn wait(query: Wait, watched: &Watched, cx: &Context) -> Result<u64> {
    let _run = watched.run();
    cx.env().sleep(Duration::from_millis(query.ms)).await;
    Ok(query.ms)
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Count {
    pub to: u32,
    #[serde(default)]
    pub fail_at: Option<u32>,
    #[serde(default)]
    pub ms: u64,
}

#[handler]
pub fn count(query: Count, watched: &Watched, cx: &Context) -> impl Stream<Item = Result<u32>> + Send {
    let env = cx.env().clone();
    stream::unfold((1, watched.run(), env), move |(number, run, env)| async move {
        if number > query.to {
            return None;
        }
        if query.ms > 0 && number > 1 {
            env.sleep(Duration::from_millis(query.ms)).await;
        }
        let item = if query.fail_at == Some(number) { Err(Error::conflict("enough")) } else { Ok(number) };
        Some((item, (number + 1, run, env)))
    })
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Big {
    pub bytes: usize,
}

#[handler]
pub async fn big(query: Big) -> Result<String> {
    Ok("x".repeat(query.bytes))
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct WhoAmI {}

#[handler]
pub async fn who(_: WhoAmI, cx: &Context) -> Result<Option<String>> {
    Ok(cx.identity().subject.clone())
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Boom {}

#[handler]
pub async fn boom(_: Boom) -> Result<()> {
    panic!("boom")
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Reset {}

#[handler(allow("admin"))]
pub async fn reset(_: Reset) -> Result<()> {
    Ok(())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
#[event(topic = "orders.{region}.placed")]
pub struct Placed {
    pub region: String,
    pub number: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Place {
    pub region: String,
    pub count: u32,
}

#[handler]
pub async fn place(command: Place, cx: &Context) -> Result<()> {
    for number in 1..=command.count {
        cx.emit(Placed { region: command.region.clone(), number }).await?;
    }
    Ok(())
}

/// Knows the tokens `clerk`, `guest` and `late`, whose time was over long ago.
#[injectable(as dyn Authenticator, many)]
pub struct Porter {}

impl Authenticator for Porter {
    fn scheme(&self) -> &'static str {
        "Bearer"
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> BoxFuture<'a, Result<Option<Identity>>> {
        Box::pin(async move {
            let Credentials::Authorization { value, .. } = credentials else { return Ok(None) };
            match value.expose().as_str() {
                "clerk" => Ok(Some(Identity::user("ada").with_role("clerk"))),
                "guest" => Ok(Some(Identity::user("bob"))),
                "late" => Ok(Some(Identity::user("eve").with_role("clerk").with_claim("exp", 1_000))),
                _ => Err(Error::unauthenticated("no such token")),
            }
        })
    }
}

/// A server, and the application behind it.
pub struct Server {
    pub app: App,
    pub http: Http,
    pub address: SocketAddr,
}

pub async fn app(settings: &[&str]) -> App {
    let mut loader = crate::Spoken::BLUEPRINT.loader().hermetic();
    for setting in settings {
        loader = loader.set(*setting);
    }
    crate::Spoken::builder().config(loader.load().unwrap()).build().await.unwrap()
}

impl Server {
    pub async fn start(settings: &[&str]) -> Server {
        let mut all = vec!["http.port = 0", "http.access_log = false", "http.websocket.enabled = true"];
        all.extend(settings);
        let (app, http) = (app(&all).await, Http::new());
        let address = http.start(&app).await.unwrap().strip_prefix("http://").unwrap().parse().unwrap();
        Server { app, http, address }
    }

    /// Waits until so many handlers run.
    pub async fn until_running(&self, count: usize) {
        for _ in 0..1_000 {
            if self.running().await == count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{} run, not {count}", self.running().await);
    }

    pub async fn running(&self) -> usize {
        self.app.send(Running {}).await.unwrap()
    }
}
