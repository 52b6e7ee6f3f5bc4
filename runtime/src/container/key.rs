//! Typed numbers of objects.

use std::any::{TypeId, type_name};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::wiring::node::{Lifetime, Ref};

/// The number of `T` in one module: a static, numbered once per process when an application is first built. Numbers
/// are identity only; what they stand for belongs to each application.
pub struct Slot<T: ?Sized> {
    any: AnySlot,
    of: PhantomData<fn() -> T>,
}

impl<T: ?Sized + 'static> Slot<T> {
    /// A slot without a number.
    pub const fn new() -> Self {
        let any = AnySlot { number: AtomicU32::new(UNSET), of: TypeId::of::<T>(), name: type_name::<T> };
        Slot { any, of: PhantomData }
    }
}

impl<T: ?Sized> Slot<T> {
    /// The number, or one that no table has.
    #[inline]
    pub(crate) fn number(&self) -> usize {
        self.any.number()
    }

    /// The slot without its type, for the tables of a module.
    pub const fn any(&self) -> &AnySlot {
        &self.any
    }
}

impl<T: ?Sized + 'static> Default for Slot<T> {
    fn default() -> Self {
        Slot::new()
    }
}

/// A slot whose type is forgotten. Plain data: an application asks a thousand of them when it starts, and a fn of each type's
/// own would be a page of code to load for each. Only [`Slot::new`] makes one, so that a number has one type.
pub struct AnySlot {
    number: AtomicU32,
    of: TypeId,
    name: fn() -> &'static str,
}

const UNSET: u32 = u32::MAX;

impl AnySlot {
    /// The number, given now if there is none.
    pub(crate) fn intern(&self) -> usize {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        if self.number.load(Ordering::Relaxed) == UNSET {
            let fresh = NEXT.fetch_add(1, Ordering::Relaxed);
            // Another thread may have been faster: its number stays and ours is not used.
            let _ = self.number.compare_exchange(UNSET, fresh, Ordering::Relaxed, Ordering::Relaxed);
        }
        self.number()
    }

    #[inline]
    fn number(&self) -> usize {
        self.number.load(Ordering::Relaxed) as usize
    }

    /// The type's identity.
    pub(crate) fn type_id(&self) -> TypeId {
        self.of
    }

    /// The type's full name.
    pub(crate) fn type_name(&self) -> &'static str {
        (self.name)()
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
