//! What the log says of messages. Alone in its file: a place in the code that another thread reaches first, where nobody
//! listens, may stay silent.
#![allow(missing_docs)]

use std::io::Write;
use std::sync::Mutex;

use partitura::prelude::*;
use partitura::telemetry::log::{Level, LogConfig, subscriber};

partitura::app! { Bank { modules: [], behaviors: [Tracing] } }

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Open {
    pub fails: bool,
}

#[handler]
async fn open(command: Open) -> Result<()> {
    if command.fails { Err(Error::conflict("taken")) } else { Ok(()) }
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Command)]
pub struct Shred;

#[handler(allow("auditor"))]
async fn shred(_: Shred) -> Result<()> {
    Ok(())
}

fn on_tokio(work: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn the_log_says_how_messages_ended_and_why_one_was_refused() {
    let lines = Lines::default();
    let writer = lines.clone();
    let config = LogConfig { level: Level::Debug, ..LogConfig::default() };
    tracing::subscriber::with_default(subscriber(&config, move || writer.clone()), || {
        on_tokio(async {
            let app = Bank::test().build().await.unwrap();
            let _ = app.send(Open { fails: false }).await;
            let _ = app.send(Open { fails: true }).await;
            let _ = app.door(partitura::Call::by(Identity::user("ada"))).send(Shred).await;
            let auditor = Identity::user("bob").with_role("auditor");
            app.door(partitura::Call::by(auditor)).send(Shred).await.unwrap();
        });
    });
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let line = |words: &[&str]| {
        assert!(text.lines().any(|line| words.iter().all(|word| line.contains(word))), "{words:?} in\n{text}");
    };
    line(&["log.Open", "done"]);
    line(&["log.Open", "failed", "conflict"]);
    line(&["log.Shred", "ada", "refused: needs role `auditor`"]);
    line(&["log.Shred", "allowed: has role `auditor`"]);
}
