//! The life of an application that serves.
#![allow(missing_docs)]

use std::sync::Mutex;
use std::time::Duration;

use partitura::config::Config;
use partitura::entrypoint::Entrypoint;
use partitura::env::Virtual;
use partitura::prelude::*;
use partitura::{App, Blueprint, Failure, StartError, host};

partitura::app! { Served { modules: [] } }

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn note(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }
    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

type Work<'a, T> = std::pin::Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A way in that notes what is done to it.
struct Way {
    name: &'static str,
    log: Log,
    opens: bool,
    drains: bool,
    fits: bool,
}

impl Entrypoint for Way {
    fn name(&self) -> &'static str {
        self.name
    }
    fn is_enabled(&self, _app: &App) -> bool {
        self.name != "off"
    }
    fn check(&self, _: &'static Blueprint, config: &Config) -> Result<()> {
        self.log.note(format!("check {}", self.name));
        let failures =
            vec![Failure::new("runtime.timeout", "range", "too long"), Failure::new("runtime", "range", "odd")];
        match self.fits {
            true => Ok(()),
            false => Err(config.placed(Error::invalid("no").with_failures(failures))),
        }
    }
    fn start<'a>(&'a self, _app: &'a App) -> Work<'a, Result<String>> {
        self.log.note(format!("start {}", self.name));
        Box::pin(async { if self.opens { Ok("here".to_owned()) } else { Err(Error::unavailable("address in use")) } })
    }
    fn drain(&self) -> Work<'_, ()> {
        self.log.note(format!("drain {}", self.name));
        Box::pin(async {
            if !self.drains {
                std::future::pending().await
            }
        })
    }
    fn stop(&self) -> Work<'_, Result<()>> {
        self.log.note(format!("stop {}", self.name));
        Box::pin(async { Ok(()) })
    }
}

pub struct Pool(Log);
#[provider(dispose = close)]
fn pool(log: &Shared) -> Pool {
    Pool(log.0.clone())
}
async fn close(pool: &Pool) -> Result<()> {
    pool.0.note("dispose pool");
    Ok(())
}

#[injectable]
#[derive(Default)]
pub struct Shared(#[init] Log);

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ask;
#[handler]
async fn ask(_query: Ask, _pool: &Pool) -> Result<()> {
    Ok(())
}

fn way(name: &'static str, log: &Log) -> Way {
    Way { name, log: log.clone(), opens: true, drains: true, fits: true }
}

async fn built(log: &Log, world: &Virtual) -> App {
    Served::builder().env(world.env()).replace(Arc::new(Shared(log.clone()))).build().await.unwrap()
}

fn ways(ways: impl IntoIterator<Item = Way>) -> Vec<Arc<dyn Entrypoint>> {
    ways.into_iter().map(|way| Arc::new(way) as Arc<dyn Entrypoint>).collect()
}

#[tokio::test]
async fn host_starts_in_order_and_stops_in_reverse() {
    let (log, world) = (Log::default(), Virtual::new(1));
    let app = built(&log, &world).await;
    let all = ways([way("one", &log), way("off", &log), way("two", &log)]);
    let ready = |opened: &[host::Opened]| {
        log.note(format!("ready {}", opened.iter().map(|it| it.name()).collect::<Vec<_>>().join(" ")));
    };
    host::serve(&app, &all, &[], ready, async {}).await.unwrap();
    assert_eq!(
        log.lines(),
        [
            "check one",
            "check two",
            "start one",
            "start two",
            "ready one two",
            "drain two",
            "drain one",
            "stop two",
            "stop one",
            "dispose pool"
        ]
    );
    assert_eq!(app.send(Ask).await.unwrap_err().code(), "PT0308", "nothing comes in any more");
}

/// A singleton that is disposed of is nobody's any more, whichever way one comes to it.
#[tokio::test]
async fn host_hands_no_context_to_what_was_disposed_of() {
    let (log, world) = (Log::default(), Virtual::new(1));
    let app = built(&log, &world).await;
    app.context(Identity::anonymous()).send(Ask).await.unwrap();
    app.shutdown().await.unwrap();
    let cx = app.context(Identity::anonymous());
    assert_eq!(cx.depth(), 0);
    assert_eq!(cx.send(Ask).await.unwrap_err().code(), "PT0308");
    assert_eq!(cx.send_boxed(Ask).await.unwrap_err().code(), "PT0308");
    assert_eq!(cx.execute("host.Ask", serde_json::json!(null)).await.unwrap_err().code(), "PT0308");
    assert_eq!(cx.spawn(Ask).unwrap_err().code(), "PT0308");
    let (one, other) = cx.join((Ask, Ask)).await;
    assert_eq!((one.unwrap_err().code(), other.unwrap_err().code()), ("PT0308", "PT0308"));
}

#[tokio::test]
async fn host_opens_only_what_is_asked_for() {
    let (log, world) = (Log::default(), Virtual::new(1));
    let app = built(&log, &world).await;
    let all = ways([way("one", &log), way("off", &log)]);
    host::serve(&app, &all, &["off".into()], |_| (), async {}).await.unwrap();
    assert_eq!(log.lines()[..2], ["check off", "start off"]);
    let error = host::serve(&app, &all, &["tow".into()], |_| (), async {}).await.unwrap_err();
    assert_eq!(error.to_string(), "no entrypoint is named `tow`; there is one, off");
    assert_eq!(error.exit_code(), 2);
}

#[tokio::test]
async fn host_undoes_a_failed_start_and_says_why() {
    let (log, world) = (Log::default(), Virtual::new(1));
    let app = built(&log, &world).await;
    let broken = Way { opens: false, ..way("two", &log) };
    let all = ways([way("one", &log), broken, way("three", &log)]);
    let error = host::serve(&app, &all, &[], |_| panic!("is not ready"), std::future::pending()).await.unwrap_err();
    assert!(matches!(&error, StartError::Entrypoints(errors) if errors.len() == 1));
    assert_eq!(error.to_string(), "`two` did not open: address in use");
    assert_eq!(error.exit_code(), 69);
    let all =
        ["check one", "check two", "check three", "start one", "start two", "drain one", "stop one", "dispose pool"];
    assert_eq!(log.lines(), all);
}

#[tokio::test]
async fn host_tells_all_that_entrypoints_cannot_be_before_anything_starts() {
    let (log, world) = (Log::default(), Virtual::new(1));
    let config = Served::BLUEPRINT.loader().hermetic().set("runtime.timeout=1s").load().unwrap();
    let builder = Served::builder().config(config).env(world.env()).replace(Arc::new(Shared(log.clone())));
    let app = builder.build().await.unwrap();
    let wrong = |name| Way { fits: false, ..way(name, &log) };
    let all = ways([wrong("one"), way("two", &log), wrong("three"), wrong("off")]);
    let error = host::serve(&app, &all, &[], |_| panic!("is not ready"), std::future::pending()).await.unwrap_err();
    let told = "no\n  runtime.timeout: too long (--set runtime.timeout=..)\n  runtime: odd (--set runtime.timeout=..)";
    assert_eq!(error.to_string(), format!("{told}\n{told}"));
    assert_eq!(log.lines(), ["check one", "check two", "check three", "dispose pool"]);
    let checked = host::check(Served::BLUEPRINT, app.config(), &all);
    assert_eq!(checked.len(), 3, "the verb asks those that are off, too: they know it themselves");
}

#[tokio::test]
async fn host_builds_until_it_is_told_to_stop() {
    let config = || Served::BLUEPRINT.loader().hermetic().load().unwrap();
    let built = host::build(Served::BLUEPRINT, config(), std::future::pending(), || panic!("nobody stops it")).await;
    built.unwrap().shutdown().await.unwrap();
    let mut told = 0;
    let error = host::build(Served::BLUEPRINT, config(), std::future::ready(()), || told += 1).await;
    let error = error.map(|_| ()).unwrap_err();
    assert!(matches!(&error, StartError::Stopped(errors) if errors.is_empty()), "{error:?}");
    assert_eq!((error.exit_code(), told), (75, 1));
}

#[tokio::test]
async fn host_stops_within_its_budget() {
    let (log, world) = (Log::default(), Virtual::new(1));
    let app = built(&log, &world).await;
    let all = ways([Way { drains: false, ..way("one", &log) }]);
    let served = app.env().spawn({
        let app = app.clone();
        async move { host::serve(&app, &all, &[], |_| (), async {}).await }
    });
    world.advance(Duration::from_secs(9)).await;
    assert!(!served.is_finished());
    world.advance(Duration::from_secs(2)).await;
    let error = served.await.unwrap().unwrap_err();
    assert!(error.to_string().contains("did not drain within 10s"), "{error}");
    assert_eq!(log.lines(), ["check one", "start one", "drain one", "stop one", "dispose pool"]);
}
