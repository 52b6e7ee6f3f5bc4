//! What a handler or a provider asks the container for.

use std::any::TypeId;

use super::all::All;
use super::cells::Shared;
use super::key::{AnySlot, Key, Slot};

/// One parameter or field.
#[derive(Clone, Copy)]
pub struct Need {
    /// The slot through which it is found.
    pub slot: &'static dyn AnySlot,
    /// The type as the user wrote it.
    pub name: &'static str,
    /// What is asked for.
    pub form: Form,
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
        of: fn() -> TypeId,
        /// Makes one object of them all.
        collect: fn(&[Shared]) -> Option<Shared>,
    },
}

impl Need {
    /// One shared object.
    pub const fn one<T: ?Sized + Send + Sync + 'static>(key: Key<T>, name: &'static str) -> Self {
        Need { slot: key.slot, name, form: Form::One }
    }

    /// One shared object or none.
    pub const fn optional<T: ?Sized + Send + Sync + 'static>(key: Key<T>, name: &'static str) -> Self {
        Need { slot: key.slot, name, form: Form::Optional }
    }

    /// A fresh object.
    pub const fn fresh(slot: &'static dyn AnySlot, name: &'static str) -> Self {
        Need { slot, name, form: Form::One }
    }

    /// Every provider of `T`.
    pub const fn all<T: ?Sized + Send + Sync + 'static>(slot: &'static Slot<All<T>>, name: &'static str) -> Self {
        Need { slot, name, form: Form::All { of: TypeId::of::<T>, collect: super::all::collect::<T> } }
    }
}
