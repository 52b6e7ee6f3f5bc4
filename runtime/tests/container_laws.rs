//! Laws of the container, for random graphs of providers: each singleton is built once and after what it needs,
//! disposal is the reverse of construction, a replacement reaches everything that depends on it, and what only a
//! replaced one needs is not built.
#![allow(missing_docs, clippy::unwrap_used)]

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use partitura_runtime::__private::*;
use partitura_runtime::app::StartError;
use partitura_runtime::error::Error as PartituraError;
use proptest::prelude::*;

const COUNT: usize = 10;

/// One of ten types, made by one provider each.
pub struct Part<const I: usize> {
    /// Counts objects, so that two of one type are told apart.
    serial: usize,
    /// The serial numbers of what it was given.
    given: Vec<(usize, usize)>,
}

/// What one random case is about. A thread of its own for each, since a provider is a plain fn.
#[derive(Default)]
struct World {
    /// For each part what it needs: parts of a smaller number.
    needs: Vec<Vec<usize>>,
    /// Whether it answers only after a pause, so that builds overlap.
    slow: Vec<bool>,
    failing: Option<usize>,
    failing_disposal: Option<usize>,
    next: usize,
    built: Vec<usize>,
    disposed: Vec<usize>,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::default();
    static ENTRIES: Cell<&'static [Entry]> = const { Cell::new(&[]) };
}

fn world<T>(act: impl FnOnce(&mut World) -> T) -> T {
    WORLD.with_borrow_mut(act)
}

macro_rules! parts {
    ($($index:literal $slot:ident $node:ident)*) => {
        $(
            static $slot: Slot<Part<$index>> = Slot::new();
            static $node: Node = Node { name: "part", place: PLACE, lifetime: Lifetime::Singleton, import: None, needs: &[] };
        )*

        fn need(index: usize) -> Need {
            match index {
                $($index => Need::one(Key { slot: &$slot, lifetime: Lifetime::Singleton, node: Ref::to(&$node) }, "part"),)*
                _ => unreachable!(),
            }
        }

        /// The serial number of the part that the context gives.
        fn serial(cx: &Context, index: usize) -> usize {
            match index {
                $($index => provided(cx, Key { slot: &$slot, lifetime: Lifetime::Singleton, node: Ref::to(&$node) }).serial,)*
                _ => unreachable!(),
            }
        }

        fn given(cx: &Context, index: usize) -> Vec<(usize, usize)> {
            match index {
                $($index => provided(cx, Key { slot: &$slot, lifetime: Lifetime::Singleton, node: Ref::to(&$node) }).given.clone(),)*
                _ => unreachable!(),
            }
        }

        fn entry(index: usize, needs: &'static [Need]) -> Entry {
            match index {
                $($index => Entry::Provider(Provider {
                    slot: $slot.any(), name: "part", by: "part", named: None, many: false, lifetime: Lifetime::Singleton,
                    needs, build: build::<$index>, section: None,
                    place: partitura_runtime::wiring::place::Place { line: index as u32 + 1, ..PLACE },
                }),)*
                _ => unreachable!(),
            }
        }

        fn replace(builder: Builder, index: usize) -> Builder {
            match index {
                $($index => builder.replace(Arc::new(Part::<$index> { serial: 1000, given: Vec::new() })),)*
                _ => unreachable!(),
            }
        }
    };
}

const PLACE: partitura_runtime::wiring::place::Place =
    partitura_runtime::wiring::place::Place { file: "laws.rs", line: 1, column: 1 };

parts! { 0 S0 N0 1 S1 N1 2 S2 N2 3 S3 N3 4 S4 N4 5 S5 N5 6 S6 N6 7 S7 N7 8 S8 N8 9 S9 N9 }

fn build<const I: usize>(cx: &Context) -> BoxFuture<'_, Result<Made>> {
    let (needs, slow, fails) = world(|world| (world.needs[I].clone(), world.slow[I], world.failing == Some(I)));
    let given: Vec<(usize, usize)> = needs.into_iter().map(|need| (need, serial(cx, need))).collect();
    Box::pin(async move {
        if slow {
            tokio::task::yield_now().await;
        }
        if fails {
            return Err(PartituraError::unavailable("this part cannot be made"));
        }
        let serial = world(|world| {
            world.built.push(I);
            world.next += 1;
            world.next
        });
        let part = Arc::new(Part::<I> { serial, given });
        Made::disposable(part.clone(), part, |_| {
            Box::pin(async move {
                world(|world| {
                    world.disposed.push(I);
                    match world.failing_disposal == Some(I) {
                        true => Err(PartituraError::internal("cannot be disposed of")),
                        false => Ok(()),
                    }
                })
            })
        })
    })
}

static MODULE: Module = Module {
    name: "laws",
    package: "laws",
    version: "0",
    place: PLACE,
    entries: &Table::told(|| ENTRIES.get()),
    imports: &[],
    exports: &[],
    handles: &[],
    contracts: &[],
};
static BLUEPRINT: Blueprint = Blueprint {
    name: "Laws",
    version: "0",
    env_prefix: "LAWS_OF_THE_CONTAINER",
    modules: &[&MODULE],
    behaviors: &[],
    authorization: false,
    fakes: &[],
    place: PLACE,
};

#[derive(Debug, Clone)]
struct Case {
    needs: Vec<Vec<usize>>,
    slow: Vec<bool>,
    order: Vec<usize>,
}

/// Any acyclic graph: a part needs only parts of a smaller number; the table lists them in any order.
fn case() -> impl Strategy<Value = Case> {
    let needs: Vec<_> = (0..COUNT).map(|part| proptest::collection::vec(any::<bool>(), part)).collect();
    let order = Just((0..COUNT).collect::<Vec<usize>>()).prop_shuffle();
    (needs, proptest::collection::vec(any::<bool>(), COUNT), order).prop_map(|(edges, slow, order)| Case {
        needs: edges
            .into_iter()
            .map(|row| row.into_iter().enumerate().filter_map(|(at, edge)| edge.then_some(at)).collect())
            .collect(),
        slow,
        order,
    })
}

fn prepare(case: &Case) {
    world(|world| {
        *world = World { needs: case.needs.clone(), slow: case.slow.clone(), ..World::default() };
    });
    let entries: Vec<Entry> = case
        .order
        .iter()
        .map(|part| {
            let needs: Vec<Need> = case.needs[*part].iter().map(|need_of| need(*need_of)).collect();
            entry(*part, Vec::leak(needs))
        })
        .collect();
    ENTRIES.set(Vec::leak(entries));
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(work)
}

fn after_its_needs(built: &[usize], needs: &[Vec<usize>]) -> bool {
    built.iter().enumerate().all(|(at, part)| needs[*part].iter().all(|need| built[..at].contains(need)))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn di_singletons_are_built_once_and_after_what_they_need(case in case()) {
        prepare(&case);
        let app = run(BLUEPRINT.builder().build()).unwrap();
        let built = world(|world| world.built.clone());
        let mut sorted = built.clone();
        sorted.sort_unstable();
        prop_assert_eq!(sorted, (0..COUNT).collect::<Vec<_>>(), "each exactly once");
        prop_assert!(after_its_needs(&built, &case.needs));
        // Whoever was given a part was given the one there is.
        let cx = app.context(Default::default());
        for part in 0..COUNT {
            for (need, serial_given) in given(&cx, part) {
                prop_assert_eq!(serial_given, serial(&cx, need));
            }
        }
    }

    #[test]
    fn di_disposal_is_the_reverse_of_construction(case in case(), failing in 0..COUNT) {
        prepare(&case);
        world(|world| world.failing_disposal = Some(failing));
        let app = run(BLUEPRINT.builder().build()).unwrap();
        let errors = run(app.shutdown()).unwrap_err();
        prop_assert_eq!(errors.len(), 1, "a failing disposal is reported and stops no other");
        let (mut built, disposed) = world(|world| (world.built.clone(), world.disposed.clone()));
        built.reverse();
        prop_assert_eq!(&built, &disposed);
        prop_assert!(run(app.shutdown()).is_ok());
        prop_assert_eq!(world(|world| world.disposed.len()), COUNT, "and only once");
    }

    #[test]
    fn di_a_failed_start_disposes_of_what_was_built(case in case(), failing in 0..COUNT) {
        prepare(&case);
        world(|world| world.failing = Some(failing));
        let failed = run(BLUEPRINT.builder().build());
        let is_told = matches!(&failed, Err(StartError::Providers(errors)) if errors.len() == 1
            && errors[0].message().contains("this part cannot be made"));
        prop_assert!(is_told);
        let (mut built, disposed, needs) = world(|world| (world.built.clone(), world.disposed.clone(), world.needs.clone()));
        prop_assert!(!built.contains(&failing));
        prop_assert!(after_its_needs(&built, &needs));
        built.reverse();
        prop_assert_eq!(built, disposed);
    }

    #[test]
    fn di_a_replacement_reaches_all_that_depend_on_it(case in case(), replaced in 0..COUNT) {
        prepare(&case);
        let app = run(replace(BLUEPRINT.builder(), replaced).build()).unwrap();
        prop_assert!(!world(|world| world.built.contains(&replaced)), "its provider is never called");
        let cx = app.context(Default::default());
        prop_assert_eq!(serial(&cx, replaced), 1000);
        for part in world(|world| world.built.clone()) {
            for (need, serial_given) in given(&cx, part) {
                prop_assert_eq!(serial_given == 1000, need == replaced);
            }
        }
    }

    #[test]
    fn di_what_only_a_replaced_one_needs_is_not_built(case in case(), first in 0..COUNT, second in 0..COUNT) {
        prepare(&case);
        let app = run(replace(replace(BLUEPRINT.builder(), first), second).build()).unwrap();
        // Who needs a part has a larger number, so all of them are known when it is come to.
        let mut expected: Vec<usize> = Vec::new();
        for part in (0..COUNT).rev().filter(|part| ![first, second].contains(part)) {
            let mut takers = (0..COUNT).filter(|other| case.needs[*other].contains(&part)).peekable();
            if takers.peek().is_none() || takers.any(|taker| expected.contains(&taker)) {
                expected.push(part);
            }
        }
        let mut built = world(|world| world.built.clone());
        built.sort_unstable();
        expected.sort_unstable();
        prop_assert_eq!(built, expected);
        drop(app);
    }
}
