//! The tables that the linker fills: none, some, entries in other places of the crate, and two of one name.
#![allow(missing_docs)]
// The lint of a strict house must not see what the macros write.
#![forbid(unsafe_code)]

use partitura_runtime::__private::*;

fn build(_: &Context) -> BoxFuture<'_, Result<Made>> {
    Box::pin(async { Err(Error::not_found("nobody builds it")) })
}

macro_rules! element {
    ($module:ident $name:literal) => {
        const _: () = {
            use crate::$module as __partitura;
            const THIS: Holder = Holder::singleton($name, place!());
            static SLOT: Slot<u8> = Slot::new();
            __partitura::entry! { Entry::Provider(Provider::new(&THIS, &SLOT, $name, &[], build)) }
        };
    };
}

mod empty {
    partitura_runtime::__private::entries! { $ TABLES_EMPTY "TABLES_EMPTY" }
}

mod full {
    partitura_runtime::__private::entries! { $ TABLES_FULL "TABLES_FULL" }
}

mod elsewhere {
    use super::*;
    element! { full "one" }
    element! { full "two" }
}
element! { full "three" }

fn generic<T>() -> usize {
    element! { full "in a fn that nobody calls" }
    size_of::<T>()
}

#[test]
fn a_table_has_its_elements_and_no_others() {
    let _ = generic::<u8>;
    assert_eq!(empty::ENTRIES.entries().len(), 0);
    let mut lines: Vec<_> = full::ENTRIES.entries().iter().map(|entry| entry.place().line).collect();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!((full::ENTRIES.entries().len(), lines.len()), (4, 4), "{lines:?}");
}

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd", target_os = "openbsd"))]
mod twice {
    pub(crate) mod one {
        partitura_runtime::__private::entries! { $ TABLES_TWICE "TABLES_TWICE" }
    }
    pub(crate) mod other {
        partitura_runtime::__private::entries! { $ TABLES_TWICE "TABLES_TWICE" }
    }

    #[test]
    #[should_panic(expected = "two modules have the table `TABLES_TWICE`")]
    fn two_tables_of_one_name_are_refused() {
        let _ = other::ENTRIES.entries();
        one::ENTRIES.entries();
    }
}
