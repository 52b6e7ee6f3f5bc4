//! What a handler or a provider asks the container for.

use std::any::TypeId;

use super::all::All;
use super::cells::Shared;
use super::key::{AnySlot, Key, Slot};
use super::provider::Shareable;

/// One parameter or field.
#[derive(Clone, Copy)]
pub struct Need {
    /// The slot through which it is found.
    pub slot: &'static AnySlot,
    /// The type as the user wrote it.
    pub name: &'static str,
    /// What is asked for.
    pub form: Form,
    /// Whether it is made for each message or for each use.
    pub short_lived: bool,
}

/// How many providers a [`Need`] asks for.
#[derive(Clone, Copy)]
pub enum Form {
    /// One, which is there.
    One,
    /// One, if there is one.
    Optional,
    /// Every provider of a type.
    All {
        /// The type of each.
        of: TypeId,
        /// Makes one object of them all.
        collect: fn(&[Shared]) -> Option<Shared>,
    },
}

impl Need {
    // That it can be shared is asked of its provider, once, and not of all who take it.

    /// One shared object.
    pub const fn one<T: ?Sized + 'static>(key: Key<T>, name: &'static str) -> Self {
        Need { slot: key.slot.any(), name, form: Form::One, short_lived: key.is_short_lived() }
    }

    /// One shared object or none.
    pub const fn optional<T: ?Sized + 'static>(key: Key<T>, name: &'static str) -> Self {
        Need { slot: key.slot.any(), name, form: Form::Optional, short_lived: key.is_short_lived() }
    }

    /// A fresh object.
    pub const fn fresh<T: ?Sized + 'static>(key: Key<T>, name: &'static str) -> Self {
        Need { slot: key.slot.any(), name, form: Form::One, short_lived: true }
    }

    /// Every provider of `T`.
    pub const fn all<T: ?Sized + Shareable + 'static>(slot: &'static Slot<All<T>>, name: &'static str) -> Self {
        let form = Form::All { of: TypeId::of::<T>(), collect: super::all::collect::<T> };
        Need { slot: slot.any(), name, form, short_lived: false }
    }

    /// Whether a message with these needs must have a scope prepared.
    pub const fn are_scoped(needs: &[Need]) -> bool {
        let mut at = 0;
        while at < needs.len() {
            if needs[at].short_lived {
                return true;
            }
            at += 1;
        }
        false
    }
}
