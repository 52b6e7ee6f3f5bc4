//! What `#[injectable]` and `#[provider]` understood, and what they refuse.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Attribute, Field, Fields, ItemStruct, LitStr, Member, Path, ReturnType, Type};

use crate::support::function::Function;
use crate::support::instances::Instance;
use crate::support::keys::Keys;
use crate::support::needs::{Form, Site, Use, argument, check_provider_name, peel};
use crate::support::sink::Sink;

/// A provider that is understood.
pub(crate) struct Provider {
    pub(crate) name: Ident,
    pub(crate) runtime: Option<Path>,
    /// What it provides: the type itself or the trait after `as`.
    pub(crate) provides: Type,
    pub(crate) lifetime: Lifetime,
    pub(crate) named: Option<LitStr>,
    pub(crate) many: bool,
    pub(crate) dispose: Option<Path>,
    pub(crate) is_generic: bool,
    pub(crate) instances: Vec<Instance>,
    pub(crate) uses: Vec<Use>,
    pub(crate) make: Make,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    Singleton,
    Scoped,
    Transient,
}

/// How one is made.
pub(crate) enum Make {
    /// A struct, field by field.
    Struct { ty: Type, fields: Vec<(Member, Value)> },
    /// A call of a fn.
    Call { is_async: bool, fallible: bool, concrete: Type, wrapped: Wrapped },
}

/// Where the value of a field comes from.
pub(crate) enum Value {
    /// The use of this number.
    Use(usize),
    /// `#[init(expr)]`
    Init(TokenStream),
    /// `PhantomData`
    Phantom,
}

/// Whether a fn already answers with a pointer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wrapped {
    Plain,
    Arc,
    Box,
}

impl Provider {
    pub(crate) fn from_struct(item: &ItemStruct, keys: Keys, sink: &mut Sink) -> Option<Provider> {
        let instances = Instance::all(&item.generics, &keys, "injectable", sink);
        let mut uses = Vec::new();
        let mut fields = Vec::new();
        for (index, field) in item.fields.iter().enumerate() {
            let member = match &field.ident {
                Some(name) => Member::Named(name.clone()),
                None => Member::Unnamed(index.into()),
            };
            if let Some(value) = value(field, &mut uses, sink) {
                fields.push((member, value));
            }
        }
        let name = &item.ident;
        let ty: Type = match item.generics.params.is_empty() {
            true => syn::parse_quote!(#name),
            false => {
                let parameters = item.generics.params.iter().filter_map(|parameter| match parameter {
                    syn::GenericParam::Type(parameter) => Some(&parameter.ident),
                    syn::GenericParam::Const(parameter) => Some(&parameter.ident),
                    syn::GenericParam::Lifetime(_) => None,
                });
                syn::parse_quote!(#name<#(#parameters),*>)
            }
        };
        for lifetime in item.generics.lifetimes() {
            sink.at(lifetime, "what the container keeps owns its parts: it cannot have a lifetime parameter [PT0130]");
        }
        let mut provider =
            Provider::new(name.clone(), ty.clone(), keys, instances, uses, Make::Struct { ty, fields }, sink)?;
        provider.is_generic = !item.generics.params.is_empty();
        Some(provider)
    }

    pub(crate) fn from_fn(function: &Function, keys: Keys, sink: &mut Sink) -> Option<Provider> {
        let signature = &function.signature;
        let instances = Instance::all(&signature.generics, &keys, "provider", sink);
        let uses = signature
            .inputs
            .iter()
            .filter_map(|parameter| {
                if let syn::FnArg::Receiver(receiver) = parameter {
                    sink.at(receiver, "a provider is a free fn, without `self` [PT0130]");
                }
                crate::handler::injected(parameter, sink)
            })
            .collect();
        let ReturnType::Type(_, output) = &signature.output else {
            sink.at(&signature.ident, "a provider answers with what it makes: `-> Result<Pool>` or `-> Pool` [PT0130]");
            return None;
        };
        let (value, fallible) = match argument(output, "Result") {
            Some(value) => (value, true),
            None => (&**output, false),
        };
        let (concrete, wrapped) = match (argument(value, "Arc"), argument(value, "Box")) {
            (Some(inner), _) => (inner, Wrapped::Arc),
            (_, Some(inner)) if matches!(peel(inner), Type::TraitObject(_)) => (inner, Wrapped::Box),
            _ => (value, Wrapped::Plain),
        };
        let concrete = peel(concrete).clone();
        if let (Type::ImplTrait(_), None) = (&concrete, keys.ty("as")) {
            sink.at(&concrete, "say what it provides: `#[provider(as dyn Trait)]` [PT0130]");
        }
        let make =
            Make::Call { is_async: signature.asyncness.is_some(), fallible, concrete: concrete.clone(), wrapped };
        let mut provider = Provider::new(signature.ident.clone(), concrete, keys, instances, uses, make, sink)?;
        provider.is_generic = !signature.generics.params.is_empty();
        Some(provider)
    }

    fn new(
        name: Ident,
        own: Type,
        keys: Keys,
        instances: Vec<Instance>,
        uses: Vec<Use>,
        make: Make,
        sink: &mut Sink,
    ) -> Option<Provider> {
        let lifetime = lifetime(&keys, sink);
        if let Some(named) = keys.text("named") {
            check_provider_name(named, sink);
        }
        if let (Some(many), true) = (keys.flag("many"), lifetime != Lifetime::Singleton) {
            sink.at(many, "what `All` collects is made once: a provider with `many` is a singleton [PT0131]");
        }
        if let (Some(dispose), Lifetime::Transient) = (keys.flag("dispose"), lifetime) {
            sink.at(dispose, "a transient is given away: whoever takes it ends it [PT0131]");
        }
        if lifetime == Lifetime::Singleton
            && let Some(context) = uses.iter().find(|dependency| dependency.form == Form::Context)
        {
            sink.at(
                &context.ty,
                "a singleton is built before any message, so there is no context: make it `scoped`, or ask for the context in the handler [PT0131]",
            );
        }
        Some(Provider {
            runtime: keys.runtime().cloned(),
            provides: keys.ty("as").map(|ty| peel(ty).clone()).unwrap_or(own),
            named: keys.text("named").cloned(),
            many: keys.flag("many").is_some(),
            dispose: keys.path("dispose").cloned(),
            name,
            lifetime,
            is_generic: false,
            instances,
            uses,
            make,
        })
    }

    pub(crate) fn span(&self) -> Span {
        self.name.span()
    }
}

fn lifetime(keys: &Keys, sink: &mut Sink) -> Lifetime {
    match (keys.flag("scoped"), keys.flag("transient")) {
        (Some(_), Some(transient)) => {
            sink.at(transient, "something is `scoped` or `transient`, not both [PT0131]");
            Lifetime::Scoped
        }
        (Some(_), None) => Lifetime::Scoped,
        (None, Some(_)) => Lifetime::Transient,
        (None, None) => Lifetime::Singleton,
    }
}

fn value(field: &Field, uses: &mut Vec<Use>, sink: &mut Sink) -> Option<Value> {
    if let Some(init) = field.attrs.iter().find(|attribute| attribute.path().is_ident("init")) {
        return match &init.meta {
            syn::Meta::List(list) if !list.tokens.is_empty() => Some(Value::Init(list.tokens.clone())),
            syn::Meta::Path(_) => Some(Value::Init(quote!(::core::default::Default::default()))),
            _ => {
                sink.at(init, "a value is given as `#[init(expression)]`, or `#[init]` for the default [PT0122]");
                None
            }
        };
    }
    let is_phantom = matches!(peel(&field.ty), Type::Path(path)
        if path.path.segments.last().is_some_and(|segment| segment.ident == "PhantomData"));
    if is_phantom {
        return Some(Value::Phantom);
    }
    let dependency = Use::parse(&field.ty, &field.attrs, Site::Field, sink)?;
    uses.push(dependency);
    Some(Value::Use(uses.len() - 1))
}

/// The struct without the attributes of fields that only Partitura knows.
pub(crate) fn without_helpers(mut item: ItemStruct) -> TokenStream {
    let strip = |attributes: &mut Vec<Attribute>| {
        attributes.retain(|attribute| !attribute.path().is_ident("init") && !attribute.path().is_ident("named"));
    };
    match &mut item.fields {
        Fields::Named(fields) => fields.named.iter_mut().for_each(|field| strip(&mut field.attrs)),
        Fields::Unnamed(fields) => fields.unnamed.iter_mut().for_each(|field| strip(&mut field.attrs)),
        Fields::Unit => {}
    }
    item.into_token_stream()
}
