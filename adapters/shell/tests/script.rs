//! The verb in this process: what it starts and stops, and what it does with whatever is typed.
#![cfg(unix)]
#![allow(missing_docs)]

use std::io::{Cursor, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use partitura::entrypoint::{Asked, Console, Entrypoint, Exit, Invocation, Signal, Terminal, Told};
use partitura::prelude::*;
use partitura::shell::Shell;
use proptest::prelude::*;
use tokio::sync::mpsc;

partitura::app! { pub Till { modules: [] } }

/// What has happened to the applications of this process that have the same number.
static STARTED: AtomicUsize = AtomicUsize::new(0);
static STOPPED: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, JsonSchema, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Coin {
    #[default]
    Penny,
    Pound,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, Event)]
pub struct Paid {
    pub coins: Vec<Coin>,
}

/// Puts coins into the till.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Pay {
    pub coins: Vec<Coin>,
    #[serde(default)]
    pub tip: bool,
}

#[handler]
async fn pay(command: Pay, cx: &Context) -> Result<usize> {
    let paid = command.coins.len();
    cx.emit(Paid { coins: command.coins }).await?;
    Ok(paid)
}

#[handler]
async fn heard(_: &Paid) -> Result<()> {
    Ok(())
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct Break {}

#[handler]
async fn break_it(_: Break) -> Result<()> {
    panic!("it is broken")
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Ring {}

#[handler]
fn ring(_: Ring) -> impl Stream<Item = Result<u32>> + Send {
    futures_util::stream::iter((1..).map(Ok))
}

#[orchestrate(on = start)]
pub mod opening {
    use super::*;

    #[step]
    pub async fn open() -> Result<()> {
        STARTED.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[orchestrate(on = stop)]
pub mod closing {
    use super::*;

    #[step]
    pub async fn close() -> Result<()> {
        STOPPED.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct Ran {
    out: String,
    err: String,
    code: u8,
}

/// Runs the verb with `input` as stdin. `signal` comes as soon as something has been printed.
async fn run(arguments: &[&str], input: &[u8], signal: Option<Signal>) -> Ran {
    let arguments = arguments.iter().map(|text| (*text).to_owned()).collect();
    let config = Till::BLUEPRINT.loader().hermetic().load().unwrap();
    let (terminal, mut asked) = Terminal::new();
    let verb = Shell::new().subcommands().remove(0);
    assert_eq!(verb.name, "shell");
    let (sender, signals) = mpsc::channel(1);
    let (out, err) = (Paper::default(), Paper::default());
    let mut console = Some(Console::new(Cursor::new(input.to_vec()), out.clone(), err.clone(), signals));
    let told = err.clone();
    let serve = async {
        while let Some(asked) = asked.recv().await {
            match asked {
                Asked::Take(done) => drop(done.send(Ok(console.take().unwrap()))),
                Asked::Tell(line, done) => {
                    writeln!(told.clone(), "{line}").unwrap();
                    done.send(()).unwrap();
                }
                _ => panic!("it has streams of its own"),
            }
        }
        std::future::pending().await
    };
    let interrupt = async {
        let Some(signal) = signal else { return std::future::pending().await };
        while out.text().is_empty() {
            tokio::task::yield_now().await;
        }
        sender.send(signal).await.unwrap();
        std::future::pending().await
    };
    let work = (verb.run)(Invocation::new(Till::BLUEPRINT, arguments, config).at(terminal));
    let limited = partitura::env::Env::real();
    let answer: Result<String> = tokio::select! {
        answer = limited.timeout(Duration::from_secs(60), work) => answer.expect("it comes to an end"),
        () = serve => unreachable!(),
        () = interrupt => unreachable!(),
    };
    let code = match &answer {
        Ok(_) => 0,
        Err(error) => match error.downcast_ref::<Exit>() {
            Some(Exit(code)) => *code,
            None => {
                assert!(error.downcast_ref::<Told>().is_none());
                error.exit_code()
            }
        },
    };
    Ran { out: out.text(), err: err.text(), code }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_application_is_started_and_stopped_around_the_commands() {
    let (started, stopped) = (STARTED.load(Ordering::SeqCst), STOPPED.load(Ordering::SeqCst));
    let script =
        "Pay --coins penny --coins pound\nPay {\"coins\": [\"penny\"], \"tip\": true}\noutput table\nPay --tip\n";
    let ran = run(&[], script.as_bytes(), None).await;
    assert_eq!((&*ran.out, ran.code), ("2\n1\n", 2), "{ran:?}");
    assert_eq!(ran.err, "stdin:4: --coins: missing (list of one of `penny`, `pound`)\n");
    // Other tests of this process may have run one as well.
    assert!(STARTED.load(Ordering::SeqCst) > started);
    assert!(STOPPED.load(Ordering::SeqCst) > stopped);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_handler_that_panics_fails_its_command_alone() {
    let ran = run(&["--keep-going"], b"Break\nPay --coins penny\n", None).await;
    assert_eq!((&*ran.out, ran.code), ("1\n", 70), "{ran:?}");
    assert!(ran.err.starts_with("stdin:1: internal error (trace "), "{ran:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_an_endless_stream_and_the_script() {
    for signal in [Signal::Interrupt, Signal::Terminate] {
        let stopped = STOPPED.load(Ordering::SeqCst);
        let ran = run(&[], b"Ring\nPay --coins penny\n", Some(signal)).await;
        assert_eq!((&ran.out[..4], ran.code), ("1\n2\n", 75));
        assert!(STOPPED.load(Ordering::SeqCst) > stopped);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_script_makes_it_panic_or_hang(
        lines in proptest::collection::vec(
            "(Pay|till\\.Pay|script\\.Pay|help|ls|as|output|timeout|describe|\\\\|#)?( --[a-z]{0,6}| [ -~]{0,12}|[{\\[\"'}\\]:,a-z0-9]{0,12}| \\{\"coins\": \\[\"penny\"\\]\\}){0,3}",
            0..8,
        ),
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        // Not what is meant to wait.
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.contains("subscribe")).collect();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        for input in [lines.join("\n").as_bytes(), &bytes] {
            let ran = runtime.block_on(run(&["--keep-going"], input, None));
            prop_assert!([0, 2, 65, 66, 75, 77].contains(&ran.code), "{:?}", ran);
            prop_assert_eq!(ran.code == 0, ran.err.is_empty(), "{:?}", ran);
        }
    }
}
