//! The table of one module: its elements are statics of one link section, which the linker puts side by side.
//!
//! [`entries!`](crate::__entries) declares a table and the macro that writes one element of it. On platforms of ELF both
//! are written here, because each element costs the compiler as much as the macros that write it; elsewhere by linkme,
//! which does the same for every object format. Which one it is, is decided where the runtime is compiled.
//!
//! # Why the table is a slice
//!
//! `Table::entries` makes a `&'static [Entry]` of the bounds of the section. That holds because
//!
//! - every static in the section is an `Entry`, or an array of no `Entry`: the section's name is known to the two macros
//!   below only, it is a hash of what makes a crate, and both write the type themselves;
//! - between two of them nothing lies: a static that names its section is aligned as its type is and not further (LLVM
//!   raises the alignment of others only), and the size of a type is a multiple of its alignment. A remainder is refused;
//! - all of them are of one declaration, so of one version of the runtime: a second declaration of the same section, by
//!   another copy of the crate, adds a second mark to the section of marks, and is refused;
//! - none is lost: `#[used]` keeps it in the object, rustc hands the object to the linker for it, and marks its section as
//!   one to retain (`SHF_GNU_RETAIN`), whatever the linker thinks of sections that are named by their bounds only. The
//!   empty array makes the section where a module has no element; it is `mut` so that its section has the flags of one
//!   with addresses in it;
//! - nothing is written to it: `Entry` has no interior that changes.

// The proof is above, and what it says of the elements is in the two macros.
#![allow(unsafe_code)]

use crate::module::Entry;

// SAFETY: each of its variants is `Sync`: the match below asks. Said by hand, because of every static the compiler asks whether
// its type is: for each of a thousand elements it would look through all fields of all variants again.
unsafe impl Sync for Entry {}
const _: fn(&Entry) = |entry| {
    const fn is_sync<T: Sync>(_: &T) {}
    match entry {
        Entry::Provider(provider) => is_sync(provider),
        Entry::Handler(handler) => is_sync(handler),
        Entry::Subscriber(subscriber) => is_sync(subscriber),
        Entry::Mounted(mounted) => is_sync(mounted),
    }
};

/// What the attributes of one module registered. Data: what each module's crate had a fn for, was a page of code to load for each
/// when an application starts.
pub struct Table(Kind);

enum Kind {
    Section(Section),
    Told(fn() -> &'static [Entry]),
}

/// The bounds of a section of entries, and of the section of its marks.
struct Section {
    name: &'static str,
    start: *const Entry,
    stop: *const Entry,
    marks: [*const u8; 2],
}

// SAFETY: addresses of immutable statics.
unsafe impl Sync for Section {}

impl Table {
    /// The table of the section from `start` to `stop`.
    ///
    /// # Safety
    /// The addresses are the linker's bounds of two sections: one in which there are statics of the type [`Entry`] only,
    /// each aligned as its type is; and one in which there is a byte for each declaration of the first.
    pub const unsafe fn new(name: &'static str, [start, stop]: [*const Entry; 2], marks: [*const u8; 2]) -> Self {
        Table(Kind::Section(Section { name, start, stop, marks }))
    }

    /// The table that a fn tells.
    pub const fn told(entries: fn() -> &'static [Entry]) -> Self {
        Table(Kind::Told(entries))
    }

    /// What the attributes registered, in the linker's order.
    ///
    /// # Panics
    /// If two copies of one crate are linked, with one name for their tables.
    pub fn entries(&self) -> &'static [Entry] {
        match &self.0 {
            Kind::Section(section) => section.entries(),
            Kind::Told(entries) => entries(),
        }
    }
}

impl Section {
    fn entries(&self) -> &'static [Entry] {
        let marks = self.marks[1] as usize - self.marks[0] as usize;
        assert!(marks == 1, "two modules have the table `{}`: a crate is linked twice", self.name);
        let bytes = self.stop as usize - self.start as usize;
        assert!(bytes.is_multiple_of(size_of::<Entry>()), "the linker did not pack the table `{}`", self.name);
        // SAFETY: see the head of this file.
        unsafe { std::slice::from_raw_parts(self.start, bytes / size_of::<Entry>()) }
    }
}

/// Declares the table of a module, `ENTRIES`, and the macro `entry` that writes one element. Through these macros,
/// because the lint `unsafe_code` of a user's crate must not see the link section. `$d` is a `$`.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_os = "openbsd"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __entries {
    ($d:tt $name:ident $section:literal $($nothing:tt)?) => {
        // With a repetition in it rustfmt lets a macro be; else it would indent the one inside further each time.
        $($nothing)?
        pub static ENTRIES: $crate::__private::Table = {
            use $crate::__private::{Entry, Table};
            unsafe extern "Rust" {
                #[link_name = concat!("__start_", $section)]
                static START: [Entry; 0];
                #[link_name = concat!("__stop_", $section)]
                static STOP: [Entry; 0];
                #[link_name = concat!("__start_MARK_", $section)]
                static MARK_START: [u8; 0];
                #[link_name = concat!("__stop_MARK_", $section)]
                static MARK_STOP: [u8; 0];
            }
            #[used]
            #[unsafe(link_section = $section)]
            static mut EMPTY: [Entry; 0] = [];
            #[used]
            #[unsafe(link_section = concat!("MARK_", $section))]
            static MARK: u8 = 1;
            // SAFETY: these are the bounds of the sections that are filled here and in `__partitura_entry` below.
            unsafe {
                Table::new(
                    $section,
                    [(&raw const START).cast(), (&raw const STOP).cast()],
                    [(&raw const MARK_START).cast(), (&raw const MARK_STOP).cast()],
                )
            }
        };

        #[allow(unused_macros)]
        macro_rules! __partitura_entry {
            ($d($d value:tt)*) => {
                #[used]
                #[unsafe(link_section = $section)]
                static __PARTITURA_ENTRY: $crate::__private::Entry = $d($d value)*;
            };
        }
        pub(crate) use __partitura_entry as entry;
    };
}

/// As above, for the other object formats.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_os = "openbsd")))]
#[doc(hidden)]
#[macro_export]
macro_rules! __entries {
    ($d:tt $name:ident $section:literal $($nothing:tt)?) => {
        // With a repetition in it rustfmt lets a macro be; else it would indent the one inside further each time.
        $($nothing)?
        #[$crate::__private::linkme::distributed_slice]
        #[linkme(crate = $crate::__private::linkme)]
        pub static $name: [$crate::__private::Entry];

        pub static ENTRIES: $crate::__private::Table = $crate::__private::Table::told(|| &$name);

        #[allow(unused_macros)]
        macro_rules! __partitura_entry {
            ($d($d value:tt)*) => {
                #[$crate::__private::linkme::distributed_slice(__partitura::$name)]
                #[linkme(crate = $crate::__private::linkme)]
                static __PARTITURA_ENTRY: $crate::__private::Entry = $d($d value)*;
            };
        }
        pub(crate) use __partitura_entry as entry;
    };
}

/// Puts a fn that is called when an application starts beside all others that are: the linker would put each beside the rest of its
/// module, and the kernel would read 64 KB of the program's file for it. Through a macro, as above; on other platforms than those
/// of ELF it is where the linker puts it.
#[doc(hidden)]
#[macro_export]
macro_rules! __at_start {
    ($($function:tt)*) => {
        #[cfg_attr(
            any(target_os = "linux", target_os = "android", target_os = "freebsd", target_os = "openbsd"),
            unsafe(link_section = ".partitura.start")
        )]
        $($function)*
    };
}
