//! An application under load, for as many minutes as the argument says (10 by default): `cargo run --release -p soak -- 3`.
//!
//! Every 10 s it prints what the process holds. It fails when the last third of the run held more than a tenth more than
//! the second third, or when something was left at the end.

#[allow(unreachable_pub, reason = "an application of one crate is written as any other: its items are `pub`")]
mod program;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use partitura::env::Env;
use partitura::{App, Call, Identity};
use program::{Order, Placed, Watch};

partitura::app! { pub Soak { modules: [] } }

/// How many send at the same time.
const SENDERS: u64 = 16;

fn main() -> ExitCode {
    let minutes: f64 = match std::env::args().nth(1).map(|text| text.parse()).transpose() {
        Ok(minutes) => minutes.unwrap_or(10.0),
        Err(_) => {
            eprintln!("usage: soak [MINUTES]");
            return ExitCode::FAILURE;
        }
    };
    // What panics is meant to; a thousand texts a second are not what is measured.
    std::panic::set_hook(Box::new(|_| {}));
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(soak(Duration::from_secs_f64(minutes * 60.0))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn soak(length: Duration) -> Result<(), String> {
    // Bounds that a run of a minute reaches, so that what grows after is no cache that fills.
    let bounds = [
        "queue.capacity=2000",
        "queue.history=500",
        "session.max_sessions=2000",
        "behaviors.cache_entries=1000",
        "behaviors.cache_ttl=2s",
        "session.ttl=5s",
    ];
    let loader = bounds.iter().fold(Soak::BLUEPRINT.loader().hermetic(), |loader, bound| loader.set(*bound));
    let config = loader.load().map_err(|error| error.to_string())?;
    let app = Soak::builder().config(config).build().await.map_err(|error| error.to_string())?;
    let env = Env::real();
    let (stop, sent, went_well) = (Arc::new(AtomicBool::new(false)), counter(), counter());
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let (app, stop, sent, went_well) = (app.clone(), stop.clone(), sent.clone(), went_well.clone());
            env.spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let number = sent.fetch_add(1, Ordering::Relaxed);
                    went_well.fetch_add(u64::from(one(&app, sender, number).await), Ordering::Relaxed);
                }
            })
        })
        .collect();

    let steps = (length.as_secs() / 10).max(6);
    let mut held = Vec::new();
    println!("{:>6} {:>10} {:>12} {:>12} {:>8}", "s", "RSS, MB", "sent", "went well", "jobs");
    for step in 1..=steps {
        env.sleep(length / u32::try_from(steps).unwrap_or(u32::MAX)).await;
        let resident = resident()?;
        held.push(resident);
        let (sent, went_well) = (sent.load(Ordering::Relaxed), went_well.load(Ordering::Relaxed));
        let (seconds, jobs) = (length.as_secs() * step / steps, app.jobs().live().len());
        println!("{seconds:>6} {:>10.2} {sent:>12} {went_well:>12} {jobs:>8}", resident / 1e6);
    }
    stop.store(true, Ordering::Relaxed);
    for sender in senders {
        sender.await.map_err(|error| error.to_string())?;
    }
    app.shutdown().await.map_err(|errors| format!("something was left: {errors:?}"))?;
    verdict(&held)
}

fn counter() -> Arc<AtomicU64> {
    Arc::new(AtomicU64::new(0))
}

/// One call from outside, as one of many callers. True if it went well.
async fn one(app: &App, sender: u64, number: u64) -> bool {
    let caller = Identity::user(format!("caller {}", number % 5_000));
    let call = Call::by(caller).in_session(format!("{}", number % 5_000));
    let note = "x".repeat(usize::try_from(number % 997).unwrap_or(0));
    match sender % 4 {
        // Whoever goes before the answer.
        0 => {
            let asked = app.door(call);
            let answer =
                app.env().timeout(Duration::from_micros(number % 700), asked.send(Order { number, note })).await;
            matches!(answer, Ok(Ok(_)))
        }
        1 => {
            let waited = app
                .context(Identity::anonymous())
                .wait_for::<Placed>(move |event| event.number == number, Duration::from_millis(20));
            let sent = app.door(call).send(Order { number, note }).await.is_ok();
            waited.await.is_ok() == sent
        }
        2 if number.is_multiple_of(64) => {
            let subscription = app.subscribe(&format!("orders.{number}.*"), |_, _| std::future::ready(Ok(())));
            let told = app.emit(Placed { number, note }).await;
            subscription.is_ok() && told.handled.len() > 1
        }
        // Whoever takes all of a stream, or goes before its end.
        3 if number.is_multiple_of(3) => {
            let Ok(mut items) = app.door(call).send(Watch { number }).await else { return false };
            let mut last = None;
            for _ in 0..number % 30 {
                last = items.next().await;
            }
            !matches!(last, Some(Err(_)))
        }
        _ => app.door(call).send(Order { number, note }).await.is_ok(),
    }
}

/// What the process holds, in bytes.
fn resident() -> Result<f64, String> {
    let status = std::fs::read_to_string("/proc/self/status").map_err(|error| format!("/proc/self/status: {error}"))?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<f64>().ok())
        .map(|kilobytes| kilobytes * 1024.0)
        .ok_or_else(|| "/proc/self/status has no VmRSS".to_owned())
}

fn verdict(held: &[f64]) -> Result<(), String> {
    let third = held.len() / 3;
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (second, last) = (mean(&held[third..2 * third]), mean(&held[2 * third..]));
    let grown = (last / second - 1.0) * 100.0;
    println!("second third {:.2} MB, last third {:.2} MB: {grown:+.1} %", second / 1e6, last / 1e6);
    if grown > 10.0 { Err(format!("it grew by {grown:.1} %, more than 10")) } else { Ok(()) }
}
