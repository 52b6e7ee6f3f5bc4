//! Typed numbers of objects.

use std::any::{TypeId, type_name};
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::cells::{Cell, Cells, Shared};
use crate::wiring::node::{Lifetime, Ref};

/// The number of `T` in one module: a static, numbered once per process when an application is first built. Numbers
/// are identity only; what they stand for belongs to each application.
pub struct Slot<T: ?Sized> {
    number: AtomicU32,
    of: PhantomData<fn() -> T>,
}

const UNSET: u32 = u32::MAX;

impl<T: ?Sized> Slot<T> {
    /// A slot without a number.
    pub const fn new() -> Self {
        Slot { number: AtomicU32::new(UNSET), of: PhantomData }
    }

    /// The number, or one that no table has.
    #[inline]
    pub(crate) fn number(&self) -> usize {
        self.number.load(Ordering::Relaxed) as usize
    }

    fn intern(&self) -> usize {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        if self.number.load(Ordering::Relaxed) == UNSET {
            let fresh = NEXT.fetch_add(1, Ordering::Relaxed);
            // Another thread may have been faster: its number stays and ours is not used.
            let _ = self.number.compare_exchange(UNSET, fresh, Ordering::Relaxed, Ordering::Relaxed);
        }
        self.number()
    }
}

impl<T: ?Sized> Default for Slot<T> {
    fn default() -> Self {
        Slot::new()
    }
}

/// All that the wiring knows of `T` in one module.
pub struct Key<T: ?Sized + 'static> {
    /// Where an application keeps it.
    pub slot: &'static Slot<T>,
    /// How long it lives.
    pub lifetime: Lifetime,
    /// Its node in the graph.
    pub node: Ref,
}

impl<T: ?Sized> Key<T> {
    /// Whether it is made for each message or for each use.
    pub const fn is_short_lived(self) -> bool {
        !matches!(self.lifetime, Lifetime::Singleton)
    }
}

impl<T: ?Sized> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Key<T> {}

mod sealed {
    /// Only the two types of this file are slots: a foreign impl could give one number to two types.
    pub trait Sealed {}
    impl<T: ?Sized> Sealed for super::Slot<T> {}
    impl<T: ?Sized> Sealed for super::Unshared<T> {}
}

/// A slot whose type is forgotten, for the tables of a module.
pub trait AnySlot: sealed::Sealed + Send + Sync + 'static {
    /// The number, given now if there is none.
    fn intern(&self) -> usize;
    /// The type's identity.
    fn type_id(&self) -> TypeId;
    /// The type's full name.
    fn type_name(&self) -> &'static str;
    /// The cell for an object that holds an `Arc<T>`; `None` if it holds another type.
    fn cell(&self, object: &Shared) -> Option<Cell>;
}

impl<T: ?Sized + Send + Sync + 'static> AnySlot for Slot<T> {
    fn intern(&self) -> usize {
        Slot::intern(self)
    }

    fn type_id(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn type_name(&self) -> &'static str {
        type_name::<T>()
    }

    fn cell(&self, object: &Shared) -> Option<Cell> {
        object.downcast_ref::<Arc<T>>().map(|it| Cells::single(it.clone()))
    }
}

/// A slot of something that is not shared between threads: a transient taken by value.
pub struct Unshared<T: ?Sized + 'static>(pub &'static Slot<T>);

impl<T: ?Sized + 'static> AnySlot for Unshared<T> {
    fn intern(&self) -> usize {
        self.0.intern()
    }

    fn type_id(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn type_name(&self) -> &'static str {
        type_name::<T>()
    }

    fn cell(&self, _: &Shared) -> Option<Cell> {
        None
    }
}
