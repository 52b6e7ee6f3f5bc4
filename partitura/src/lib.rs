//! # Partitura
//!
//! An application framework whose wiring is written by procedural macros while you compile. You write plain async
//! functions, plain structs and plain impl blocks, and put an attribute on them: **if it compiles, it is wired.**
//!
//! ```
//! use partitura::prelude::*;
//!
//! partitura::app! { pub Quickstart { modules: [] } }
//!
//! #[derive(Serialize, Deserialize, JsonSchema, Command)]
//! pub struct Greet {
//!     pub name: String,
//! }
//!
//! #[injectable]
//! pub struct Greeter {
//!     #[init("Hello")]
//!     word: &'static str,
//! }
//!
//! #[handler]
//! pub async fn greet(command: Greet, greeter: &Greeter) -> Result<String> {
//!     Ok(format!("{}, {}!", greeter.word, command.name))
//! }
//!
//! # #[tokio::main] async fn main() {
//! let app = Quickstart::builder().build().await.unwrap();
//! assert_eq!(app.send(Greet { name: "Ada".into() }).await.unwrap(), "Hello, Ada!");
//! # }
//! ```
//!
//! The parts: messages (the derives [`Command`], [`Query`], [`Event`]), their handlers ([`handler`]), what handlers need
//! ([`injectable`], [`provider`], [`config`](macro@config)), modules ([`module!`]) and the application ([`app!`], [`Builder`],
//! [`App`]). A running message has a [`Context`]; a failure is an [`Error`] with a [`Kind`], or an enum of your own with
//! [`Problem`](derive@Problem).

pub use partitura_macros::{
    Command, Event, EventSet, Problem, Query, Validate, app, behavior, config, controller, folder, handler, injectable,
    module, orchestrate, provider, step,
};
pub use partitura_runtime::access::{Decision, Policy};
pub use partitura_runtime::app::{
    App, Blocking, Blueprint, Builder, Call, Door, Finding, Given, Severity, StartError, TestApp, TestBuilder, Track,
    Tracked, describe,
};
pub use partitura_runtime::container::all::All;
pub use partitura_runtime::context::Context;
pub use partitura_runtime::entrypoint::{self, Authenticator, Entrypoint};
pub use partitura_runtime::error::{Error, Failure, Kind, Result};
pub use partitura_runtime::event::{AnyEvent, EmitReport, Subscription};
pub use partitura_runtime::identity::Identity;
pub use partitura_runtime::queue::{JobId, JobStatus, Jobs, Priority, Spawn};
pub use partitura_runtime::session::{Session, SessionStore};
pub use partitura_runtime::stream::{COLLECT_BYTES, COLLECT_ITEMS, Streaming};
pub use partitura_runtime::{env, host, plan, record, rules, session, telemetry, topic, validate};

/// Behaviors: code around handlers, and those that come with the framework.
pub mod behavior {
    pub use partitura_runtime::behavior::{
        AnyMessage, AnyReply, Authorization, BehaviorsConfig, Cache, Deadline, Metrics, Next, Retry, Tracing,
        Validation,
    };
}

/// What the configuration says of messages, and what becomes of it while an application runs.
pub mod overrides {
    pub use partitura_runtime::app::{Next, ReloadError, Reloaded, Reloading};
    pub use partitura_runtime::config::Change;
    pub use partitura_runtime::overrides::{Admission, CODE};
}

/// The queue of one-way messages.
pub mod queue {
    pub use partitura_runtime::queue::{IntoSpawn, JobId, JobStatus, Jobs, Priority, QueueConfig, Spawn, State};
}

/// Layered configuration: files, environment, flags, each value with its origin.
pub mod config {
    pub use partitura_runtime::config::*;
}

/// Messages and their kinds, as traits for generic code.
pub mod message {
    pub use partitura_runtime::message::{Command, Event, Message, MessageInfo, MessageKind, Query, Request};
}

/// The facts that the macros write of a module, as traits on its marker: here, so that the compiler can name them where
/// one is missing or doubled. Nobody writes an impl of them by hand.
pub mod wiring {
    pub use partitura_runtime::message::{Decode, Outcome, Reply};
    pub use partitura_runtime::wiring::{
        Accepts, AppHandles, AppProvides, Controls, Fresh, Handles, Linked, Lists, Makes, MayProvide, Name, Needed,
        Optional, Provides, ProvidesNamed, Remote, Shared, remote::Promised,
    };
}

/// Replies that say something of themselves: a page of many, a version.
pub mod reply {
    pub use partitura_runtime::input::file::File;
    pub use partitura_runtime::reply::{Page, Versioned, unchanged};
}

/// HTTP, on axum.
#[cfg(feature = "http")]
pub mod http {
    pub use partitura_http::*;
    pub use partitura_macros::{any, controller, delete, get, head, options, patch, post, put};
}

/// The Model Context Protocol: messages as tools of agents.
#[cfg(feature = "mcp")]
pub mod mcp {
    pub use partitura_mcp::*;
}

/// The framed protocol of sockets and WebSockets, and its client.
#[cfg(any(feature = "socket", feature = "websocket"))]
pub mod wire {
    pub use partitura_wire::*;
}

/// The Unix socket, and how another process speaks to it.
#[cfg(all(feature = "socket", unix))]
pub mod socket {
    pub use partitura_socket::*;
}

/// One message, every entrypoint, one answer: the proof of it for an application.
#[cfg(feature = "parity")]
pub mod parity {
    pub use partitura_parity::*;
}

/// The verb `shell`, for a program that lists its entrypoints itself.
#[cfg(all(feature = "shell", unix))]
pub mod shell {
    pub use partitura_shell::*;
}

/// What most files of an application need.
///
/// `Result` is not among them: bring `partitura::Result` in by name where it reads well, or use your own.
pub mod prelude {
    pub use std::sync::Arc;

    #[cfg(feature = "http")]
    pub use partitura_http::HttpApp as _;
    pub use partitura_macros::{
        Command, Event, EventSet, Problem, Query, Validate, behavior, config, controller, handler, injectable,
        orchestrate, provider, step,
    };
    #[cfg(feature = "http")]
    pub use partitura_macros::{any, delete, get, head, options, patch, post, put};
    pub use partitura_runtime::access::{Decision, Policy};
    pub use partitura_runtime::behavior::{Authorization, Cache, Deadline, Metrics, Next, Retry, Tracing, Validation};
    pub use partitura_runtime::config::Secret;
    pub use partitura_runtime::container::all::All;
    pub use partitura_runtime::context::Context;
    pub use partitura_runtime::error::{Error, Kind, Result};
    pub use partitura_runtime::event::AnyEvent;
    pub use partitura_runtime::identity::Identity;
    pub use partitura_runtime::message::Message;
    pub use partitura_runtime::reply::{Page, Versioned};
    pub use partitura_runtime::stream::{Stream, Streaming};
    pub use schemars::JsonSchema;
    pub use serde::{Deserialize, Serialize};
}

/// What generated code refers to. No part of the public API.
#[doc(hidden)]
pub mod __private {
    pub use partitura_runtime::__private::*;

    pub use crate::__app_main as app_main;

    #[cfg(feature = "http")]
    pub use partitura_http::generated as http;

    /// The command line of an application.
    #[cfg(feature = "cli")]
    pub fn main(blueprint: &'static Blueprint) -> std::process::ExitCode {
        partitura_cli::main(blueprint, entrypoints())
    }

    /// The same, with entrypoints of the program's own in the place of those of the same name.
    #[cfg(feature = "cli")]
    pub fn main_with(
        blueprint: &'static Blueprint,
        own: Vec<std::sync::Arc<dyn partitura_runtime::entrypoint::Entrypoint>>,
    ) -> std::process::ExitCode {
        let mut all = entrypoints();
        all.retain(|entrypoint| own.iter().all(|own| own.name() != entrypoint.name()));
        all.extend(own);
        partitura_cli::main(blueprint, all)
    }

    /// The entrypoints of the features that are on.
    #[cfg(feature = "cli")]
    pub(crate) fn entrypoints() -> Vec<std::sync::Arc<dyn partitura_runtime::entrypoint::Entrypoint>> {
        vec![
            #[cfg(feature = "http")]
            std::sync::Arc::new(partitura_http::Http::new()),
            #[cfg(feature = "mcp")]
            std::sync::Arc::new(partitura_mcp::Mcp::new()),
            #[cfg(all(feature = "socket", unix))]
            std::sync::Arc::new(partitura_socket::Socket::new()),
            #[cfg(feature = "parity")]
            std::sync::Arc::new(partitura_parity::Verb::default()),
            #[cfg(all(feature = "shell", unix))]
            std::sync::Arc::new(partitura_shell::Shell::new()),
        ]
    }
}

/// `Bank::main()`, if there is a command line.
#[cfg(feature = "cli")]
#[doc(hidden)]
#[macro_export]
macro_rules! __app_main {
    ($app:ident) => {
        impl $app {
            /// The command line of the application: serve, execute, ls, describe, check, config.
            #[must_use = "this is the exit code, without which a failure ends as a success: `fn main() -> std::process::ExitCode`"]
            pub fn main() -> ::std::process::ExitCode {
                $crate::__private::main(Self::BLUEPRINT)
            }

            /// The same, with entrypoints of the program's own in the place of those of the same name.
            #[must_use = "this is the exit code, without which a failure ends as a success: `fn main() -> std::process::ExitCode`"]
            pub fn main_with(
                entrypoints: ::std::vec::Vec<::std::sync::Arc<dyn $crate::__private::Entrypoint>>,
            ) -> ::std::process::ExitCode {
                $crate::__private::main_with(Self::BLUEPRINT, entrypoints)
            }
        }
    };
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    /// Else `entrypoints = [".."]` of a message could not name it.
    #[test]
    fn each_entrypoint_is_one_of_the_doors() {
        let doors = crate::entrypoint::DOORS;
        assert!(doors.contains(&"cli"));
        for entrypoint in crate::__private::entrypoints().iter().filter(|entrypoint| entrypoint.opens()) {
            assert!(doors.contains(&entrypoint.name()), "`{}` is not in `DOORS`", entrypoint.name());
        }
    }
}

/// Nothing, without the feature `cli`.
#[cfg(not(feature = "cli"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __app_main {
    ($app:ident) => {};
}

/// Guides to HTTP, compiled and run.
#[cfg(all(doctest, feature = "http"))]
mod guides_to_http {
    #[doc = include_str!("../../docs/http.md")]
    struct Http;
    #[doc = include_str!("../../docs/moving-from-axum.md")]
    struct MovingFromAxum;
}

/// The guide to agents, compiled and run.
#[cfg(all(doctest, feature = "mcp"))]
mod guides_to_agents {
    #[doc = include_str!("../../docs/mcp.md")]
    struct Mcp;
}

/// The guide to the socket, compiled and run.
#[cfg(all(doctest, feature = "socket"))]
mod guides_to_sockets {
    #[doc = include_str!("../../docs/socket.md")]
    struct Socket;
}

/// The guide to the WebSocket, compiled and run.
#[cfg(all(doctest, feature = "websocket"))]
mod guides_to_websockets {
    #[doc = include_str!("../../docs/websocket.md")]
    struct WebSocket;
}

/// README and guides, compiled and run.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../docs/wiring.md")]
    struct Wiring;
    #[doc = include_str!("../../docs/configuration.md")]
    struct Configuration;
    #[doc = include_str!("../../docs/behaviors.md")]
    struct Behaviors;
    #[doc = include_str!("../../docs/sessions.md")]
    struct Sessions;
    #[doc = include_str!("../../docs/events.md")]
    struct Events;
    #[doc = include_str!("../../docs/queue.md")]
    struct Queue;
    #[doc = include_str!("../../docs/testing.md")]
    struct Testing;
    #[doc = include_str!("../../docs/streams.md")]
    struct Streams;
    #[doc = include_str!("../../docs/plans.md")]
    struct Plans;
    #[doc = include_str!("../../docs/command-line.md")]
    struct CommandLine;
    #[doc = include_str!("../../docs/validation.md")]
    struct Validation;
}
