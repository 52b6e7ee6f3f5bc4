//! What a send costs: instructions and allocations of each call, beside calling the plain fn.
//!
//! Without an argument it prints the table; `--gate` compares it with `expected.csv` and fails when something grew;
//! `--bless` rewrites that file. Instructions are counted by callgrind: the program runs itself under it, each case
//! once with N and once with 2 N calls, so that the start of the process cancels.

mod cases;
mod measure;
#[allow(unreachable_pub, reason = "an application of one crate is written as any other: its items are `pub`")]
mod program;
mod table;

use std::process::ExitCode;

use cases::run;
use program::Quote;

partitura::module! { name: "dispatch", handles: [Quote] }
partitura::app! { pub Bench { modules: [crate] } }

/// The same program with behaviors around every message.
mod behaviors {
    use crate::program::{trivial_a, trivial_b, trivial_c, trivial_d, trivial_e};

    partitura::app! { pub One { modules: [crate], behaviors: [trivial_a] } }
    partitura::app! { pub Three { modules: [crate], behaviors: [trivial_a, trivial_b, trivial_c] } }
    partitura::app! {
        pub Five { modules: [crate], behaviors: [trivial_a, trivial_b, trivial_c, trivial_d, trivial_e] }
    }
}

#[global_allocator]
static ALLOCATOR: meter::Counting = meter::Counting;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let answer = match arguments[..] {
        ["case", case, n] => one(case, n),
        ["size", case] => size(case),
        ["wall"] => wall(),
        [] => measure::all().map(|rows| print!("{}", table::text(&rows))).and_then(|()| wall()),
        ["--gate"] => measure::all().and_then(|rows| table::gate(&rows)).and_then(|()| wall()),
        ["--bless"] => measure::all().and_then(|rows| table::bless(&rows)),
        _ => Err("usage: dispatch [--gate | --bless]".to_owned()),
    };
    match answer {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs in the process that is measured: one case, `n` calls. Prints the allocations.
fn one(case: &str, n: &str) -> Result<(), String> {
    let n = n.parse().map_err(|error| format!("`{n}` is no number of calls: {error}"))?;
    let allocations = with_app(case, async |app| run(case, n, &app).await)?;
    println!("{allocations}");
    Ok(())
}

/// Prints how long the queue takes beside a bare channel: medians of rounds in turns. It gates nothing.
fn wall() -> Result<(), String> {
    const CASES: [&str; 3] = ["a bare channel and its reply", "queue, a job and its end", "queue, a job among many"];
    const N: u64 = 20_000;
    let mut took = CASES.map(|_| Vec::new());
    with_app("", async |app| {
        for _ in 0..15 {
            for (case, took) in CASES.iter().zip(&mut took) {
                let before = app.env().now();
                run(case, N, &app).await;
                took.push((app.env().now() - before).as_nanos() as u64 / N);
            }
        }
    })?;
    let median = took.map(|mut took| {
        took.sort_unstable();
        took[took.len() / 2]
    });
    println!();
    for (case, nanos) in CASES.iter().zip(median) {
        println!("{case:<58} {nanos:>8} ns, {:.1} times the channel", nanos as f64 / median[0] as f64);
    }
    Ok(())
}

/// Prints the size of the case's future in bytes.
fn size(case: &str) -> Result<(), String> {
    let size = with_app(case, async |app| cases::future_size(case, &app))?;
    println!("{size}");
    Ok(())
}

fn with_app<T>(case: &str, work: impl AsyncFnOnce(partitura::App) -> T) -> Result<T, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    runtime.block_on(async {
        let blueprint = match case {
            "application, one behavior" => behaviors::One::BLUEPRINT,
            "application, three behaviors" => behaviors::Three::BLUEPRINT,
            "application, five behaviors" => behaviors::Five::BLUEPRINT,
            _ => Bench::BLUEPRINT,
        };
        let builder = blueprint.builder().replace(std::sync::Arc::new(program::OneForAll::default()));
        let app = builder.build().await.map_err(|error| format!("the program does not start: {error}"))?;
        Ok(work(app).await)
    })
}
