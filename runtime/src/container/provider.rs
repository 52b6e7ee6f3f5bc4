//! The description of a provider, as `#[injectable]`, `#[provider]` and `#[config]` write it.

use std::sync::Arc;

use super::cells::Shared;
use super::key::{AnySlot, Slot};
use super::need::Need;
use crate::context::Context;
use crate::error::Result;
use crate::future::BoxFuture;
use crate::wiring::node::{Holder, Lifetime};
use crate::wiring::place::Place;

/// One provider of one type.
pub struct Provider {
    /// The slot of what it provides.
    pub slot: &'static AnySlot,
    /// The type that it provides, as the user wrote it.
    pub name: &'static str,
    /// The struct or fn that makes it.
    pub by: &'static str,
    /// The name that tells it from others of its type.
    pub named: Option<&'static str>,
    /// Found by `All<T>` only.
    pub many: bool,
    /// How long what it makes lives.
    pub lifetime: Lifetime,
    /// What it needs.
    pub needs: &'static [Need],
    /// Makes one.
    pub build: Build,
    /// The section of the configuration that it reads.
    pub section: Option<crate::config::SectionInfo>,
    /// Where it is declared.
    pub place: Place,
}

impl Provider {
    /// A provider of what `this` describes, made by the struct or fn `by`.
    pub const fn new<T: ?Sized + 'static>(
        this: &Holder,
        slot: &'static Slot<T>,
        by: &'static str,
        needs: &'static [Need],
        build: Build,
    ) -> Self {
        let Holder { name, place, lifetime } = *this;
        let slot = slot.any();
        Provider { slot, name, by, named: None, many: false, lifetime, needs, build, section: None, place }
    }

    /// One of several of its type, told apart by a name.
    pub const fn named(mut self, name: &'static str) -> Self {
        self.named = Some(name);
        self
    }

    /// Found by `All<T>` only.
    pub const fn many(mut self) -> Self {
        self.many = true;
        self
    }

    /// Read from a section of the configuration.
    pub const fn section(mut self, section: crate::config::SectionInfo) -> Self {
        self.section = Some(section);
        self
    }
}

/// Makes one object. What it needs was made before.
pub type Build = for<'c> fn(&'c Context) -> BoxFuture<'c, Result<Made>>;

/// A new object, and what to do when it is no longer needed.
pub enum Made {
    /// To be shared.
    Shared(Shared, Option<Disposal>),
    /// To be given away: a `Box<T>` inside.
    Owned(Box<dyn std::any::Any + Send>),
}

/// Ends one object: the fn named by `dispose = ..`.
pub type Disposal = Box<dyn FnOnce() -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// A trait whose objects the container can keep. Of a struct the compiler says which field cannot be shared; of a trait
/// there is nothing but its declaration, and one thing to do.
#[diagnostic::on_unimplemented(
    message = "what the container keeps is shared between threads, and `{Self}` cannot be [PT0130]",
    label = "not `Send + Sync`",
    note = "say so where the trait is declared: `pub trait Name: Send + Sync`"
)]
pub trait Shareable: Send + Sync {}

#[diagnostic::do_not_recommend]
impl<T: ?Sized + Send + Sync> Shareable for T {}

impl Made {
    /// A shared object.
    pub fn shared<T: ?Sized + Send + Sync + 'static>(object: Arc<T>) -> Result<Made> {
        Ok(Made::Shared(Shared::new(object), None))
    }

    /// A shared object, behind a trait.
    pub fn shared_as<T: ?Sized + Shareable + 'static>(object: Arc<T>) -> Result<Made> {
        Ok(Made::Shared(Shared::new(object), None))
    }

    /// A shared object that is disposed of by `end`.
    pub fn disposable<C, T, F>(concrete: Arc<C>, object: Arc<T>, end: F) -> Result<Made>
    where
        C: ?Sized + Send + Sync + 'static,
        T: ?Sized + Send + Sync + 'static,
        F: FnOnce(Arc<C>) -> BoxFuture<'static, Result<()>> + Send + Sync + 'static,
    {
        Ok(Made::Shared(Shared::new(object), Some(Box::new(move || end(concrete)))))
    }

    /// An object to be given away.
    pub fn owned<T: ?Sized + Send + 'static>(object: Box<T>) -> Result<Made> {
        Ok(Made::Owned(Box::new(object)))
    }
}
