//! The entrypoint in this process: who calls, and the file while it is made.
#![cfg(unix)]
#![allow(missing_docs)]
#![allow(clippy::disallowed_methods, reason = "these tests watch a real socket")]

use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use partitura::entrypoint::{Authenticator, BoxFuture, Credentials, Entrypoint};
use partitura::prelude::*;
use partitura::socket::{Socket, connect};
use serde_json::{Value, json};

partitura::app! { pub Peers { modules: [] } }

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Who {}

#[handler]
async fn who(_: Who, cx: &Context) -> Result<Identity> {
    Ok(cx.identity().clone())
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Happened {
    pub number: u32,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Happen {
    pub number: u32,
}

#[handler]
async fn happen(command: Happen, cx: &Context) -> Result<()> {
    cx.emit(Happened { number: command.number }).await
}

/// What the application's own authenticator does.
#[config(section = "door")]
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Door {
    says: String,
}

impl Default for Door {
    fn default() -> Self {
        Door { says: "unknown".to_owned() }
    }
}

#[injectable(as dyn Authenticator, many)]
pub struct Porter {
    door: Arc<Door>,
}

impl Authenticator for Porter {
    fn scheme(&self) -> &'static str {
        "Peer"
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> BoxFuture<'a, Result<Option<Identity>>> {
        Box::pin(async move {
            let Credentials::Peer { uid, .. } = credentials else { return Ok(None) };
            match &*self.door.says {
                "known" => Ok(Some(Identity::user(format!("number {uid}")).with_role("guest"))),
                "refused" => Err(Error::unauthenticated("not at this hour")),
                "panics" => panic!("the porter"),
                _ => Ok(None),
            }
        })
    }
}

struct Open {
    socket: Socket,
    app: partitura::App,
    path: PathBuf,
}

impl Open {
    async fn with(name: &str, settings: &[&str]) -> Open {
        let folder = std::env::temp_dir().join(format!("socket-{}-{name}", std::process::id()));
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("p.sock");
        let mut loader = Peers::BLUEPRINT.loader().hermetic().set(format!("socket.path={}", path.display()));
        for setting in settings {
            loader = loader.set(*setting);
        }
        let app = Peers::builder().config(loader.load().unwrap()).build().await.unwrap();
        let socket = Socket::new();
        assert!(socket.is_enabled(&app));
        Open { socket, app, path }
    }

    async fn start(self) -> Open {
        assert_eq!(self.socket.start(&self.app).await.unwrap(), self.path.display().to_string());
        self
    }

    async fn close(self) {
        self.socket.drain().await;
        self.socket.stop().await.unwrap();
        assert!(!self.path.exists());
        self.app.shutdown().await.unwrap();
        drop(std::fs::remove_dir_all(self.path.parent().unwrap()));
    }
}

#[tokio::test]
async fn the_applications_own_authenticators_are_asked_first() {
    let open = Open::with("known", &["door.says=known"]).await.start().await;
    let client = connect(&open.path).await.unwrap();
    let who = client.execute("socket.Who", Value::Null).await.unwrap();
    assert!(who["subject"].as_str().unwrap().starts_with("number "), "{who}");
    assert_eq!(who["roles"], json!(["guest"]));
    drop(client);
    open.close().await;

    let open = Open::with("unknown", &[]).await.start().await;
    let client = connect(&open.path).await.unwrap();
    let who = client.execute("socket.Who", Value::Null).await.unwrap();
    assert!(who["subject"].as_str().unwrap().starts_with("uid:"), "{who}");
    drop(client);
    open.close().await;
}

#[tokio::test]
async fn whom_an_authenticator_refuses_is_told_why_and_one_that_panics_takes_nobody_with_it() {
    let open = Open::with("refused", &["door.says=refused"]).await.start().await;
    let error = connect(&open.path).await.err().unwrap();
    assert_eq!((error.kind(), error.message()), (Kind::Unauthenticated, "not at this hour"));
    open.close().await;

    let open = Open::with("panics", &["door.says=panics"]).await.start().await;
    for _ in 0..3 {
        assert!(connect(&open.path).await.is_err());
    }
    open.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_no_moment_can_the_file_be_seen_with_another_mode() {
    let open = Open::with("window", &[]).await;
    let (done, path) = (Arc::new(AtomicBool::new(false)), open.path.clone());
    let watching = std::thread::spawn({
        let done = done.clone();
        move || {
            let (folder, mut looks, mut seen) = (path.parent().unwrap().to_owned(), 0_u64, 0_u64);
            while !done.load(Ordering::Relaxed) {
                looks += 1;
                if let Ok(found) = std::fs::symlink_metadata(&path) {
                    assert_eq!(found.permissions().mode() & 0o777, 0o600);
                    seen += 1;
                }
                // Where it is made, nobody else can look: a folder, closed from the beginning.
                for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                    let Ok(found) = entry.metadata() else { continue };
                    let allowed = if found.file_type().is_socket() { 0o600 } else { 0o700 };
                    assert_eq!(found.permissions().mode() & 0o777 & !allowed, 0, "{:?}", entry.path());
                }
            }
            (looks, seen)
        }
    });
    for _ in 0..60 {
        let socket = Socket::new();
        socket.start(&open.app).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        socket.drain().await;
        socket.stop().await.unwrap();
    }
    done.store(true, Ordering::Relaxed);
    let (looks, seen) = watching.join().unwrap();
    assert!(looks > 100 && seen > 0, "{looks} looks, {seen} times there");
    drop(std::fs::remove_dir_all(open.path.parent().unwrap()));
}

#[test]
fn of_many_that_replace_a_stale_file_at_once_one_listens() {
    const MANY: usize = 6;
    let own = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for round in 0..40 {
        let open = own.block_on(Open::with(&format!("at-once-{round}"), &[]));
        drop(std::os::unix::net::UnixListener::bind(&open.path).unwrap());
        let (before, after) = (Arc::new(Barrier::new(MANY)), Arc::new(Barrier::new(MANY)));
        let one = || {
            let (app, before, after) = (open.app.clone(), before.clone(), after.clone());
            std::thread::spawn(move || {
                let own = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let socket = Socket::new();
                before.wait();
                let started = own.block_on(socket.start(&app));
                after.wait();
                if let Err(error) = &started {
                    assert_eq!((error.kind(), error.code()), (Kind::Conflict, "PT0450"));
                }
                own.block_on(async { socket.drain().await });
                started.is_ok()
            })
        };
        let all: Vec<_> = (0..MANY).map(|_| one()).collect();
        let started = all.into_iter().map(|one| one.join().unwrap()).filter(|started| *started).count();
        drop(std::fs::remove_dir_all(open.path.parent().unwrap()));
        assert_eq!(started, 1, "in round {round}");
    }
}

#[tokio::test]
async fn events_are_heard_only_where_the_configuration_says_so() {
    let open = Open::with("events", &["socket.subscriptions=true"]).await.start().await;
    let client = connect(&open.path).await.unwrap();
    let mut events = client.subscribe("socket.#").await.unwrap();
    client.execute("socket.Who", Value::Null).await.unwrap();
    client.execute("socket.Happen", json!({ "number": 3 })).await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap()["event"], json!({ "number": 3 }));
    // A drain ends it, and the connection with it.
    open.socket.drain().await;
    assert_eq!(events.next().await.unwrap().unwrap_err().code(), "PT0308");
    open.close().await;

    let open = Open::with("no-events", &[]).await.start().await;
    let client = connect(&open.path).await.unwrap();
    let mut events = client.subscribe("#").await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap_err().code(), "PT0447");
    drop((events, client));
    open.close().await;
}

#[tokio::test]
async fn what_is_beyond_the_connections_waits_and_is_not_refused() {
    let open = Open::with("places", &["socket.max_connections=1"]).await.start().await;
    let first = connect(&open.path).await.unwrap();
    first.execute("socket.Who", Value::Null).await.unwrap();
    let second = tokio::spawn({
        let path = open.path.clone();
        async move { connect(&path).await.unwrap().execute("socket.Who", Value::Null).await }
    });
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!second.is_finished());
    drop(first);
    second.await.unwrap().unwrap();
    open.close().await;
}

#[tokio::test]
async fn the_file_of_somebody_else_is_not_removed_at_a_stop() {
    let open = Open::with("successor", &[]).await.start().await;
    std::fs::remove_file(&open.path).unwrap();
    std::fs::write(&open.path, "a successor's").unwrap();
    open.socket.drain().await;
    open.socket.stop().await.unwrap();
    assert_eq!(std::fs::read_to_string(&open.path).unwrap(), "a successor's");
    drop(std::fs::remove_dir_all(open.path.parent().unwrap()));
}

#[tokio::test]
async fn it_is_off_unless_the_configuration_says_anything_of_it() {
    let enabled = |settings: &'static [&'static str]| async move {
        let loader = Peers::BLUEPRINT.loader().hermetic();
        let loader = settings.iter().fold(loader, |loader, setting| loader.set(*setting));
        let app = Peers::builder().config(loader.load().unwrap()).build().await.unwrap();
        Socket::new().is_enabled(&app)
    };
    assert!(!enabled(&[]).await);
    assert!(enabled(&["socket.path=/tmp/x"]).await);
    assert!(enabled(&["socket.enabled=true"]).await);
    assert!(!enabled(&["socket.enabled=false", "socket.path=/tmp/x"]).await);
}

#[test]
fn what_is_wrong_with_the_section_is_told_with_its_place() {
    for (setting, told) in [
        ("socket.mode=\"0999\"", "three octal digits"),
        ("socket.roles.ada=[\"x\"]", "no user id"),
        ("socket.pathh=x", "pathh"),
    ] {
        let config = Peers::BLUEPRINT.loader().hermetic().set(setting).load().unwrap();
        let mistakes = config.section::<partitura::socket::SocketConfig>().unwrap_err().to_string();
        assert!(mistakes.contains(told), "{setting}: {mistakes}");
    }
}
