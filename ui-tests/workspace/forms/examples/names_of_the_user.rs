//! Names that an expansion could mean, each a type of the user's.
#![allow(dead_code, missing_docs, non_camel_case_types, clippy::upper_case_acronyms)]

use partitura::prelude::{Command, Deserialize, Event, JsonSchema, Serialize, handler, injectable, provider};

partitura::module! { name: "bank" }

pub struct rt;
pub struct S;
pub struct M;
pub struct T;
pub struct Form;
pub struct Marker;
pub struct Key;
pub struct Option;
pub struct Box;
pub struct Vec;
pub struct Send;
pub struct Sync;
pub struct Future;
pub struct Provides;
pub struct Handles;
pub struct Slot;
pub struct Node;
pub struct Message;
pub struct Entry;
pub struct Lifetime;
pub struct Holder;
pub struct Ref;
pub struct NAME;
pub struct ENTRIES;
pub struct KEY;
pub struct NODE;
pub struct INFO;
pub struct Home;
pub struct Need;
pub struct Reply;
pub struct Output;
pub struct Item;
pub struct Stream;
pub struct Streaming;
pub struct Source;
pub struct Outlet;
pub fn outlet() {}

mod core {}
mod std {}
mod partitura_runtime {}

/// Each type has it: what is asked of a type by name is called otherwise.
pub trait Constants {
    const CLONE: u8 = 1;
}

impl<A: ?Sized> Constants for A {}

pub trait Store: ::core::marker::Send + ::core::marker::Sync {}

#[injectable(as dyn Store)]
pub struct Disk {
    #[init(1)]
    pub number: u32,
    pub key: Arc<Key>,
}

impl Store for Disk {}

use ::std::sync::Arc;

#[provider]
fn key() -> Key {
    Key
}

#[derive(Serialize, Deserialize, JsonSchema, Command)]
pub struct Context {
    pub cx: String,
}

#[derive(Serialize, Deserialize, JsonSchema, Event)]
pub struct Context2;

/// # Errors
/// Never.
#[handler]
pub async fn handle(message: Context, store: &dyn Store, key: &Key) -> partitura::Result<String> {
    let _ = (store, key);
    partitura::Result::Ok(message.cx)
}

/// # Errors
/// Never.
#[handler]
pub async fn cx(message: &Context2, key: Arc<Key>) -> partitura::Result<()> {
    let _ = (message, key);
    partitura::Result::Ok(())
}

#[derive(Serialize, Deserialize, JsonSchema, partitura::Query)]
pub struct Count;

#[handler]
fn count(_query: Count, _store: &dyn Store) -> impl partitura::prelude::Stream<Item = partitura::Result<u32>> + ::core::marker::Send {
    partitura::Streaming::new(self::Once(1))
}

struct Once(u32);

impl partitura::prelude::Stream for Once {
    type Item = partitura::Result<u32>;

    fn poll_next(
        self: ::std::pin::Pin<&mut Self>,
        _: &mut ::std::task::Context<'_>,
    ) -> ::std::task::Poll<::std::option::Option<Self::Item>> {
        ::std::task::Poll::Ready(::std::option::Option::Some(::std::result::Result::Ok(self.0)))
    }
}
