//! The attribute macros of Partitura. This file is the door: each macro is one line here and one folder beside it,
//! with the layers parse, model, check and expand. Everything below works on `proc_macro2`, so that it can be tested
//! without a compiler around it.

mod agent;
mod app;
mod behavior;
mod config;
mod controller;
mod event_set;
mod folder;
mod handler;
mod injectable;
mod message;
mod module;
mod orchestrate;
mod problem;
mod route;
mod support;
mod validate;

#[cfg(test)]
mod tests;

use proc_macro::TokenStream;

use message::Kind;

/// Declares a handler: a plain async fn, the message first, then what it needs.
///
/// A command or a query is taken by value and has exactly one handler; an event is taken by reference and may have
/// many.
///
/// Keys: `timeout = "5s"`; `allow("role", Policy)` or `public`; `behaviors(A, B)`, outermost first; `idempotent`, and with it
/// `retries = 3, backoff = "100ms"`; `topic = "orders.*.#"` for events; `route(post, "/accounts")`, more than once if there are several; `agent` or `agent(title = "..", destructive = false)` for a tool of agents;
/// `for = [A, B]` for the instances of a generic handler; `crate = path`.
#[proc_macro_attribute]
pub fn handler(args: TokenStream, item: TokenStream) -> TokenStream {
    handler::expand(args.into(), item.into()).into()
}

/// Makes a struct injectable: its fields are injected, `#[init(expr)]` gives the others a value.
///
/// Keys: `as dyn Trait`, `scoped` or `transient` (default: a singleton), `named = "x"`, `many`, `for = [A, B]`,
/// `dispose = path`, `crate = path`.
#[proc_macro_attribute]
pub fn injectable(args: TokenStream, item: TokenStream) -> TokenStream {
    injectable::expand_struct(args.into(), item.into()).into()
}

/// Makes a fn a provider of what it returns. The keys are those of `#[injectable]`.
#[proc_macro_attribute]
pub fn provider(args: TokenStream, item: TokenStream) -> TokenStream {
    injectable::expand_fn(args.into(), item.into()).into()
}

/// Makes an impl block a controller: each method with `#[get("/{id}")]`, `#[post]`, `#[put]`, `#[patch]`, `#[delete]`, `#[head]`,
/// `#[options]` or `#[any]` answers requests. The type is injectable; a method takes `&self`, then extractors by value and
/// dependencies by reference, and answers with anything that is a response.
///
/// Keys, behind the prefix: `version = "v1"`, which stands before it; `allow("role")` or `public`, `timeout = "5s"`, which a method may
/// say otherwise; `layers(expr, ..)`, tower layers, outermost first, around those of the methods; `crate = path`.
#[proc_macro_attribute]
pub fn controller(args: TokenStream, item: TokenStream) -> TokenStream {
    match cfg!(feature = "http") {
        true => controller::expand(args.into(), item.into()).into(),
        false => controller::unavailable(&item.into()).into(),
    }
}

/// The attributes of methods. A controller takes them away; what is left of them stands elsewhere, and is told so.
macro_rules! methods {
    ($($(#[$docs:meta])* $method:ident)*) => {$(
        $(#[$docs])*
        /// Keys, behind the path: `allow("role")` or `public`, `timeout = "5s"`, `layers(expr, ..)`.
        #[proc_macro_attribute]
        pub fn $method(_: TokenStream, item: TokenStream) -> TokenStream {
            controller::stray(stringify!($method), &item.into()).into()
        }
    )*};
}

methods! {
    /// A method of a [`macro@controller`] that answers `GET`, and `HEAD` without the body: `#[get("/{id}")]`.
    get
    /// A method of a [`macro@controller`] that answers `POST`.
    post
    /// A method of a [`macro@controller`] that answers `PUT`.
    put
    /// A method of a [`macro@controller`] that answers `PATCH`.
    patch
    /// A method of a [`macro@controller`] that answers `DELETE`.
    delete
    /// A method of a [`macro@controller`] that answers `HEAD`.
    head
    /// A method of a [`macro@controller`] that answers `OPTIONS`.
    options
    /// A method of a [`macro@controller`] that answers every method that no other route of its path does.
    any
}

/// Fills a struct from a section of the configuration and makes it injectable: `#[config(section = "db")]`.
#[proc_macro_attribute]
pub fn config(args: TokenStream, item: TokenStream) -> TokenStream {
    config::expand(args.into(), item.into()).into()
}

/// A message that changes something. Keys of `#[command(..)]`: `name = ".."`, `version = 2`, `local`,
/// `contract, reply = Type`, `crate = path`. Rules: `#[validate(..)]` on the fields, `#[validate(with = path)]` on the type.
#[proc_macro_derive(Command, attributes(command, validate))]
pub fn command(item: TokenStream) -> TokenStream {
    message::expand(Kind::Command, item.into()).into()
}

/// A message that reads. Keys of `#[query(..)]`: those of `#[command(..)]`.
#[proc_macro_derive(Query, attributes(query, validate))]
pub fn query(item: TokenStream) -> TokenStream {
    message::expand(Kind::Query, item.into()).into()
}

/// A message that says what happened. Keys of `#[event(..)]`: `name = ".."`, `version = 2`, `local`,
/// `topic = "orders.{region}.placed"`, `crate = path`.
#[proc_macro_derive(Event, attributes(event, validate))]
pub fn event(item: TokenStream) -> TokenStream {
    message::expand(Kind::Event, item.into()).into()
}

/// Code around handlers: `async fn audit<M: Message>(message: &M, cx: &Context, next: Next<'_, M>, log: &AuditLog) ->
/// Result<M::Reply>`, or a struct, whose fields are injected, with a method `around` of that form.
///
/// An application lists it (`app! { Bank { behaviors: [audit] } }`), or a handler names it (`#[handler(behaviors(audit))]`).
/// Keys: `scoped` on a struct, `crate = path`.
#[proc_macro_attribute]
pub fn behavior(args: TokenStream, item: TokenStream) -> TokenStream {
    behavior::expand(args.into(), item.into()).into()
}

/// An enum over several events, each variant of which holds one, or an `Arc` of one: a handler takes it by reference and
/// is told of all of them.
#[proc_macro_derive(EventSet, attributes(event_set))]
pub fn event_set(item: TokenStream) -> TokenStream {
    event_set::expand(item.into()).into()
}

/// An error of the application with a kind, a code and a text for each variant:
/// `#[problem(kind = conflict, code = "bank.taken", message = "{0} is taken")]`. It writes `Display` and `Error`, too, unless there are
/// attributes of a derive that does, `#[error(..)]` or `#[display(..)]`.
#[proc_macro_derive(Problem, attributes(problem))]
pub fn problem(item: TokenStream) -> TokenStream {
    problem::expand(item.into()).into()
}

/// Rules of a type that stands inside of messages: `#[validate(..)]` on its fields, with `required`, `length`, `range`,
/// `pattern`, `email`, `url`, `nested`, `each`, `custom`, each with `when`, `code` and `message`; on the type
/// `#[validate(with = path)]` and `#[validate(crate = path)]`.
///
/// A message needs no derive for its rules.
#[proc_macro_derive(Validate, attributes(validate))]
pub fn validate(item: TokenStream) -> TokenStream {
    validate::expand(item.into()).into()
}

/// Makes a module a plan: its fns with `#[step]` run in the order that `after`, `before` and what they take and give say, those
/// without an order between them at the same time. The plan is the message `Run` of the module.
///
/// Keys: `input = T`, `output = T`, `on = start` or `on = stop`, `sequential`, `limit = 4`, `exclusive`, `timeout = "5m"`,
/// `undo_within = "30s"`, `allow("role", Policy)` or `public`, `name = "startup"`, `crate = path`.
#[proc_macro_attribute]
pub fn orchestrate(args: TokenStream, item: TokenStream) -> TokenStream {
    orchestrate::expand(args.into(), item.into()).into()
}

/// A step of a plan: a fn in an `#[orchestrate] mod`, or the fn `execute` of a file of a `folder!`.
///
/// Keys: `after = name` or `after = [a, b]`, `before`, `retries = 3`, `backoff = "100ms"`, `timeout = "5s"`, `when = name`,
/// `on_failure = compensate`, `halt` or `continue`, `compensate = name`. Those of a file: `retries`, `backoff`, `timeout`,
/// `on_failure`.
#[proc_macro_attribute]
pub fn step(args: TokenStream, item: TokenStream) -> TokenStream {
    orchestrate::expand_step(args.into(), item.into()).into()
}

/// Names a module and its contract: `module! { name: "accounts", imports: [..], exports: [..], handles: [..] }`.
#[proc_macro]
pub fn module(input: TokenStream) -> TokenStream {
    module::expand(input.into()).into()
}

/// Declares a module for each file of a folder, in number order and without the numbers: `folder!(pub models = "src/models")`
/// makes `1_user.rs` the module `models::user`. With `orchestrate`, the `execute` of each runs in that order, and the whole is
/// the message `models::Run`.
///
/// Keys: `orchestrate`, `strict` (no gap in the numbers), `exclusive`, `allow("role", Policy)` or `public`, `crate = path`.
/// The folder is named from the package's Cargo.toml, and watched by a line in build.rs: `partitura_build::watch("src/models")`.
#[proc_macro]
pub fn folder(input: TokenStream) -> TokenStream {
    folder::expand(input.into()).into()
}

/// Composes an application: `app! { pub Bank { modules: [accounts, mail] } }`.
#[proc_macro]
pub fn app(input: TokenStream) -> TokenStream {
    app::expand(input.into()).into()
}
