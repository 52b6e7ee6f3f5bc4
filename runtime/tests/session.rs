//! Sessions: one suite for both stores, and what is particular to each.
#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use partitura_runtime::config::Loader;
use partitura_runtime::env::Virtual;
use partitura_runtime::session::{
    Change, FileStore, Limits, MemoryStore, Session, SessionConfig, SessionId, SessionStore,
};
use partitura_runtime::telemetry::TraceId;
use partitura_runtime::{Env, Error, Kind};

const MINUTE: Duration = Duration::from_secs(60);

/// A store in virtual time, and the directory of one that has any.
struct Case {
    name: &'static str,
    world: Virtual,
    store: Arc<dyn SessionStore>,
    directory: Option<PathBuf>,
}

impl Case {
    fn memory(limits: Limits) -> Self {
        let world = Virtual::new(0);
        let store = Arc::new(MemoryStore::new(&world.env(), limits));
        Case { name: "memory", world, store, directory: None }
    }

    fn files(limits: Limits) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("partitura-session-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let (world, directory) = (Virtual::new(0), std::env::temp_dir().join(name));
        let store = Arc::new(FileStore::open(&directory, &world.env(), limits).unwrap());
        Case { name: "files", world, store, directory: Some(directory) }
    }

    fn both(limits: Limits) -> [Self; 2] {
        [Case::memory(limits.clone()), Case::files(limits)]
    }

    fn session(&self, id: &str) -> Session {
        let (id, trace_id) = (SessionId::new(id).unwrap(), TraceId::new(7).unwrap());
        Session::new(self.store.clone(), id, self.world.env(), trace_id, 3)
    }

    /// The names of all files, sorted.
    fn list(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.directory.as_ref().unwrap()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn only_file(&self) -> PathBuf {
        let names = self.list();
        assert_eq!(names.len(), 1, "{names:?}");
        self.directory.as_ref().unwrap().join(&names[0])
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        if let Some(directory) = &self.directory {
            let _ = std::fs::remove_dir_all(directory);
        }
    }
}

fn told(error: &Error) -> (Kind, &str) {
    (error.kind(), error.code())
}

#[tokio::test]
async fn session_keeps_values_by_key() {
    for case in Case::both(Limits::default()) {
        let (session, other) = (case.session("a"), case.session("A"));
        assert_eq!(session.get::<u32>("count").await.unwrap(), None, "{}", case.name);
        assert!(!session.remove("count").await.unwrap());
        session.set("name", "Ada").await.unwrap();
        session.set("count", &1).await.unwrap();
        let cart = BTreeMap::from([("apple".to_owned(), 2.5)]);
        session.set("cart", &cart).await.unwrap();
        assert_eq!(session.get("cart").await.unwrap(), Some(cart));
        assert_eq!(session.get::<String>("name").await.unwrap().as_deref(), Some("Ada"));
        assert_eq!(session.keys().await.unwrap(), ["cart", "count", "name"]);
        assert!(other.keys().await.unwrap().is_empty(), "another session has nothing of it");
        assert_eq!(session.update("count", |old: Option<u32>| old.unwrap_or(0) + 1).await.unwrap(), 2);
        assert_eq!(session.update("new", |old: Option<u32>| old.unwrap_or(10) + 1).await.unwrap(), 11);
        session.clear().await.unwrap();
        session.clear().await.unwrap();
        assert!(session.keys().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn session_history_is_newest_first_with_time_and_trace() {
    for case in Case::both(Limits::default()) {
        let session = case.session("a");
        let start = case.world.env().wall_clock();
        for value in 0..5u32 {
            session.set("key", &value).await.unwrap();
            case.world.advance(MINUTE).await;
        }
        let trace_id = TraceId::new(7).unwrap();
        let expect = [4u32, 3, 2].map(|value| Change { value, at: start + value * MINUTE, trace_id });
        assert_eq!(session.history::<u32>("key").await.unwrap(), expect, "{}", case.name);
        assert!(session.history::<u32>("other").await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn session_a_removed_key_leaves_nothing() {
    for case in Case::both(Limits::default()) {
        let session = case.session("a");
        session.set("kept", &1).await.unwrap();
        session.set("key", &"secret").await.unwrap();
        assert!(session.remove("key").await.unwrap(), "{}", case.name);
        assert!(!session.remove("key").await.unwrap());
        assert!(session.history::<String>("key").await.unwrap().is_empty());
        assert_eq!(session.keys().await.unwrap(), ["kept"]);
        if case.directory.is_some() {
            assert!(!std::fs::read_to_string(case.only_file()).unwrap().contains("secret"));
            assert!(session.remove("kept").await.unwrap());
            assert!(case.list().is_empty(), "an empty session has no file");
        }
    }
}

#[tokio::test]
async fn session_a_value_of_another_type_is_an_error_that_names_both() {
    for case in Case::both(Limits::default()) {
        let session = case.session("a");
        session.set("key", "text").await.unwrap();
        let errors = [
            session.get::<u32>("key").await.unwrap_err(),
            session.history::<u32>("key").await.unwrap_err(),
            session.update("key", |_: Option<u32>| 1).await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(told(&error), (Kind::Internal, "PT0320"), "{}", case.name);
            assert!(error.message().contains("`key` cannot be read as `u32`"), "{error:?}");
        }
        let error = session.set("key", &BTreeMap::from([((1, 2), 3)])).await.unwrap_err();
        assert_eq!(told(&error), (Kind::Internal, "PT0320"));
        assert_eq!(session.get::<String>("key").await.unwrap().as_deref(), Some("text"), "nothing has changed");
    }
}

#[tokio::test]
async fn session_values_and_keys_are_bounded() {
    for case in Case::both(Limits { max_value: 10, max_keys: 2, ..Limits::default() }) {
        let session = case.session("a");
        session.set("key", "12345678").await.unwrap(); // with its quotes, 10
        let error = session.set("key", "123456789").await.unwrap_err();
        assert_eq!(told(&error), (Kind::TooLarge, "PT0321"), "{}", case.name);
        session.set("second", &2).await.unwrap();
        let error = session.set("third", &3).await.unwrap_err();
        assert_eq!(told(&error), (Kind::TooMany, "PT0322"));
        session.set("second", &3).await.unwrap();
        assert_eq!(session.get::<String>("key").await.unwrap().as_deref(), Some("12345678"), "nothing has changed");
        assert_eq!(session.keys().await.unwrap(), ["key", "second"]);
    }
}

#[tokio::test]
async fn session_ids_and_keys_are_checked() {
    let long = "x".repeat(129);
    for id in ["", "a b", "a\n", "é", "\u{7f}", &long] {
        let error = SessionId::new(id).unwrap_err();
        assert_eq!(told(&error), (Kind::Invalid, "PT0323"), "{id}");
    }
    assert!(SessionId::new(&long[1..]).is_ok());
    assert_eq!(format!("{:?}", SessionId::new("0123456789abcdef").unwrap()), "SessionId(0123..)");
    for case in Case::both(Limits::default()) {
        let session = case.session("a");
        for key in ["", &long] {
            assert_eq!(told(&session.set(key, &1).await.unwrap_err()), (Kind::Invalid, "PT0323"));
            assert_eq!(told(&session.get::<u32>(key).await.unwrap_err()), (Kind::Invalid, "PT0323"));
        }
    }
}

#[tokio::test]
async fn session_those_used_longest_ago_are_forgotten() {
    for case in Case::both(Limits { max_sessions: 3, ttl: Duration::ZERO, ..Limits::default() }) {
        for id in ["a", "b", "c"] {
            case.session(id).set("key", &1).await.unwrap();
            case.world.advance(MINUTE).await;
        }
        // To read is to use.
        assert_eq!(case.session("a").get::<u32>("key").await.unwrap(), Some(1), "{}", case.name);
        case.world.advance(MINUTE).await;
        case.session("refused").set("", &1).await.unwrap_err();
        case.session("d").set("key", &1).await.unwrap();
        let mut left = Vec::new();
        for id in ["a", "b", "c", "d"] {
            left.extend(case.session(id).get::<u32>("key").await.unwrap().map(|_| id));
        }
        assert_eq!(left, ["a", "c", "d"], "{}", case.name);
    }
}

#[tokio::test]
async fn session_nobody_uses_for_the_ttl_is_forgotten() {
    for case in Case::both(Limits { ttl: 10 * MINUTE, ..Limits::default() }) {
        let session = case.session("a");
        session.set("key", &1).await.unwrap();
        for _ in 0..3 {
            case.world.advance(9 * MINUTE).await;
            assert_eq!(session.get::<u32>("key").await.unwrap(), Some(1), "{}: each use begins anew", case.name);
        }
        case.world.advance(10 * MINUTE).await;
        assert_eq!(session.get::<u32>("key").await.unwrap(), None, "{}", case.name);
        session.set("other", &2).await.unwrap();
        assert_eq!(session.keys().await.unwrap(), ["other"], "what was forgotten does not come back");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn session_updates_at_the_same_time_lose_nothing() {
    for case in Case::both(Limits::default()) {
        let env = Env::real();
        let sessions = [case.session("a"), case.session("b")];
        let tasks: Vec<_> = (0..100)
            .map(|task| {
                let session = sessions[task % 2].clone();
                env.spawn(async move {
                    for _ in 0..3 {
                        let increase = |old: Option<u32>| {
                            // Time for another one to come in between, if it could.
                            (0..20).for_each(|_| std::thread::yield_now());
                            old.unwrap_or(0) + 1
                        };
                        session.update("count", increase).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        for session in sessions {
            assert_eq!(session.get::<u32>("count").await.unwrap(), Some(150), "{}", case.name);
        }
    }
}

#[tokio::test]
async fn session_an_update_dropped_midway_is_made_or_not_and_holds_up_nobody() {
    for case in Case::both(Limits::default()) {
        let session = case.session("a");
        let mut made = session.update("count", |_: Option<u32>| 0).await.unwrap();
        for polls in 1..20 {
            let mut update = Box::pin(session.update("count", |old: Option<u32>| old.unwrap() + 1));
            for _ in 0..polls {
                if poll_once(update.as_mut()).await {
                    break; // a future that is done is not asked again
                }
                tokio::task::yield_now().await;
            }
            drop(update);
            let now = session.update("count", |old: Option<u32>| old.unwrap() + 1).await.unwrap();
            assert!(now == made + 1 || now == made + 2, "{}: {made}, then {now}", case.name);
            assert_eq!(session.get::<u32>("count").await.unwrap(), Some(now), "{}", case.name);
            made = now;
        }
    }
}

async fn poll_once<F: Future>(mut future: std::pin::Pin<&mut F>) -> bool {
    std::future::poll_fn(|cx| std::task::Poll::Ready(future.as_mut().poll(cx).is_ready())).await
}

#[tokio::test]
async fn session_memory_holds_no_empty_and_no_expired_ones() {
    let world = Virtual::new(0);
    let store = MemoryStore::new(&world.env(), Limits::default());
    let store = Arc::new(store);
    let session =
        |id| Session::new(store.clone(), SessionId::new(id).unwrap(), world.env(), TraceId::new(7).unwrap(), 1);
    session("a").set("key", &1).await.unwrap();
    session("b").set("key", &1).await.unwrap();
    session("c").get::<u32>("key").await.unwrap();
    assert_eq!(store.len(), 2, "to read makes none");
    assert!(session("a").remove("key").await.unwrap());
    assert_eq!(store.len(), 1);
    world.advance(60 * MINUTE).await;
    assert!(store.is_empty());
}

#[tokio::test]
async fn session_a_panic_in_an_update_changes_nothing_and_holds_up_nobody() {
    for case in Case::both(Limits::default()) {
        let session = case.session("a");
        session.set("key", &1).await.unwrap();
        let own = session.clone();
        let task = Env::real().spawn(async move { own.update("key", |_: Option<u32>| panic!("no")).await });
        assert!(task.await.is_err());
        assert_eq!(session.update("key", |old: Option<u32>| old.unwrap() + 1).await.unwrap(), 2, "{}", case.name);
    }
}

#[tokio::test]
async fn session_ids_never_lead_out_of_the_directory() {
    let case = Case::files(Limits::default());
    let ids = ["../evil", "/etc/passwd", "..", ".", "a/../../b", "CON", "a\\b", "a", "A", "%2e%2e", "~"];
    let longest = "~".repeat(SessionId::MAX);
    for (value, id) in ids.iter().chain([&longest.as_str()]).enumerate() {
        case.session(id).set("key", &value).await.unwrap();
    }
    for (value, id) in ids.iter().chain([&longest.as_str()]).enumerate() {
        assert_eq!(case.session(id).get::<usize>("key").await.unwrap(), Some(value), "{id}");
    }
    let names = case.list();
    assert_eq!(names.len(), ids.len() + 1);
    let plain = |name: &String| name.trim_end_matches(".json").bytes().all(|byte| byte.is_ascii_alphanumeric());
    assert!(names.iter().all(plain), "{names:?}");
}

#[tokio::test]
async fn session_a_corrupt_file_is_an_error_and_left_as_it_is() {
    let case = Case::files(Limits::default());
    let (session, other) = (case.session("a"), case.session("b"));
    session.set("key", &1).await.unwrap();
    let file = case.only_file();
    let good = std::fs::read_to_string(&file).unwrap();
    let odd = [
        ("{", "EOF while parsing"),
        ("", "EOF while parsing"),
        (&good.replace("\"version\": 1", "\"version\": 2"), "its version is 2"),
        (&good.replace("\"id\": \"a\"", "\"id\": \"b\""), "the file of another session"),
        (&good.replace("\"keys\"", "\"kes\""), "unknown field `kes`"),
    ];
    for (text, what) in odd {
        std::fs::write(&file, text).unwrap();
        // What was written in real time is not over in virtual time.
        let errors = [
            session.get::<u32>("key").await.unwrap_err(),
            session.set("key", &2).await.unwrap_err(),
            session.update("key", |_: Option<u32>| 2).await.unwrap_err(),
            session.remove("key").await.unwrap_err(),
            session.keys().await.unwrap_err(),
        ];
        for error in errors {
            assert_eq!(told(&error), (Kind::Internal, "PT0324"));
            let text = error.message();
            assert!(text.contains(what) && text.contains(&file.display().to_string()), "{text}");
            assert!(text.contains("mend it, or delete it to begin the session anew"), "{text}");
            assert_eq!(error.to_string(), "internal error", "no path for a caller");
        }
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }
    other.set("key", &1).await.unwrap();
    session.clear().await.unwrap();
    session.set("key", &3).await.unwrap();
    assert_eq!(session.get::<u32>("key").await.unwrap(), Some(3));
}

#[tokio::test]
async fn session_files_outlast_the_store_and_leave_nothing_temporary() {
    let case = Case::files(Limits::default());
    case.session("a").set("key", &1).await.unwrap();
    case.session("a").set("key", &2).await.unwrap();
    let _ = case.only_file();
    let again = FileStore::open(case.directory.clone().unwrap(), &case.world.env(), Limits::default()).unwrap();
    let id = SessionId::new("a").unwrap();
    assert_eq!(again.read(&id, "key").await.unwrap().len(), 2);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &PathBuf| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&case.only_file()), 0o600, "sessions are for nobody else");
        assert_eq!(mode(case.directory.as_ref().unwrap()), 0o700);
    }
}

#[tokio::test]
async fn session_a_store_that_does_not_answer_is_unavailable() {
    let case = Case::files(Limits::default());
    std::fs::remove_dir_all(case.directory.as_ref().unwrap()).unwrap();
    let error = case.session("a").set("key", &1).await.unwrap_err();
    assert_eq!(told(&error), (Kind::Unavailable, "PT0324"));
    assert_eq!(error.to_string(), "sessions are not available now", "no path for a caller");
    assert!(format!("{error:?}").contains("partitura-session-"), "{error:?}");
}

#[tokio::test]
async fn session_is_configured() {
    let section = |flags: &[&str]| -> SessionConfig {
        let loader = Loader::new("BANK").directory(std::env::temp_dir().join("no such directory")).environment([]);
        flags.iter().fold(loader, |loader, flag| loader.set(*flag)).load().unwrap().section().unwrap()
    };
    let env = Virtual::new(0).env();
    let config = section(&[]);
    assert_eq!(config, SessionConfig::default());
    assert_eq!((config.history, config.ttl, config.max_value), (10, 60 * MINUTE, 65_536));
    assert!(config.open(&env).is_ok());
    let config = section(&["session.store=files", "session.ttl=90m", "session.history=0", "session.max_keys=0"]);
    assert_eq!(config.ttl, 90 * MINUTE);
    let error = config.open(&env).map(drop).unwrap_err();
    let pointers: Vec<_> = error.failures().iter().map(|failure| failure.pointer.as_str()).collect();
    assert_eq!(pointers, ["/session/history", "/session/max_keys", "/session/path"]);
    let error = section(&["session.path=here"]).open(&env).map(drop).unwrap_err();
    assert!(error.failures()[0].message.contains("does nothing for the store `memory`"));
}
