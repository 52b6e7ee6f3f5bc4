//! A message that breaks no rule costs no allocation.
#![allow(missing_docs, unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;

use partitura::prelude::*;
use partitura::validate;

struct Counting;

thread_local! {
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

// SAFETY: each call is the system's own; the counter is a plain cell without a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Validate)]
#[validate(with = whole)]
struct Tree {
    #[validate(required, length(min = 1, max = 9), email)]
    name: String,
    #[validate(range(min = 0.5))]
    size: Option<f64>,
    #[validate(nested)]
    branches: Vec<Tree>,
    #[validate(each(each(required, url)))]
    leaves: BTreeMap<u8, Vec<String>>,
}

fn whole(tree: &Tree) -> Result<(), String> {
    if tree.branches.len() > 2 { Err("too many".to_owned()) } else { Ok(()) }
}

fn tree(depth: usize, name: &str) -> Tree {
    Tree {
        name: name.to_owned(),
        size: Some(1.0),
        branches: if depth == 0 { Vec::new() } else { vec![tree(depth - 1, name)] },
        leaves: BTreeMap::from([(1, vec!["http://a".to_owned()])]),
    }
}

#[test]
fn what_breaks_no_rule_costs_no_allocation() {
    let (good, bad) = (tree(30, "a@b"), tree(30, "a"));
    let before = COUNT.get();
    assert!(validate::check_value(&good).is_ok());
    assert_eq!(COUNT.get(), before);
    let error = validate::check_value(&bad).unwrap_err();
    assert!(COUNT.get() > before, "the counter counts");
    assert_eq!(error.failures().len(), 31);
    assert_eq!(error.failures()[0].pointer, format!("{}/name", "/branches/0".repeat(0)));
    assert_eq!(error.failures()[30].pointer, format!("{}/name", "/branches/0".repeat(30)));
}
