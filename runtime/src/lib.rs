//! The small core of Partitura: messages, container, context, modules, lifecycle, configuration and errors.
//!
//! It knows no transport and no database. Users depend on the crate `partitura`, which re-exports all that is public
//! here; the macros refer to what is in [`__private`].

pub mod app;
pub mod config;
pub mod container;
pub mod context;
pub mod entry;
pub mod entrypoint;
pub mod env;
pub mod error;
pub mod event;
pub mod future;
pub mod host;
pub mod identity;
pub mod input;
pub mod message;
pub mod module;
pub mod nearest;
pub mod problem;
pub mod rules;
pub mod telemetry;
pub mod validate;
pub mod wiring;

pub use app::{App, Builder};
pub use context::Context;
pub use env::Env;
pub use error::{Error, Failure, Kind, Result};
pub use identity::Identity;
pub use problem::Problem;

/// What generated code refers to. No part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use linkme;

    pub use crate::__entries as entries;
    pub use crate::__entry as entry;
    pub use crate::__place as place;
    pub use crate::__schema_of as schema_of;
    pub use crate::app::{Blueprint, Builder, Fake};
    pub use crate::config::{Field, Section, SectionInfo};
    pub use crate::container::all::All;
    pub use crate::container::key::{Key, Slot, Unshared};
    pub use crate::container::need::Need;
    pub use crate::container::provider::{Made, Provider};
    pub use crate::container::scope::fresh;
    pub use crate::context::{Context, kept, nested, optional, optional_kept, provided};
    pub use crate::entry::*;
    pub use crate::error::{Error, Kind, Result};
    pub use crate::future::{Answer, BoxFuture};
    pub use crate::message::{
        Command, Decode, Event, Local, Message, MessageInfo, MessageKind, Outcome, Query, Request, Wired,
    };
    pub use crate::module::{ContractLink, Entry, Export, Import, LINKED, Module};
    pub use crate::problem::{PROBLEMS, Problem, ProblemType};
    pub use crate::validate::generated as rule;
    pub use crate::validate::{
        Bounds, HasItems, HasLength, HasNumber, HasText, Pattern, Report, Rules, Validate, Verdict,
    };
    pub use crate::wiring::node::{Holder, Lifetime, Link, Node, Ref, check_application, check_provider};
    pub use crate::wiring::remote::{Contract, ContractHandler, Remote};
    pub use crate::wiring::*;

    /// Fails with everything that `verify` refuses. Called by the test that `app!` generates.
    #[track_caller]
    pub fn assert_wired(blueprint: &'static Blueprint) {
        let findings = blueprint.verify();
        let errors: Vec<String> = findings
            .iter()
            .filter(|finding| finding.severity == crate::app::Severity::Error)
            .map(ToString::to_string)
            .collect();
        assert!(errors.is_empty(), "`{}` is not wired:\n{}", blueprint.name, errors.join("\n"));
    }
}

/// A fn that answers with the JSON Schema of a type, if the type has one.
#[doc(hidden)]
#[macro_export]
macro_rules! __schema_of {
    ($ty:ty) => {
        || {
            use $crate::__private::{HasNoSchema as _, HasSchema as _};
            (&$crate::__private::SchemaOf::<$ty>::new()).schema()
        }
    };
}

/// The table of one module. Declared through this macro, because the lint `unsafe_code` of a user's crate must not see
/// the link section that it gets.
#[doc(hidden)]
#[macro_export]
macro_rules! __entries {
    ($name:ident) => {
        #[$crate::__private::linkme::distributed_slice]
        #[linkme(crate = $crate::__private::linkme)]
        pub static $name: [$crate::__private::Entry];
    };
}

/// One element of a module's table. Here, and not in each expansion: where there is no hidden module, its path leads
/// nowhere, and the compiler would tell the attribute that linkme reads as unknown, too.
#[doc(hidden)]
#[macro_export]
macro_rules! __entry {
    ($entries:path, $($value:tt)*) => {
        #[$crate::__private::linkme::distributed_slice($entries)]
        #[linkme(crate = $crate::__private::linkme)]
        static __PARTITURA_ENTRY: $crate::__private::Entry = $($value)*;
    };
}
