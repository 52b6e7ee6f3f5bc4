//! The door of a contract message, whose handler lives in another crate.

use std::future::Future;
use std::sync::Arc;

use crate::container::cells::Shared;
use crate::container::key::Slot;
use crate::context::{Context, send_to};
use crate::error::{Error, Result};
use crate::future::BoxFuture;
use crate::message::{Message, MessageInfo, Reply, Request};
use crate::module::ContractLink;
use crate::wiring::{Accepts, Handles, Lists};

/// The home of every contract message: a send goes through a slot that the application fills with the handler.
pub struct Remote;

/// A message that lives in another crate than its handler. Written by `#[command(contract, reply = ..)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no contract message [PT0104]",
    label = "not a contract",
    note = "only a message whose handler lives in another crate is listed: declare it with `#[command(contract, reply = ..)]`; the handler of any other message needs no list"
)]
pub trait Contract: Request {
    /// The declared reply.
    type Reply: Reply<<Self as Message>::Wire>;
    /// Where an application keeps its handler.
    const SLOT: &'static Slot<ContractHandler<Self>>;
    /// The description, for `module! { handles: [..] }`.
    const CONTRACT_INFO: &'static MessageInfo = <Self as Message>::INFO;
}

/// A handler that an application found for the contract message `M`.
pub struct ContractHandler<M: Contract>(pub(crate) ContractCall<M>);

type ContractCall<M> = for<'c> fn(M, &'c Context) -> BoxFuture<'c, Result<<M as Contract>::Reply>>;

#[diagnostic::do_not_recommend]
impl<M: Contract> Handles<M> for Remote {
    type Reply = <M as Contract>::Reply;
    type Behaviors = ();
    const PASSES_ON: bool = true;

    fn handle(message: M, cx: &Context) -> impl Future<Output = Result<Self::Reply>> + Send {
        let call = cx.cells().pointer(M::SLOT).map(|handler| handler.0);
        async move {
            match call {
                Some(call) => call(message, cx).await,
                None => Err(unhandled::<M>(cx)),
            }
        }
    }
}

#[cold]
fn unhandled<M: Message>(cx: &Context) -> Error {
    if let Some(Err(off)) = cx.overrides().and_then(|overrides| overrides.of(M::INFO)).map(|own| own.check(M::INFO)) {
        return off;
    }
    let name = M::INFO.full_name();
    Error::unavailable(format!("no module of this application handles `{name}`")).with_code("PT0111")
}

impl<M: Contract, By: Lists<M> + Handles<M, Reply: Promised<<M as Contract>::Reply>>> Accepts<M, By> for Remote {
    const LINK: Option<fn() -> ContractLink> = Some(link::<M, By>);
}

/// The reply that a contract declares. Every type is its own and no other's.
#[diagnostic::on_unimplemented(
    message = "the contract declares the reply `{R}`, and its handler answers with `{Self}` [PT0112]",
    label = "`reply = ..` of this message is `{R}`",
    note = "let the handler return `Result<{R}>`, or declare `reply = {Self}`"
)]
pub trait Promised<R> {
    /// The reply, as declared.
    fn promised(self) -> R;
}

impl<R> Promised<R> for R {
    fn promised(self) -> R {
        self
    }
}

fn link<M: Contract, By: Handles<M, Reply: Promised<<M as Contract>::Reply>>>() -> ContractLink {
    let handler = Arc::new(ContractHandler::<M>(call::<M, By>));
    ContractLink { slot: M::SLOT.any(), handler: Shared::new(handler) }
}

fn call<M: Contract, By: Handles<M, Reply: Promised<<M as Contract>::Reply>>>(
    message: M,
    cx: &Context,
) -> BoxFuture<'_, Result<<M as Contract>::Reply>> {
    Box::pin(async move { send_to::<By, M>(cx, message).await.map(Promised::promised) })
}
