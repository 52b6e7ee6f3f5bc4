//! The cases: each runs a loop of `n` calls and answers with how many allocations there were.

use std::hint::black_box;

use partitura::__private::{Key, kept, provided};
use partitura::Result;
use partitura::prelude::*;
use partitura::wiring::Provides;
use partitura::{App, Call};

use crate::program::*;
use crate::this_crate_needs_one_partitura_module_or_app::__partitura::Marker;
use meter::allocations;

/// One line of the table.
pub(crate) struct Case {
    /// Its name.
    pub(crate) name: &'static str,
    /// The plain call that it is compared with; empty for that call itself.
    pub(crate) direct: &'static str,
    /// What may never be exceeded, whatever was blessed: instructions over the plain call, and allocations.
    pub(crate) limit: Option<(f64, f64)>,
}

const fn case(name: &'static str, direct: &'static str) -> Case {
    Case { name, direct, limit: None }
}

const fn limited(name: &'static str, direct: &'static str) -> Case {
    Case { name, direct, limit: Some((50.0, 0.0)) }
}

pub(crate) const CASES: &[Case] = &[
    case("no call", ""),
    case("direct, no dependency", ""),
    case("direct, two dependencies", ""),
    limited("send, no dependency", "direct, no dependency"),
    limited("send, two dependencies", "direct, two dependencies"),
    limited("send from a handler, no dependency", "direct, no dependency"),
    limited("send from a handler, two dependencies", "direct, two dependencies"),
    case("send to a handler that sends, no dependency", "direct, no dependency"),
    case("send to a handler that sends, two dependencies", "direct, two dependencies"),
    case("send from a handler to one that sends, two dependencies", "direct, two dependencies"),
    case("send of a contract, two dependencies", "direct, two dependencies"),
    case("send, one scoped dependency", "direct, no dependency"),
    case("send, one scoped dependency that is replaced", "direct, no dependency"),
    case("send, one transient dependency", "direct, no dependency"),
    case("resolve, one dependency", "no call"),
    case("resolve, one dependency to keep", "no call"),
    // The same message, its dependency the only difference: a scope is made for it, and ended.
    case("scope, one object", "send, one scoped dependency that is replaced"),
    case("scope, one object that is disposed of", "send, one scoped dependency that is replaced"),
    case("send_boxed, two dependencies", "direct, two dependencies"),
    case("execute by name, two dependencies", "direct, two dependencies"),
    case("app.send, two dependencies", "direct, two dependencies"),
    case("app.execute by name, two dependencies", "direct, two dependencies"),
    case("app.context", ""),
    case("emit, nobody listens", "no call"),
    case("emit, one subscriber", "no call"),
    case("emit, ten subscribers", "no call"),
    case("send that emits, one subscriber by the queue", "direct, no dependency"),
    case("a bare channel and its reply", "direct, no dependency"),
    case("queue, a job and its end", "direct, no dependency"),
    case("queue, a job among many", "direct, no dependency"),
    case("send, one behavior", "direct, no dependency"),
    case("send, three behaviors", "direct, no dependency"),
    case("send, five behaviors", "direct, no dependency"),
    case("application, no behavior", "direct, no dependency"),
    case("application, one behavior", "direct, no dependency"),
    case("application, three behaviors", "direct, no dependency"),
    case("application, five behaviors", "direct, no dependency"),
    case("send, the reply is in the cache", "direct, no dependency"),
    case("direct, a message with rules", ""),
    case("send, a message with rules", "direct, a message with rules"),
    case("send, a role is asked for", "direct, no dependency"),
];

/// `for i in 0..n { call.await }` for the case of that name.
macro_rules! pick {
    ($case:expr, $n:expr, { $($name:literal => |$i:ident| $call:expr;)* }) => {
        match $case {
            $($name => for $i in 0..$n { let _ = black_box($call.await); },)*
            other => panic!("no case is named `{other}`"),
        }
    };
}

/// Runs a case. Answers with the allocations.
pub(crate) async fn run(case: &str, n: u64, app: &App) -> u64 {
    if case.starts_with("send from a handler") {
        // Two runs of the same process differ in what stands around this one send, which cancels.
        return app.door(Call::default()).send(Inside { case: case.to_owned(), n }).await.unwrap_or(u64::MAX);
    }
    if case.starts_with("queue") || case == "send that emits, one subscriber by the queue" {
        return by_queue(case, n, app).await;
    }
    if case == "a bare channel and its reply" {
        return bare_channel(n).await;
    }
    if case.starts_with("app.") {
        return from_outside(case, n, app).await;
    }
    let cx = app.context(Identity::user("ada").with_role("teller"));
    from_context(case, n, &cx).await
}

async fn from_outside(case: &str, n: u64, app: &App) -> u64 {
    let before = allocations();
    pick!(case, n, {
        "app.send, two dependencies" => |i| black_box(app).send(Two { n: black_box(i) });
        "app.execute by name, two dependencies" => |i| black_box(app).execute(NAME, json(i));
        "app.context" => |_i| std::future::ready(black_box(app).context(Identity::anonymous()));
    });
    allocations() - before
}

async fn by_queue(case: &str, n: u64, app: &App) -> u64 {
    let jobs = app.jobs();
    let before = allocations();
    match case {
        "queue, a job and its end" => {
            for i in 0..n {
                let _ = black_box(app.spawn(Zero { n: black_box(i) }));
                jobs.idle().await;
            }
        }
        "queue, a job among many" => {
            for i in 0..n {
                let _ = black_box(app.spawn(Zero { n: black_box(i) }));
                if i % 1_000 == 999 {
                    jobs.idle().await;
                }
            }
            jobs.idle().await;
        }
        _ => {
            for i in 0..n {
                let _ = black_box(app.send(Emits { n: black_box(i) }).await);
                jobs.idle().await;
            }
        }
    }
    allocations() - before
}

/// What the queue is compared with: a task that takes messages from a channel and answers each by another.
async fn bare_channel(n: u64) -> u64 {
    use tokio::sync::{mpsc, oneshot};
    let (sender, mut receiver) = mpsc::channel::<(Zero, oneshot::Sender<Result<u64>>)>(64);
    let env = partitura::env::Env::real();
    let worker = env.spawn(async move {
        while let Some((command, reply)) = receiver.recv().await {
            let _ = reply.send(zero(command).await);
        }
    });
    let before = allocations();
    for i in 0..n {
        let (reply, answer) = oneshot::channel();
        let _ = sender.send((Zero { n: black_box(i) }, reply)).await;
        let _ = black_box(answer.await);
    }
    let used = allocations() - before;
    drop(sender);
    let _ = worker.await;
    used
}

/// The cases that need no more than a context. Also called from inside a handler.
pub(crate) async fn from_context(case: &str, n: u64, cx: &Context) -> u64 {
    let (ledger, store) = (Ledger { open: black_box(1) }, store());
    let (ledger, store) = (&ledger, &*store);
    let before = allocations();
    pick!(case, n, {
        "no call" => |_i| std::future::ready(black_box(cx));
        "direct, no dependency" => |i| zero(Zero { n: black_box(i) });
        "direct, two dependencies" => |i| two(Two { n: black_box(i) }, black_box(ledger), black_box(store));
        "send, no dependency" => |i| black_box(cx).send(Zero { n: black_box(i) });
        "send, two dependencies" => |i| black_box(cx).send(Two { n: black_box(i) });
        "send from a handler, no dependency" => |i| black_box(cx).send(Zero { n: black_box(i) });
        "send from a handler, two dependencies" => |i| black_box(cx).send(Two { n: black_box(i) });
        "send to a handler that sends, no dependency" => |i| black_box(cx).send(Nested { n: black_box(i) });
        "send to a handler that sends, two dependencies" => |i| black_box(cx).send(NestedTwo { n: black_box(i) });
        "send from a handler to one that sends, two dependencies" =>
            |i| black_box(cx).send(NestedTwo { n: black_box(i) });
        "send of a contract, two dependencies" => |i| black_box(cx).send(Quote { n: black_box(i) });
        "send, one scoped dependency" => |i| black_box(cx).send(Scoped { n: black_box(i) });
        "send, one scoped dependency that is replaced" => |i| black_box(cx).send(Replaced { n: black_box(i) });
        "scope, one object" => |i| black_box(cx).send(Scoped { n: black_box(i) });
        "scope, one object that is disposed of" => |i| black_box(cx).send(Disposed { n: black_box(i) });
        "resolve, one dependency" => |_i| std::future::ready(provided(black_box(cx), LEDGER));
        "resolve, one dependency to keep" => |_i| std::future::ready(kept(black_box(cx), LEDGER));
        "send, one transient dependency" => |i| black_box(cx).send(Transient { n: black_box(i) });
        "send_boxed, two dependencies" => |i| black_box(cx).send_boxed(Two { n: black_box(i) });
        "execute by name, two dependencies" => |i| black_box(cx).execute(NAME, json(i));
        "emit, nobody listens" => |i| black_box(cx).emit(Unheard { n: black_box(i) });
        "emit, one subscriber" => |i| black_box(cx).emit(ToOne { n: black_box(i) });
        "emit, ten subscribers" => |i| black_box(cx).emit(ToTen { n: black_box(i) });
        "send, one behavior" => |i| black_box(cx).send(BehindOne { n: black_box(i) });
        "send, three behaviors" => |i| black_box(cx).send(BehindThree { n: black_box(i) });
        "send, five behaviors" => |i| black_box(cx).send(BehindFive { n: black_box(i) });
        "application, no behavior" => |i| black_box(cx).send(Zero { n: black_box(i) });
        "application, one behavior" => |i| black_box(cx).send(Zero { n: black_box(i) });
        "application, three behaviors" => |i| black_box(cx).send(Zero { n: black_box(i) });
        "application, five behaviors" => |i| black_box(cx).send(Zero { n: black_box(i) });
        "send, the reply is in the cache" => |_i| black_box(cx).send(Known { n: black_box(1) });
        "direct, a message with rules" => |i| ruled(Ruled { n: black_box(i), name: String::from("tea") });
        "send, a message with rules" => |i| black_box(cx).send(Ruled { n: black_box(i), name: String::from("tea") });
        "send, a role is asked for" => |i| black_box(cx).send(Allowed { n: black_box(i) });
    });
    allocations() - before
}

/// The size of the future of each case, in bytes.
pub(crate) fn future_size(case: &str, app: &App) -> usize {
    let cx = app.context(Identity::anonymous());
    let (ledger, store) = (Ledger { open: 1 }, store());
    let n = 1;
    match case {
        "direct, no dependency" => size_of_val(&zero(Zero { n })),
        "direct, two dependencies" => size_of_val(&two(Two { n }, &ledger, &*store)),
        "send, no dependency" | "send from a handler, no dependency" => size_of_val(&cx.send(Zero { n })),
        "send, two dependencies" | "send from a handler, two dependencies" => size_of_val(&cx.send(Two { n })),
        "send to a handler that sends, no dependency" => size_of_val(&cx.send(Nested { n })),
        "send to a handler that sends, two dependencies"
        | "send from a handler to one that sends, two dependencies" => size_of_val(&cx.send(NestedTwo { n })),
        "send of a contract, two dependencies" => size_of_val(&cx.send(Quote { n })),
        "send, one scoped dependency" | "scope, one object" => size_of_val(&cx.send(Scoped { n })),
        "send, one scoped dependency that is replaced" => size_of_val(&cx.send(Replaced { n })),
        "scope, one object that is disposed of" => size_of_val(&cx.send(Disposed { n })),
        "send, one transient dependency" => size_of_val(&cx.send(Transient { n })),
        "send_boxed, two dependencies" => size_of_val(&cx.send_boxed(Two { n })),
        "execute by name, two dependencies" => size_of_val(&cx.execute(NAME, json(n))),
        "app.send, two dependencies" => size_of_val(&app.send(Two { n })),
        "app.execute by name, two dependencies" => size_of_val(&app.execute(NAME, json(n))),
        "emit, one subscriber" | "emit, ten subscribers" => size_of_val(&cx.emit(ToOne { n })),
        "send, one behavior" => size_of_val(&cx.send(BehindOne { n })),
        "send, three behaviors" => size_of_val(&cx.send(BehindThree { n })),
        "send, five behaviors" => size_of_val(&cx.send(BehindFive { n })),
        "send, the reply is in the cache" => size_of_val(&cx.send(Known { n })),
        "send, a message with rules" => size_of_val(&cx.send(Ruled { n, name: String::new() })),
        "send, a role is asked for" => size_of_val(&cx.send(Allowed { n })),
        _ => 0,
    }
}

/// What a handler's `&Ledger` is made from: a dependency is asked for by its type while the program is compiled, and the
/// getters below are what generated code calls.
const LEDGER: Key<Ledger> = <Marker as Provides<Ledger>>::KEY;

const NAME: &str = "dispatch.Two";

fn json(n: u64) -> serde_json::Value {
    serde_json::json!({ "n": black_box(n) })
}

/// A store as the container would give it; made here so that the plain call owes the container nothing.
fn store() -> Arc<dyn Store> {
    struct Fixed(u64);
    impl Store for Fixed {
        fn next(&self) -> u64 {
            self.0
        }
    }
    Arc::new(Fixed(black_box(1)))
}
