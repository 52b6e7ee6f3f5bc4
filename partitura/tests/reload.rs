//! What a configuration that is read again changes, each rule a test named after it.
#![allow(missing_docs)]

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use partitura::config::{Config, Secret};
use partitura::overrides::{ReloadError, Reloading};
use partitura::prelude::*;
use partitura::{Call, TestApp};
use serde_json::json;

partitura::module! { name: "bank" }
partitura::app! { Bank { modules: [crate] } }

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

/// Sends [`Sleep`] twice.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Twice {
    pub millis: u64,
}

#[handler]
async fn twice(query: Twice, cx: &Context) -> Result<u64> {
    cx.send(Sleep { millis: query.millis }).await?;
    cx.send(Sleep { millis: query.millis }).await
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Placed {}

#[handler]
async fn hear(_: &Placed, total: &Total) -> Result<()> {
    total.heard.fetch_add(1, Ordering::SeqCst);
    Ok(())
}

#[injectable]
#[derive(Default)]
pub struct Total {
    #[init]
    heard: AtomicU32,
}

#[derive(Deserialize)]
#[config(section = "vault")]
pub struct Vault {
    pub code: Secret<String>,
    pub place: String,
}

#[injectable]
pub struct Keeper {
    vault: Arc<Vault>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Query)]
pub struct Where {}

#[handler]
async fn place(_: Where, keeper: &Keeper) -> Result<String> {
    Ok(format!("{} {}", keeper.vault.place, keeper.vault.code.expose().len()))
}

const VAULT: [&str; 2] = ["vault.code=\"1234\"", "vault.place=cellar"];

fn config(settings: &[&str]) -> Config {
    let loader = Bank::BLUEPRINT.loader().hermetic();
    VAULT.iter().chain(settings).fold(loader, |loader, setting| loader.set(*setting)).load().unwrap()
}

async fn bank(settings: &[&str]) -> TestApp {
    Bank::test().config(config(settings)).build().await.unwrap()
}

async fn sleeps(app: &TestApp, millis: u64) -> Option<Kind> {
    app.world().drive(app.send(Sleep { millis })).await.err().map(|error| error.kind())
}

#[tokio::test]
async fn reload_is_for_messages_that_begin_after_it() {
    let app = bank(&[]).await;
    let before = app.send(Twice { millis: 1000 });
    let told = app.reload(config(&[r#"messages."bank.Sleep".timeout=500ms"#])).unwrap();
    assert_eq!(told.to_string(), r#"messages."bank.Sleep".timeout (unset) -> "500ms""#);
    // It had begun, and so had what it sends.
    assert_eq!(app.world().drive(before).await.unwrap(), 1000);
    assert_eq!(sleeps(&app, 1000).await, Some(Kind::Timeout));
    let told = app.reload(config(&[r#"messages."bank.Sleep".timeout=2s"#])).unwrap();
    assert_eq!(told.to_string(), r#"messages."bank.Sleep".timeout "500ms" -> "2s""#);
    assert_eq!(sleeps(&app, 1000).await, None);
    app.reload(config(&[])).unwrap();
    assert_eq!(sleeps(&app, 20_000).await, None);
    assert_eq!(app.reload(config(&[])).unwrap().to_string(), "nothing has changed");
}

#[tokio::test]
async fn reload_takes_ways_in_switches_and_the_default_timeout() {
    let app = bank(&[]).await;
    let sent = |at: &'static str| {
        let door = app.door(Call::default().at(at));
        let app = app.clone();
        async move { app.world().drive(door.execute("bank.Sleep", json!({ "millis": 0 }))).await.err().map(|e| e.kind()) }
    };
    assert_eq!(sent("http").await, None);
    app.reload(config(&[r#"messages."bank.Sleep".entrypoints=["cli"]"#])).unwrap();
    assert_eq!((sent("http").await, sent("cli").await), (Some(Kind::NotFound), None));
    app.reload(config(&[r#"messages."bank.Sleep".enabled=false"#])).unwrap();
    assert_eq!((sent("cli").await, sleeps(&app, 0).await), (Some(Kind::NotFound), Some(Kind::Unavailable)));
    app.reload(config(&["runtime.timeout=1s"])).unwrap();
    assert_eq!((sleeps(&app, 900).await, sleeps(&app, 1100).await), (None, Some(Kind::Timeout)));
    app.reload(config(&["runtime.timeout=0s"])).unwrap();
    assert_eq!(sleeps(&app, 100_000).await, None);
}

#[tokio::test]
async fn reload_with_a_mistake_changes_nothing_and_tells_all_of_them() {
    let app = bank(&[r#"messages."bank.Sleep".timeout=2s"#]).await;
    let wrong = config(&[
        r#"messages."bank.Sleep".timeout=500ms"#,
        r#"messages."bank.Slep".timeout=1s"#,
        "runtime.timeot=1s",
        "runtime.timeout=soon",
    ]);
    let Err(ReloadError::Configuration(mistakes)) = app.reload(wrong) else { panic!("it was taken") };
    let told = mistakes.to_string();
    assert_eq!(mistakes.len(), 3, "{told}");
    assert!(told.contains("did you mean `bank.Sleep`?") && told.contains("did you mean `timeout`?"), "{told}");
    assert!(told.contains("--set runtime.timeout=..: `runtime.timeout`"), "{told}");
    assert_eq!(sleeps(&app, 1000).await, None);
}

#[tokio::test]
async fn reload_tells_what_needs_a_restart_and_no_secret() {
    let app = bank(&[r#"subscribers."bank.hear".enabled=true"#]).await;
    let next = || {
        let loader = Bank::BLUEPRINT.loader().hermetic().set("vault.code=\"4321\"").set("vault.place=attic");
        let loader = loader.set(r#"messages."bank.Sleep".timeout=500ms"#).set("runtime.stop_timeout=1s");
        let loader = loader.set(r#"messages."bank.Placed".topic=moved"#);
        loader.set(r#"subscribers."bank.hear".enabled=false"#).load().unwrap()
    };
    let told = app.reload(next()).unwrap();
    assert_eq!(
        told.changed.iter().map(|change| change.key.as_str()).collect::<Vec<_>>(),
        [r#"messages."bank.Sleep".timeout"#]
    );
    let restart = [
        r#"messages."bank.Placed".topic (unset) -> "moved""#,
        "runtime.stop_timeout (unset) -> \"1s\"",
        r#"subscribers."bank.hear".enabled true -> false"#,
        "vault.code *** -> ***",
        "vault.place \"cellar\" -> \"attic\"",
    ];
    assert_eq!(told.restart.iter().map(ToString::to_string).collect::<Vec<_>>(), restart);
    assert!(told.to_string().contains("; needs a restart: ") && !told.to_string().contains("4321"), "{told}");
    assert_eq!(app.world().drive(app.send(Where {})).await.unwrap(), "cellar 4");
    // As it was until then: who listens, too.
    assert_eq!(app.world().drive(app.emit(Placed {})).await.handled, ["bank.hear"]);
    // And is told again, for it is so still.
    assert_eq!((app.reload(next()).unwrap().changed.len(), app.reload(next()).unwrap().restart.len()), (0, 5));
}

#[tokio::test]
async fn reload_changes_all_parts_of_a_program_or_none() {
    let app = bank(&[]).await;
    let next = || config(&[r#"messages."bank.Sleep".timeout=500ms"#, "queue.workers=3"]);
    let applied = Arc::new(AtomicBool::new(false));
    let part = |applied: &Arc<AtomicBool>| {
        let applied = applied.clone();
        Reloading::of(&["queue"], move || applied.store(true, Ordering::SeqCst)).except(&["queue.capacity"])
    };
    let agreed = part(&applied);
    let refused = app.reload_with(next(), move |_| {
        drop(agreed);
        Err(vec![Error::invalid("not with me")])
    });
    assert_eq!(refused.unwrap_err().to_string(), "not with me");
    assert_eq!((applied.load(Ordering::SeqCst), sleeps(&app, 1000).await), (false, None));
    let agreed = part(&applied);
    let told = app.reload_with(next(), move |next| {
        assert_eq!(next.changes.len(), 2);
        Ok(vec![agreed])
    });
    assert!(told.unwrap().restart.is_empty() && applied.load(Ordering::SeqCst));
    assert_eq!(sleeps(&app, 1000).await, Some(Kind::Timeout));
    let agreed = part(&applied);
    let told = app.reload_with(config(&["queue.capacity=7"]), move |_| Ok(vec![agreed])).unwrap();
    assert_eq!(told.restart.iter().map(|change| change.key.as_str()).collect::<Vec<_>>(), ["queue.capacity"]);
}

#[test]
fn reloads_at_the_same_time_are_done_one_after_the_other() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let app = runtime.block_on(Bank::builder().config(config(&[])).build()).unwrap();
    let inside = AtomicU32::new(0);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let (app, inside) = (&app, &inside);
            scope.spawn(move || {
                for round in 0..20 {
                    let timeout = format!(r#"messages."bank.Sleep".timeout={}ms"#, 1000 + thread * 100 + round);
                    let told = app.reload_with(config(&[&timeout]), |_| {
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two at a time");
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        Ok(Vec::new())
                    });
                    assert!(told.unwrap().changed.len() <= 1);
                }
            });
        }
    });
}

#[cfg(feature = "http")]
mod http {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpStream;

    use partitura::entrypoint::Entrypoint;
    use partitura::http::Http;

    use super::*;

    #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
    pub struct Keep {
        pub text: String,
    }

    #[handler(route(post, "/keep"))]
    async fn keep(command: Keep) -> Result<usize> {
        Ok(command.text.len())
    }

    /// A connection that is kept.
    struct Caller(BufReader<TcpStream>);

    impl Caller {
        fn status(&mut self, method: &str, path: &str, body: &str) -> u16 {
            let length = body.len();
            let head = format!(
                "{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
            );
            self.0.get_mut().write_all(format!("{head}{body}").as_bytes()).unwrap();
            let (mut line, mut length) = (String::new(), 0);
            self.0.read_line(&mut line).unwrap();
            let status = line.split(' ').nth(1).unwrap().parse().unwrap();
            loop {
                line.clear();
                self.0.read_line(&mut line).unwrap();
                match line.trim().to_ascii_lowercase().split_once(": ") {
                    Some(("content-length", text)) => length = text.parse().unwrap(),
                    Some(_) => {}
                    None => break,
                }
            }
            let mut body = vec![0; length];
            self.0.read_exact(&mut body).unwrap();
            status
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn reload_exchanges_the_routes_for_requests_on_open_connections_too() {
        let start = ["http.port=0", "http.max_body=1000"];
        let app = Bank::builder().config(config(&start)).build().await.unwrap();
        let http = Http::new();
        let address = http.start(&app).await.unwrap();
        let stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
        let mut caller = Caller(BufReader::new(stream));
        let small = r#"{"text":"ab"}"#;
        assert_eq!(caller.status("POST", "/keep", small), 200);
        let reload = |settings: &[&str]| {
            app.reload_with(config(settings), |next| http.reload(&app, next).map(|p| vec![p]).map_err(|e| vec![e]))
        };
        // What the adapter finds wrong changes nothing anywhere.
        let wrong =
            [&start[..], &[r#"http.routes."bank.Keeep"="POST /x""#, r#"messages."bank.Keep".enabled=false"#]].concat();
        let refused = reload(&wrong).unwrap_err().to_string();
        assert!(refused.contains("no message is named `bank.Keeep`"), "{refused}");
        assert_eq!(caller.status("POST", "/keep", small), 200);
        let told = reload(&["http.port=1", "http.max_body=10"]).unwrap();
        let keys =
            |changes: &[partitura::config::Change]| changes.iter().map(|change| change.key.clone()).collect::<Vec<_>>();
        assert_eq!(
            (keys(&told.changed), keys(&told.restart)),
            (vec!["http.max_body".to_owned()], vec!["http.port".to_owned()])
        );
        assert_eq!(caller.status("POST", "/keep", small), 413);
        // What may not come in here has no route here, and no place in the document.
        reload(&["http.port=0", r#"messages."bank.Keep".entrypoints=["cli"]"#]).unwrap();
        assert_eq!(caller.status("POST", "/keep", small), 404);
        reload(&start).unwrap();
        assert_eq!(caller.status("POST", "/keep", small), 200);
        http.stop().await.unwrap();
        drop(app.shutdown().await);
    }

    #[tokio::test]
    async fn route_of_a_message_that_may_not_come_in_is_in_neither_router_nor_document() {
        let app = bank(&["http.messages=true", r#"messages."bank.Keep".entrypoints=["cli"]"#]).await;
        let document = app.openapi().unwrap().to_string();
        assert!(!document.contains("/keep") && !document.contains("bank.Keep"), "{document}");
        let client = app.http().unwrap();
        for path in ["/keep", "/messages/bank.Keep"] {
            let answer = client.post(path).json(&json!({ "text": "a" })).send().await;
            assert_eq!(answer.status.as_u16(), 404, "{path}");
        }
        // A router that was made before a reload asks, too.
        let app = bank(&[]).await;
        let client = app.http().unwrap();
        assert_eq!(client.post("/keep").json(&json!({ "text": "a" })).send().await.status.as_u16(), 200);
        app.reload(config(&[r#"messages."bank.Keep".entrypoints=["cli"]"#])).unwrap();
        let answer = client.post("/keep").json(&json!({ "text": "a" })).send().await;
        assert_eq!(answer.status.as_u16(), 404);
    }
}
