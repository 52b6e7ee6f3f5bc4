//! A name of its own for each operation.

use std::collections::{BTreeMap, BTreeSet};

use super::Operation;
use crate::table::Leads;

/// The `operationId` of each: `OpenAccount`, with the module before it where two modules have a message of that name, and the
/// method (and, where that is not enough, a number) behind it where one message has several operations.
pub(super) fn ids(all: &[Operation<'_>]) -> Vec<String> {
    let wholes: Vec<(&str, String)> = all.iter().map(|own| (own.bound.module, short(own))).collect();
    let mut modules: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut several: BTreeMap<&(&str, String), Vec<&str>> = BTreeMap::new();
    for (whole, operation) in wholes.iter().zip(all) {
        modules.entry(&whole.1).or_default().insert(whole.0);
        several.entry(whole).or_default().push(operation.method);
    }
    let mut taken = BTreeSet::new();
    let one = |(whole, operation): (&(&str, String), &Operation<'_>)| {
        let (module, short) = whole;
        let mut name = match modules[short.as_str()].len() {
            1 => short.clone(),
            _ => format!("{module}.{short}"),
        };
        if several[whole].len() > 1 {
            name = format!("{name}.{}", operation.method);
        }
        let mut own = name.clone();
        let mut number = 1;
        while !taken.insert(own.clone()) {
            number += 1;
            own = format!("{name}.{number}");
        }
        own
    };
    wholes.iter().zip(all).map(one).collect()
}

/// `OpenAccount`, `OpenAccount.v2`, `Create_User`, `AccountsController.show`.
fn short(operation: &Operation<'_>) -> String {
    let name = match operation.bound.leads {
        Leads::Handler(handler) => {
            let instance = handler.instance.map(|types| format!("_{types}")).unwrap_or_default();
            match handler.message.version {
                1 => format!("{}{instance}", handler.message.name),
                version => format!("{}{instance}.v{version}", handler.message.name),
            }
        }
        Leads::Mounted(mounted, at) => format!("{}.{}", mounted.name, mounted.routes[at].name),
    };
    let fits = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    name.chars().map(fits).collect()
}
