//! What `#[injectable]` and `#[provider]` understood, and what they refuse.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Field, Fields, GenericArgument, ItemStruct, LitStr, Member, Path, PathArguments, ReturnType, Signature,
    Type, TypeParamBound,
};

use crate::handler::check_error;
use crate::support::function::{Function, check_shape};
use crate::support::instances::Instance;
use crate::support::keys::Keys;
use crate::support::needs::{
    Form, Site, Use, argument, check_provider_name, conditions, is_ours, is_unit, once, owned_text, peel,
};
use crate::support::sink::Sink;
use crate::support::spans;

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
    /// Whether the compiler refuses the item itself, so that nothing is added.
    pub(crate) is_told: bool,
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
    Struct { ty: Type, fields: Vec<Given> },
    /// A call of a fn.
    Call { is_async: bool, fails: Fails, concrete: Type, wrapped: Wrapped },
}

/// A field and its value.
pub(crate) struct Given {
    pub(crate) member: Member,
    pub(crate) value: Value,
    /// The field's `#[cfg(..)]`s.
    pub(crate) cfg: Vec<Attribute>,
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

/// How a fn says that it failed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fails {
    Never,
    /// By a `Result`.
    Result,
    /// By what is surely meant as an alias of one: `DbResult<Pool>`.
    Alias,
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
            if let Some((value, cfg)) = value(field, &mut uses, sink) {
                fields.push(Given { member, value, cfg });
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
        check_shape(signature, "provider", "PT0130", sink);
        let ReturnType::Type(_, output) = &signature.output else {
            sink.at(&signature.ident, "a provider answers with what it makes: `-> Result<Pool>` or `-> Pool` [PT0130]");
            return None;
        };
        let Answer { concrete, fails, wrapped } = Answer::read(signature, output, &keys, sink)?;
        let is_bare_trait = wrapped == Wrapped::Plain && matches!(concrete, Type::TraitObject(_));
        let make = Make::Call { is_async: signature.asyncness.is_some(), fails, concrete: concrete.clone(), wrapped };
        let mut provider = Provider::new(signature.ident.clone(), concrete, keys, instances, uses, make, sink)?;
        provider.is_generic = !signature.generics.params.is_empty();
        // `-> dyn Trait`: that this has no size is told, with what to write.
        provider.is_told = is_bare_trait;
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
        if let (Some(named), Some(_)) = (keys.flag("named"), keys.flag("many")) {
            sink.at(
                named,
                "what `many` provides is found by `All` only, which asks for no name: leave out `named` or `many` [PT0131]",
            );
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
            provides: keys.ty("as").map_or(own, |ty| provided(peel(ty), sink).clone()),
            named: keys.text("named").cloned(),
            many: keys.flag("many").is_some(),
            dispose: keys.path("dispose").cloned(),
            name,
            lifetime,
            is_generic: false,
            is_told: false,
            instances,
            uses,
            make,
        })
    }

    pub(crate) fn span(&self) -> Span {
        self.name.span()
    }
}

/// What a fn answers with.
struct Answer {
    concrete: Type,
    fails: Fails,
    wrapped: Wrapped,
}

impl Answer {
    fn read(signature: &Signature, output: &Type, keys: &Keys, sink: &mut Sink) -> Option<Answer> {
        check_error(output, "unavailable", "PT0130", sink);
        let (value, fails) = match (argument(output, "Result"), aliased(output)) {
            (Some(value), _) => (peel(value), Fails::Result),
            (None, Some(value)) => (peel(value), Fails::Alias),
            (None, None) => (peel(output), Fails::Never),
        };
        if fails != Fails::Never
            && let Some(inner) = argument(value, "Result")
        {
            let inner = spans::text(peel(inner));
            sink.at(value, format!("of two `Result`s nobody would see the error of the inner one: return `Result<{inner}>`, by a `?` in the body [PT0130]"));
            return None;
        }
        if is_unit(value) {
            sink.at(output, "this provides nothing: a provider answers with what it makes, `-> Result<Pool>`; what only has to be done at the start is an `#[orchestrate(on = start)]` [PT0130]");
            return None;
        }
        if let Some(promised) = promised(value) {
            let promised = spans::text(promised);
            let name = &signature.ident;
            sink.at(
                value,
                format!("a provider that waits is an `async fn`: write `async fn {name}(..) -> {promised}` [PT0130]"),
            );
            return None;
        }
        let (value, is_optional) = match argument(value, "Option") {
            Some(inner) => {
                let inner_text = spans::text(peel(inner));
                sink.at(
                    value,
                    format!("a provider makes what is asked for, or fails: return `Result<{inner_text}>`, or a struct of your own that holds the `Option` [PT0130]"),
                );
                (peel(inner), true)
            }
            None => (value, false),
        };
        let (concrete, wrapped) = match (argument(value, "Arc"), argument(value, "Box")) {
            (Some(inner), _) => (peel(inner), Wrapped::Arc),
            (_, Some(inner)) if matches!(peel(inner), Type::TraitObject(_)) => (peel(inner), Wrapped::Box),
            _ => (value, Wrapped::Plain),
        };
        let concrete = match (argument(value, "Rc"), is_optional) {
            (Some(inner), _) => {
                let inner = peel(inner);
                let text = spans::text(inner);
                sink.at(
                    value,
                    format!("what the container keeps is shared between threads: return `Arc<{text}>` [PT0130]"),
                );
                inner.clone()
            }
            (None, true) => concrete.clone(),
            (None, false) => kept(value, concrete, sink),
        };
        if let (Some(_), Wrapped::Arc) = (keys.flag("transient"), wrapped) {
            let text = match &concrete {
                Type::TraitObject(_) => format!("Box<{}>", spans::text(&concrete)),
                ty => spans::text(ty),
            };
            sink.at(value, format!("a transient is given away, not shared: return `{text}` [PT0130]"));
        }
        if let (Type::ImplTrait(_), None) = (&concrete, keys.ty("as")) {
            sink.at(&concrete, "say what it provides: `#[provider(as dyn Trait)]` [PT0130]");
        }
        Some(Answer { concrete, fails, wrapped })
    }
}

/// The value of what is named as an alias of `Result` is, as handlers have it, too: the `T` of `DbResult<T>`.
fn aliased(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = peel(ty) else { return None };
    let name = path.path.segments.last().map(|segment| segment.ident.to_string());
    name.filter(|name| name.ends_with("Result")).and_then(|name| argument(ty, &name))
}

/// The `T` of `impl Future<Output = T>` and of what boxes one.
fn promised(ty: &Type) -> Option<&Type> {
    let bounds = match peel(ty) {
        Type::ImplTrait(ty) => &ty.bounds,
        Type::TraitObject(ty) => &ty.bounds,
        ty => return argument(ty, "Pin").or_else(|| argument(ty, "Box")).and_then(promised),
    };
    bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last().filter(|last| last.ident == "Future")?;
        let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
        arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
            _ => None,
        })
    })
}

/// What a fn answers with, `whole`, holds nothing that is borrowed: the type to be kept.
fn kept(whole: &Type, ty: &Type, sink: &mut Sink) -> Type {
    if let Type::Reference(reference) = ty {
        let inner = peel(&reference.elem);
        let text = match inner {
            Type::TraitObject(_) => format!("Arc<{}>", spans::text(inner)),
            inner => owned_text(inner),
        };
        sink.at(whole, format!("what the container keeps owns its parts: return `{text}`, moved or cloned [PT0130]"));
        return inner.clone();
    }
    let mut owned = ty.clone();
    for lifetime in lifetimes(&mut owned) {
        if lifetime.ident != "static" {
            let reason =
                "what the container keeps owns its parts: return a struct without lifetime parameters [PT0130]";
            sink.at(&lifetime, reason);
            // Of those who take it, nobody should read more.
            *lifetime = syn::Lifetime::new("'static", lifetime.span());
        }
    }
    owned
}

/// For how long a type borrows what it holds, where it says so.
fn lifetimes(ty: &mut Type) -> impl Iterator<Item = &mut syn::Lifetime> {
    let last = match ty {
        Type::Path(path) => path.path.segments.last_mut(),
        _ => None,
    };
    let arguments = last.and_then(|last| match &mut last.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&mut arguments.args),
        _ => None,
    });
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Lifetime(lifetime) => Some(lifetime),
        _ => None,
    })
}

/// The type after `as`, without what the container puts around it by itself.
fn provided<'t>(ty: &'t Type, sink: &mut Sink) -> &'t Type {
    let (inner, reason) = match ty {
        Type::Reference(reference) => (peel(&reference.elem), "what the container keeps owns its parts"),
        Type::ImplTrait(_) => (ty, "the container looks for one type"),
        ty => match argument(ty, "Arc").or_else(|| argument(ty, "Box")) {
            Some(inner) if matches!(peel(inner), Type::TraitObject(_)) => {
                (peel(inner), "the pointer around it is the container's")
            }
            _ => return ty,
        },
    };
    let text = spans::text(inner).replacen("impl ", "dyn ", 1);
    sink.at(ty, format!("{reason}: write `as {text}` [PT0122]"));
    inner
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

fn value(field: &Field, uses: &mut Vec<Use>, sink: &mut Sink) -> Option<(Value, Vec<Attribute>)> {
    let pointless = |reason: &str, sink: &mut Sink| {
        if let Some(named) = field.attrs.iter().find(|attribute| attribute.path().is_ident("named")) {
            sink.at(
                named,
                format!("`#[named]` picks one of several providers, and this field {reason}: leave it out [PT0125]"),
            );
        }
    };
    if let Some(init) = once(&field.attrs, "init", sink) {
        pointless("gets its value by `#[init]`", sink);
        let cfg = conditions(&field.attrs, sink);
        return match &init.meta {
            syn::Meta::List(list) if !list.tokens.is_empty() => {
                one_expression(&list.tokens, sink);
                Some((Value::Init(list.tokens.clone()), cfg))
            }
            // Located at the word: a type without a default is told there.
            syn::Meta::Path(path) => {
                let default = quote!(::core::default::Default::default());
                Some((Value::Init(spans::located(default, spans::ends(path).0)), cfg))
            }
            _ => {
                sink.at(init, "a value is given as `#[init(expression)]`, or `#[init]` for the default [PT0122]");
                None
            }
        };
    }
    let is_phantom = matches!(peel(&field.ty), Type::Path(path)
        if path.path.segments.last().is_some_and(|segment| segment.ident == "PhantomData"));
    if is_phantom {
        pointless("is no dependency", sink);
        return Some((Value::Phantom, conditions(&field.attrs, sink)));
    }
    let dependency = Use::parse(&field.ty, &field.attrs, Site::Field, sink)?;
    let cfg = dependency.cfg.clone();
    uses.push(dependency);
    Some((Value::Use(uses.len() - 1), cfg))
}

/// `#[init(a, b)]` would be told within what is generated. A comma may stand in the brackets of a type, too: only then is
/// the expression looked at.
fn one_expression(tokens: &TokenStream, sink: &mut Sink) {
    let has_comma =
        tokens.clone().into_iter().any(|token| matches!(token, TokenTree::Punct(sign) if sign.as_char() == ','));
    if has_comma && syn::parse2::<syn::Expr>(tokens.clone()).is_err() {
        sink.at(tokens, "`#[init(..)]` takes one expression, the value of the field: of several make a tuple, `#[init((a, b))]`, or call a fn with them [PT0122]");
    }
}

/// The struct without the attributes of fields that only Partitura knows.
pub(crate) fn without_helpers(mut item: ItemStruct) -> TokenStream {
    let strip = |attributes: &mut Vec<Attribute>| {
        attributes.retain(|attribute| !attribute.path().is_ident("init") && !is_ours(attribute));
    };
    match &mut item.fields {
        Fields::Named(fields) => fields.named.iter_mut().for_each(|field| strip(&mut field.attrs)),
        Fields::Unnamed(fields) => fields.unnamed.iter_mut().for_each(|field| strip(&mut field.attrs)),
        Fields::Unit => {}
    }
    item.into_token_stream()
}
