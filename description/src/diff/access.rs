//! Who may do what: whether that is more people than before, or fewer.

use std::collections::BTreeSet;

use super::{Changes, Mark};
use crate::Access;

/// Where nothing is declared anybody may, as where it is public.
pub(super) fn compare(changes: &mut Changes, name: &str, old: Option<&Access>, new: Option<&Access>) {
    let text = format!("{name} was {}, is {}", Access::declared(old), Access::declared(new));
    match (is_looser(old, new), is_looser(new, old)) {
        (false, false) if old == new || (is_open(old) && is_open(new)) => {}
        // Some of those who may now could not before, and the other way round.
        (true, true) => changes.push(Mark::Security, "authorization changed", text),
        (true, false) => changes.push(Mark::Security, "authorization loosened", text),
        (false, true) => changes.push(Mark::Breaking, "authorization tightened", text),
        (false, false) => {}
    }
}

fn is_open(access: Option<&Access>) -> bool {
    access.is_none_or(|access| access.public || (access.roles.is_empty() && access.policies.is_empty()))
}

/// Whether there is somebody whom `new` lets in and `old` does not.
fn is_looser(old: Option<&Access>, new: Option<&Access>) -> bool {
    let (Some(was), false) = (old, is_open(old)) else { return false };
    let (Some(is), false) = (new, is_open(new)) else { return true };
    let set = |names: &[String]| names.iter().cloned().collect::<BTreeSet<_>>();
    let (before, after) = (set(&was.roles), set(&is.roles));
    // Without any role the policies alone decide.
    let roles = !before.is_empty() && (after.is_empty() || !after.is_subset(&before));
    roles || !set(&was.policies).is_subset(&set(&is.policies))
}
