//! What a plan costs for each step, beside calling the fns: `cargo run --release -p orchestrate`.
//!
//! Each case is run in turns with all others, and the median is told. `orchestrate case NAME RUNS` runs one of them, for
//! callgrind or a profiler.

#![allow(unreachable_pub, reason = "an application of one crate is written as any other: its items are `pub`")]

use std::process::ExitCode;
use std::time::Duration;

use partitura::plan::{Given, Plan, Step};
use partitura::{App, Context, Identity, Result};

partitura::app! { Bench { modules: [] } }

/// What is injected.
#[partitura::injectable]
pub struct Counter {
    #[init]
    count: std::sync::atomic::AtomicU64,
}

impl Counter {
    fn next(&self) -> u64 {
        self.count.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
    }
}

#[allow(missing_docs, reason = "ten letters")]
/// Ten steps, each of which takes what the one before it gives.
#[partitura::orchestrate]
pub mod chain {
    use super::Counter;
    use partitura::Result;

    macro_rules! gifts {
        ($($name:ident)*) => { $(pub struct $name(pub u64);)* };
    }
    gifts!(A B C D E F G H I);

    #[step]
    pub async fn a(counter: &Counter) -> Result<A> {
        Ok(A(counter.next()))
    }
    #[step]
    pub async fn b(a: &A, counter: &Counter) -> Result<B> {
        Ok(B(a.0 + counter.next()))
    }
    #[step]
    pub async fn c(b: &B, counter: &Counter) -> Result<C> {
        Ok(C(b.0 + counter.next()))
    }
    #[step]
    pub async fn d(c: &C, counter: &Counter) -> Result<D> {
        Ok(D(c.0 + counter.next()))
    }
    #[step]
    pub async fn e(d: &D, counter: &Counter) -> Result<E> {
        Ok(E(d.0 + counter.next()))
    }
    #[step]
    pub async fn f(e: &E, counter: &Counter) -> Result<F> {
        Ok(F(e.0 + counter.next()))
    }
    #[step]
    pub async fn g(f: &F, counter: &Counter) -> Result<G> {
        Ok(G(f.0 + counter.next()))
    }
    #[step]
    pub async fn h(g: &G, counter: &Counter) -> Result<H> {
        Ok(H(g.0 + counter.next()))
    }
    #[step]
    pub async fn i(h: &H, counter: &Counter) -> Result<I> {
        Ok(I(h.0 + counter.next()))
    }
    #[step]
    pub async fn j(i: &I, counter: &Counter) -> Result<()> {
        std::hint::black_box(i.0 + counter.next());
        Ok(())
    }
}

/// The fns of the chain, called by hand.
async fn by_hand(counter: &Counter) -> Result<()> {
    use chain::{a, b, c, d, e, f, g, h, i, j};
    let a = a(counter).await?;
    let b = b(&a, counter).await?;
    let c = c(&b, counter).await?;
    let d = d(&c, counter).await?;
    let e = e(&d, counter).await?;
    let f = f(&e, counter).await?;
    let g = g(&f, counter).await?;
    let h = h(&g, counter).await?;
    let i = i(&h, counter).await?;
    j(&i, counter).await
}

fn step(at: usize) -> Step {
    Step::new(format!("s{at}"), |_: Given| async { Ok(()) })
}

/// One after the other.
fn sequence(steps: usize) -> Result<Plan> {
    Ok((0..steps).fold(Plan::builder("sequence").sequential(), |plan, at| plan.step(step(at))).build()?)
}

/// All at the same time, 64 of them.
fn wide(steps: usize) -> Result<Plan> {
    Ok((0..steps).fold(Plan::builder("wide").limit(64), |plan, at| plan.step(step(at))).build()?)
}

/// Each comes after three of the ten before it.
fn woven(steps: usize) -> Result<Plan> {
    let own = |at: usize| {
        let before = [1, 4, 9].into_iter().filter_map(|back| at.checked_sub(back));
        before.fold(step(at), |step, other| step.after(format!("s{other}")))
    };
    Ok((0..steps).fold(Plan::builder("woven"), |plan, at| plan.step(own(at))).build()?)
}

/// A case, and how many steps one run of it has.
struct Case {
    name: &'static str,
    steps: usize,
    runs: usize,
}

const CASES: &[Case] = &[
    Case { name: "called by hand, 10 steps", steps: 10, runs: 20_000 },
    Case { name: "#[orchestrate], a chain of 10", steps: 10, runs: 2_000 },
    Case { name: "Plan, 100 in sequence", steps: 100, runs: 200 },
    Case { name: "Plan, 100 at once", steps: 100, runs: 200 },
    Case { name: "Plan, 10,000 in sequence", steps: 10_000, runs: 2 },
    Case { name: "Plan, 10,000 at once", steps: 10_000, runs: 2 },
    Case { name: "Plan, 10,000 woven", steps: 10_000, runs: 2 },
    Case { name: "build: 10,000 woven", steps: 10_000, runs: 2 },
];

struct Room {
    app: App,
    cx: Context,
    plans: Vec<Option<Plan>>,
    counter: Counter,
}

impl Room {
    async fn new() -> Result<Room> {
        let config = Bench::BLUEPRINT
            .loader()
            .hermetic()
            .load()
            .map_err(|error| partitura::Error::internal(error.to_string()))?;
        let app = Bench::builder().config(config).build().await;
        let app = app.map_err(|error| partitura::Error::internal(error.to_string()))?;
        let cx = app.context(Identity::anonymous());
        let plans = vec![
            None,
            None,
            Some(sequence(100)?),
            Some(wide(100)?),
            Some(sequence(10_000)?),
            Some(wide(10_000)?),
            Some(woven(10_000)?),
            None,
        ];
        Ok(Room { app, cx, plans, counter: Counter { count: std::sync::atomic::AtomicU64::new(0) } })
    }

    async fn run(&self, case: usize, runs: usize) -> Result<()> {
        for _ in 0..runs {
            match (&self.plans[case], case) {
                (Some(plan), _) => drop(plan.run(&self.cx).await?.into_report()?),
                (None, 0) => by_hand(&self.counter).await?,
                (None, 1) => drop(self.cx.send(chain::Run).await?),
                (None, _) => drop(std::hint::black_box(woven(10_000)?)),
            }
        }
        Ok(())
    }

    /// Nanoseconds for each step.
    async fn time(&self, case: usize) -> Result<f64> {
        let Case { steps, runs, .. } = CASES[case];
        let began = self.app.env().now();
        self.run(case, runs).await?;
        let took: Duration = self.app.env().now() - began;
        Ok(took.as_nanos() as f64 / (steps * runs) as f64)
    }
}

async fn table() -> Result<()> {
    const ROUNDS: usize = 15;
    let room = Room::new().await?;
    let mut times: Vec<Vec<f64>> = CASES.iter().map(|_| Vec::new()).collect();
    for _ in 0..ROUNDS {
        for (case, times) in times.iter_mut().enumerate() {
            times.push(room.time(case).await?);
        }
    }
    println!("{:34} {:>12} {:>14}", "case", "ns a step", "ms a run");
    for (case, mut times) in CASES.iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let median = times[ROUNDS / 2];
        println!("{:34} {median:>12.0} {:>14.3}", case.name, median * case.steps as f64 / 1e6);
    }
    Ok(())
}

async fn one(name: &str, runs: usize) -> Result<()> {
    let case = CASES.iter().position(|case| case.name == name);
    let case = case.ok_or_else(|| partitura::Error::not_found(format!("no case is named `{name}`")))?;
    Room::new().await?.run(case, runs).await
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(async {
        match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["case", name, runs] => one(name, runs.parse()?).await,
            _ => table().await,
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}
