//! The small core of Partitura: messages, container, context, modules, lifecycle, configuration and errors.
//!
//! It knows no transport and no database. Users depend on the crate `partitura`, which re-exports all that is public
//! here; the macros refer to what is in [`__private`].

pub mod access;
pub mod app;
pub mod behavior;
mod by_type;
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
pub mod line;
pub mod message;
pub mod module;
pub mod nearest;
pub mod overrides;
pub mod plan;
pub mod problem;
pub mod queue;
pub mod record;
pub mod reply;
pub mod route;
pub mod rules;
pub mod session;
pub mod stream;
pub mod table;
pub mod telemetry;
mod terminal;
pub mod topic;
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
    pub use serde_json::Value as Json;

    pub use crate::__at_start as at_start;
    pub use crate::__entries as entries;
    pub use crate::__place as place;
    pub use crate::access::{Access, Policy, PolicyCall, ask};
    pub use crate::app::{Blueprint, Builder, Fake, TestBuilder};
    pub use crate::behavior::{Around, Behavior, BehaviorInfo, Listed, Next, behind, behind_event, call_around, seen};
    pub use crate::config::{Field, Section, SectionInfo};
    pub use crate::container::all::All;
    pub use crate::container::key::{Key, Slot};
    pub use crate::container::need::Need;
    pub use crate::container::provider::{Made, Provider};
    pub use crate::container::scope::fresh;
    pub use crate::context::{Context, kept, nested, optional, optional_kept, provided};
    pub use crate::entry::*;
    pub use crate::entrypoint::Entrypoint;
    pub use crate::error::{Error, Kind, Result};
    pub use crate::event::{AnyEvent, EventInfo, Listens, Taken, topic_of};
    pub use crate::future::{Answer, BoxFuture};
    pub use crate::message::{
        Answered, Clones, Command, Copies, Decode, Event, Local, Message, MessageInfo, MessageKind, NotCopied, Outcome,
        Query, Request, Wired, module_hash,
    };
    pub use crate::module::{
        Agent, ContractLink, Entry, Export, Import, LINKED, Module, Mounted, for_agents, may_destroy,
    };
    pub use crate::plan::generated as plan;
    pub use crate::problem::{PROBLEMS, Problem, ProblemType};
    pub use crate::route::{
        FactsOf, Method, ReplyFacts, Route, SaysNothing, has_field, reads, resumes, routed, takes_version,
    };
    pub use crate::stream::{Outlet, Source, Streaming, items, open as open_stream, pour};
    pub use crate::table::Table;
    pub use crate::topic::Topic;
    pub use crate::validate::generated as rule;
    pub use crate::validate::{
        Bound, Bounds, HasItems, HasLength, HasNumber, HasText, Limit, Limits, Pattern, Report, Rules, Validate,
        Verdict,
    };
    pub use crate::wiring::node::{Holder, Lifetime, Link, Node, Ref, check_application, check_provider};
    pub use crate::wiring::place::Place;
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
