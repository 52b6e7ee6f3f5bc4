//! The table of an application's objects: the one place where the container uses a pointer that the compiler cannot
//! check, and the whole proof why it may.
//!
//! A getter runs for every dependency of every message. Through `Box<dyn Any>` and a downcast it costs 45
//! instructions, through the pointer kept here 15. The claim: *a pointer that `Cells::pointer` returns as `&T` was
//! made from an `Arc<T>` that the table keeps alive.* It holds because
//!
//! 1. a slot's number is given once and to no other slot (`AnySlot::intern`, a counter that only grows), and a slot has one
//!    type, that of the `Slot<T>` which alone makes one, so a number has one type;
//! 2. a cell is written once (`OnceLock`) and only by `Cells::fill`, which takes number and type from one slot and
//!    compares the type with that of the object; only `Shared::new` makes an object with an address, and only the
//!    address of an object whose cell was written is published, once, under the same number;
//! 3. the cell holds the `Arc<T>` beside the address and is dropped with the table, which is borrowed by whoever has
//!    the `&T`.

use std::any::{Any, TypeId};
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, OnceLock};

use super::key::{AnySlot, Slot};
use crate::wiring::node::Lifetime;

/// An `Arc<T>` whose `T` is forgotten.
#[derive(Clone)]
pub struct Shared {
    /// An `Arc<T>` inside.
    object: Arc<dyn Any + Send + Sync>,
    /// Of that `T`.
    address: Address,
    /// That `T`.
    of: TypeId,
}

impl Shared {
    /// An object to be kept where its type is not known.
    pub fn new<T: ?Sized + Send + Sync + 'static>(object: Arc<T>) -> Self {
        Shared { address: Address::of(&*object), of: TypeId::of::<T>(), object: Arc::new(object) }
    }

    /// The object, if it is a `T`.
    pub(crate) fn get<T: ?Sized + 'static>(&self) -> Option<&Arc<T>> {
        self.object.downcast_ref()
    }
}

/// The objects of one application.
pub struct Cells {
    /// What each slot stands for, and the objects, which this keeps alive.
    cells: Box<[OnceLock<CellKind>]>,
    /// Where each object is, in a table of its own: a getter reads two words and looks at nothing else.
    pointers: Box<[Pointer]>,
}

/// What a slot stands for in one application.
pub(crate) enum CellKind {
    /// One object, built or replaced.
    Single(Shared),
    /// The object at this place of the message's scope.
    Scoped(usize),
    /// The transient provider at this place of the application's list.
    Transient(usize),
}

impl Cells {
    pub(crate) fn new(count: usize) -> Self {
        Cells {
            cells: (0..count).map(|_| OnceLock::new()).collect(),
            pointers: (0..count).map(|_| Pointer::default()).collect(),
        }
    }

    /// The one object of this slot, if it is a singleton that is built.
    #[inline]
    pub(crate) fn pointer<T: ?Sized + 'static>(&self, slot: &Slot<T>) -> Option<&T> {
        let pointer = self.pointers.get(slot.number())?;
        // SAFETY: see the top of this file: the number of a `Slot<T>` leads to an address made from an `Arc<T>` that the
        // table keeps, and the reference borrows the table.
        #[allow(unsafe_code)]
        unsafe {
            pointer.get::<T>()
        }
    }

    /// The one object of this slot, to keep.
    pub(crate) fn shared<T: ?Sized + 'static>(&self, slot: &Slot<T>) -> Option<&Arc<T>> {
        match self.kind(slot.number())? {
            CellKind::Single(object) => object.get(),
            _ => None,
        }
    }

    /// What the slot stands for.
    pub(crate) fn kind(&self, number: usize) -> Option<&CellKind> {
        self.cells.get(number)?.get()
    }

    /// Says what a slot stands for. False if that was said before, or if the object is of another type.
    pub(crate) fn fill(&self, slot: &AnySlot, kind: CellKind) -> bool {
        let number = slot.intern();
        let (Some(place), Some(pointer)) = (self.cells.get(number), self.pointers.get(number)) else { return false };
        let address = match &kind {
            CellKind::Single(object) if object.of != slot.type_id() => return false,
            CellKind::Single(object) => object.address,
            CellKind::Scoped(_) | CellKind::Transient(_) => Address::NONE,
        };
        let filled = place.set(kind).is_ok();
        if filled {
            pointer.publish(address);
        }
        filled
    }
}

impl CellKind {
    pub(crate) fn of(lifetime: Lifetime, index: usize) -> Option<CellKind> {
        match lifetime {
            Lifetime::Singleton => None,
            Lifetime::Scoped => Some(CellKind::Scoped(index)),
            Lifetime::Transient => Some(CellKind::Transient(index)),
        }
    }
}

/// A `*const T` whose `T` is forgotten: one word, or two for a slice, a `str` or a trait object.
#[derive(Clone, Copy)]
struct Address([*mut (); 2]);

// SAFETY: an `Address` is only made from a `&T` with `T: Send + Sync` (`Address::of`), and leads only to `&T`.
#[allow(unsafe_code)]
unsafe impl Send for Address {}
// SAFETY: as above.
#[allow(unsafe_code)]
unsafe impl Sync for Address {}

impl Address {
    const NONE: Address = Address([std::ptr::null_mut(); 2]);

    fn of<T: ?Sized + Send + Sync>(object: &T) -> Self {
        const { assert!(size_of::<&T>() <= size_of::<Address>()) };
        let pointer: *const T = object;
        let mut erased = Address::NONE;
        // SAFETY: both are plain memory that is large enough (asserted above) and do not overlap; the bytes of a
        // thin or wide pointer are written into words of pointer type, which keeps its provenance.
        #[allow(unsafe_code)]
        unsafe {
            std::ptr::copy_nonoverlapping(
                (&raw const pointer).cast::<u8>(),
                (&raw mut erased).cast::<u8>(),
                size_of::<*const T>(),
            );
        }
        erased
    }
}

/// An [`Address`] that is published once: null before. The second word is written first, and the first one releases it, so
/// that whoever sees the first sees the second.
#[derive(Default)]
struct Pointer {
    first: AtomicPtr<()>,
    second: AtomicPtr<()>,
}

impl Pointer {
    fn publish(&self, address: Address) {
        self.second.store(address.0[1], Ordering::Relaxed);
        self.first.store(address.0[0], Ordering::Release);
    }

    /// # Safety
    /// What was published, if anything, must be `NONE` or the address of a `T`, this very `T`, that is alive for `'a`.
    #[inline]
    #[allow(unsafe_code)]
    unsafe fn get<'a, T: ?Sized>(&self) -> Option<&'a T> {
        let first = self.first.load(Ordering::Acquire);
        if first.is_null() {
            return None;
        }
        let words = [first, self.second.load(Ordering::Relaxed)];
        // SAFETY: the caller says that these bytes are those of a `*const T`, and that its object is alive.
        Some(unsafe { &*std::mem::transmute_copy::<[*mut (); 2], *const T>(&words) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn single<T: ?Sized + Send + Sync + 'static>(object: Arc<T>) -> CellKind {
        CellKind::Single(Shared::new(object))
    }

    trait Speak: Send + Sync {
        fn speak(&self) -> String;
    }

    struct Dog(String);
    impl Speak for Dog {
        fn speak(&self) -> String {
            format!("{} barks", self.0)
        }
    }

    /// Thin, wide by vtable, wide by length, of no size: all come back as they went in.
    #[test]
    fn cells_return_the_object_that_was_put_in() {
        static THIN: Slot<String> = Slot::new();
        static DYNAMIC: Slot<dyn Speak> = Slot::new();
        static SLICE: Slot<[u8]> = Slot::new();
        static UNIT: Slot<()> = Slot::new();
        let count =
            [THIN.any(), DYNAMIC.any(), SLICE.any(), UNIT.any()].map(AnySlot::intern).into_iter().max().unwrap() + 1;
        let cells = Cells::new(count);
        assert!(cells.pointer(&THIN).is_none());
        assert!(cells.fill(THIN.any(), single(Arc::new("thin".to_owned()))));
        assert!(cells.fill(DYNAMIC.any(), single::<dyn Speak>(Arc::new(Dog("Rex".into())))));
        assert!(cells.fill(SLICE.any(), single::<[u8]>(Arc::from(vec![1, 2, 3]))));
        assert!(cells.fill(UNIT.any(), single(Arc::new(()))));
        assert_eq!(cells.pointer(&THIN).unwrap(), "thin");
        assert_eq!(cells.pointer(&DYNAMIC).unwrap().speak(), "Rex barks");
        assert_eq!(cells.pointer(&SLICE).unwrap(), [1, 2, 3]);
        assert_eq!(cells.pointer(&UNIT), Some(&()));
        assert!(std::ptr::eq(cells.pointer(&THIN).unwrap(), &**cells.shared(&THIN).unwrap()));
    }

    #[test]
    fn cells_are_written_once_and_by_their_own_type() {
        static TEXT: Slot<String> = Slot::new();
        let number = TEXT.any().intern();
        let cells = Cells::new(number + 1);
        assert!(!cells.fill(TEXT.any(), single(Arc::new(7_u32))), "another type");
        assert!(cells.fill(TEXT.any(), single(Arc::new("first".to_owned()))));
        assert!(!cells.fill(TEXT.any(), single(Arc::new("second".to_owned()))));
        assert_eq!(cells.pointer(&TEXT).unwrap(), "first");
    }

    /// A slot that no application has numbered leads nowhere.
    #[test]
    fn cells_of_an_unknown_slot_are_empty() {
        static LATE: Slot<String> = Slot::new();
        assert!(Cells::new(0).pointer(&LATE).is_none());
    }
}
