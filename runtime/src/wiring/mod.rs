//! The facts that the macros write as trait impls on a module's marker. The trait solver is the wiring checker: a fact
//! that is missing or doubled is a compile error at the user's own token.

pub mod node;
pub mod place;
#[doc(hidden)]
pub mod text;

use std::future::Future;

use serde_json::Value;

use crate::access::PolicyCall;
use crate::behavior::{Chain, Infos};
use crate::container::key::{AnySlot, Key};
use crate::container::need::Need;
use crate::context::Context;
use crate::entry::{self, HandlerTypes};
use crate::error::Result;
use crate::message::{Clones, Reply, Request};
use crate::module::{ContractLink, Module};
use crate::route::ReplyFacts;
use crate::stream::Streaming;
use node::{Lifetime, Ref};

pub use answer::{MadeOrFailed, NoResult, Whole, made_or_failed, provides_no_result};
pub mod answer;
pub use remote::Remote;
pub mod remote;
pub use surround::{Surround, access_declared, copied};
pub mod surround;

/// A module: the unit struct that `module!` puts in the hidden module at a crate's root, named as the module is.
pub trait Marker: Sized + Send + Sync + 'static {
    /// The module's name, imports, exports and entries.
    const MODULE: &'static Module;
}

/// The module handles `M`. Written by `#[handler]`.
#[diagnostic::on_unimplemented(
    message = "nothing handles `{M}` [PT0101]",
    label = "no `#[handler]` of this module takes `{M}` by value",
    note = "write `#[handler] pub async fn name(message: {M}, ..) -> Result<..>` in this crate; if another crate handles it, make it a contract: `#[command(contract, reply = ..)]`"
)]
pub trait Handles<M: Request>: Sized + 'static {
    /// What the handler answers with.
    type Reply: Reply<M::Wire>;
    /// Its own behaviors, outermost first.
    type Behaviors: Chain<M>;
    /// What it needs.
    const NEEDS: &'static [Need] = &[];
    /// Whether some of it is made for each message, so that a scope must be prepared.
    const SCOPED: bool = Need::are_scoped(Self::NEEDS)
        || Need::are_scoped(Self::AROUND.policies)
        || Infos::are_scoped(Self::Behaviors::INFOS);
    /// Milliseconds after which it is cancelled; 0 for as long as its caller has.
    const TIMEOUT_MS: u64 = 0;
    /// What stands around it.
    const AROUND: Surround = Surround::NONE;
    /// The policies that `AROUND` names.
    const POLICIES: &'static [PolicyCall<M>] = &[];
    /// How the message is copied, if it is generic and its instance is `Clone`: the derive sees no instance.
    const COPY: Clones<M> = None;
    /// Whether it only passes the message on to its handler, around which everything stands.
    const PASSES_ON: bool = false;
    /// How the items of a handler that streams become JSON.
    const STREAM: Option<fn(Self::Reply) -> Streaming<Value>> = None;
    /// What its reply says of itself, for its routes.
    const FACTS: Option<fn(&Self::Reply) -> ReplyFacts> = None;
    /// Named by `module! { handles: [..] }` to ask for this impl.
    const HANDLED: () = ();
    /// What its entry in the module's table says of it.
    const TYPES: HandlerTypes = entry::types::<Self, M>();

    /// Calls the handler with what it needs, in `cx`, which is the message's own context if the handler asked for one
    /// or needs something scoped.
    fn handle(message: M, cx: &Context) -> impl Future<Output = Result<Self::Reply>> + Send;

    /// Calls the handler from its sender's context. A handler that takes `&Context` has its own made here.
    #[inline]
    fn enter(message: M, cx: &Context) -> impl Future<Output = Result<Self::Reply>> + Send {
        Self::handle(message, cx)
    }
}

/// The module's handler may take `M`: always for its own messages, and for a contract message that it lists.
#[diagnostic::on_unimplemented(
    message = "`{M}` belongs to another module, and so does its handler [PT0103]",
    label = "this module may not handle `{M}`",
    note = "move the handler to the crate that declares `{M}`, or make `{M}` a contract there: `#[command(contract, reply = ..)]`"
)]
pub trait Accepts<M, By> {
    /// Where an application puts the handler, if the message is a contract.
    const LINK: Option<fn() -> ContractLink>;
}

// Written once for all modules, and not recommended: that a module may handle its own messages helps nobody who has
// written a handler of another's.
#[diagnostic::do_not_recommend]
impl<M: Request, K: Marker> Accepts<M, K> for K {
    const LINK: Option<fn() -> ContractLink> = None;
}

/// The module lists the contract message `M` among those that it handles. Written by `module!`.
#[diagnostic::on_unimplemented(
    message = "the contract message `{M}` is handled here, and this module does not list it [PT0104]",
    label = "not listed in `handles`",
    note = "list it: `partitura::module! {{ handles: [{M}] }}` (beside `app!`: with `crate` in its `modules`)"
)]
pub trait Lists<M> {}

/// The module provides `T`: it has an injectable or a provider of it, or imports it.
#[diagnostic::on_unimplemented(
    message = "nothing in this module provides `{T}` [PT0102]",
    label = "no `#[injectable]` or `#[provider]` of this module makes one",
    note = "put `#[injectable]` on the type that provides it, or import it: `partitura::module! {{ imports: [{T}] }}` (beside `app!`: with `crate` in its `modules`)"
)]
pub trait Provides<T: ?Sized + 'static, Form = Needed> {
    /// Where the object is found, how long it lives, and its node in the graph.
    const KEY: Key<T>;
}

/// How [`Provides`] is asked for: it must be there.
pub struct Needed;

/// How [`Provides`] is asked for: there may be none.
pub struct Optional;

/// How [`Provides`] is asked for: one that nobody else has.
pub struct Fresh;

/// The ways of taking what is shared: a provider has one impl for both, so that two providers are told once.
pub trait Shared {}
impl Shared for Needed {}
impl Shared for Optional {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized + 'static, M: Provides<T, Optional>> MayProvide<T> for M {
    const KEY: Key<T> = M::KEY;
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized + 'static, M: Provides<T, Fresh>> Makes<T> for M {
    const KEY: Key<T> = M::KEY;
}

/// The module provides `T` under a name.
#[diagnostic::on_unimplemented(
    message = "nothing in this module provides `{T}` under this name [PT0105]",
    label = "no provider of `{T}` has this name",
    note = "give it to one: `#[injectable(as {T}, named = \"..\")]`"
)]
pub trait ProvidesNamed<T: ?Sized + 'static, N> {
    /// As in [`Provides::KEY`].
    const KEY: Key<T>;
}

/// The module provides `T`, or imports it as `Option<T>`.
#[diagnostic::on_unimplemented(
    message = "this module neither provides `{T}` nor imports it as optional [PT0102]",
    label = "nothing says whether there may be one",
    note = "import it: `partitura::module! {{ imports: [Option<{T}>] }}` (beside `app!`: with `crate` in its `modules`), or put `#[injectable]` on the type that provides it"
)]
pub trait MayProvide<T: ?Sized + 'static> {
    /// As in [`Provides::KEY`].
    const KEY: Key<T>;
}

/// The name of a provider as a type: one character each, so that an error can show it.
pub struct Name<
    const A: char,
    const B: char = ' ',
    const C: char = ' ',
    const D: char = ' ',
    const E: char = ' ',
    const F: char = ' ',
    const G: char = ' ',
    const H: char = ' ',
    const I: char = ' ',
    const J: char = ' ',
    const K: char = ' ',
    const L: char = ' ',
    const M: char = ' ',
    const N: char = ' ',
    const O: char = ' ',
    const P: char = ' ',
>;

/// The application provides `T` to the modules that import it. Written by `app!` for each export of its modules.
#[diagnostic::on_unimplemented(
    message = "the application has no provider of `{T}` [PT0110]",
    label = "this module imports `{T}`, and none that is listed exports it",
    note = "list a module that exports `{T}`, or export it: `partitura::module! {{ exports: [{T}] }}` (beside `app!`: with `crate` in its `modules`); in a test, `fakes: [{T}]`"
)]
pub trait AppProvides<T: ?Sized> {
    /// The provider's node.
    const NODE: Ref;
}

/// The application handles the contract message `M`. Written by `app!` for each entry of its modules' `handles`.
#[diagnostic::on_unimplemented(
    message = "no module of the application handles the contract message `{M}` [PT0111]",
    label = "this module declares `{M}`, and none that is listed handles it",
    note = "list the module whose `module! {{ handles: [{M}] }}` says that it does"
)]
pub trait AppHandles<M> {
    /// Named to ask for this impl.
    const HANDLED: () = ();
}

/// The module belongs to the application `App`. Written by `app!` for each entry of its list.
pub trait Linked<App> {
    /// The module.
    const MODULE: &'static Module;
    /// The nodes of its exports.
    const EXPORTS: &'static [Ref];
    /// Its imports and what the application gives for them.
    const LINKS: &'static [node::Link];
}

/// The module provides the controller `T`. Written by `#[controller]` as a question, and answered by `#[injectable]`.
#[diagnostic::on_unimplemented(
    message = "the controller `{T}` is not injectable [PT0420]",
    label = "no `#[injectable]` of this module makes one",
    note = "put `#[injectable]` on the struct `{T}`, beside which `#[controller(..)]` stands on its `impl`"
)]
pub trait Controls<T: ?Sized + 'static> {
    /// As in [`Provides::KEY`].
    const KEY: Key<T>;
}

#[diagnostic::do_not_recommend]
impl<T: ?Sized + 'static, M: Provides<T, Needed>> Controls<T> for M {
    const KEY: Key<T> = M::KEY;
}

/// The module makes a fresh `T` for each use.
#[diagnostic::on_unimplemented(
    message = "nothing in this module makes a fresh `{T}`, to be taken by value [PT0102]",
    label = "no `#[injectable(transient)]` of this module makes one",
    note = "what is shared is taken as `&{T}`, or kept in a field as `Arc<{T}>`; a field that is no dependency gets its value by `#[init(..)]`"
)]
pub trait Makes<T: ?Sized + 'static> {
    /// As in [`Provides::KEY`].
    const KEY: Key<T>;
}

/// Refuses something that is taken by reference, or kept, and made anew for each use.
#[track_caller]
pub const fn by_reference<T: ?Sized + 'static>(key: Key<T>) {
    if matches!(key.lifetime, Lifetime::Transient) {
        node::refuse_shared_transient(key.node);
    }
}

/// Refuses something that the provider `holder` would keep for longer than it lives.
#[track_caller]
pub const fn held<T: ?Sized + 'static>(holder: &node::Holder, key: Key<T>) {
    node::check_held(holder, key.node);
}

/// The slot of an export.
pub const fn export_slot<T: ?Sized + Send + Sync + 'static>(key: Key<T>) -> &'static AnySlot {
    key.slot.any()
}

/// Refuses a `module!` within a module of Rust, where nothing would find it; `path` is where it stands.
#[track_caller]
pub const fn stands_at_root(path: &str) {
    let (path, mut at) = (path.as_bytes(), 0);
    while at < path.len() {
        assert!(
            path[at] != b':',
            "`module!` stands at the root of the crate, in `lib.rs` or `main.rs`, and says of the whole crate what it is: move it there; a `mod` needs none [PT0135]"
        );
        at += 1;
    }
}
