//! What a parameter or a field asks the container for, and what is generated for it.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::punctuated::Punctuated;
use syn::{Attribute, GenericArgument, LitStr, Meta, PathArguments, Token, Type};

use super::instances::Instance;
use super::sink::Sink;
use super::spans::{Words, words};
use super::{name, spans};

/// The form in which something is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// `&Context`
    Context,
    /// `&T`
    Shared,
    /// `Arc<T>`
    Kept,
    /// `Option<&T>`
    Optional,
    /// `Option<Arc<T>>`
    OptionalKept,
    /// `All<T>`
    All,
    /// `T`
    Fresh,
    /// `Box<dyn T>`
    FreshBox,
}

/// One parameter or field.
#[derive(Clone)]
pub(crate) struct Use {
    pub(crate) form: Form,
    pub(crate) ty: Type,
    named: Option<LitStr>,
    /// Its `#[cfg(..)]`s, which stand before all that is generated for it: a macro does not know what holds.
    pub(crate) cfg: Vec<Attribute>,
}

/// Where a [`Use`] stands, which decides the forms it may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    /// A parameter of a handler, a provider or a step.
    Parameter,
    /// A field of an injectable.
    Field,
}

impl Use {
    pub(crate) fn parse(ty: &Type, attributes: &[Attribute], site: Site, sink: &mut Sink) -> Option<Use> {
        let named = named(attributes, sink);
        let cfg = conditions(attributes, sink);
        if attributes.iter().any(|attribute| hidden(attribute).is_some()) {
            return None;
        }
        let (form, inner) = classify(ty, site, sink)?;
        let dependency = Use { form, ty: inner, named, cfg };
        if let Some(name) = &dependency.named
            && !matches!(form, Form::Shared | Form::Kept)
        {
            sink.at(
                name,
                "`#[named]` picks one of several providers: take it as `&T`, or keep it as `Arc<T>` [PT0125]",
            );
        }
        Some(dependency)
    }

    /// What is taken as `&T`.
    pub(crate) fn shared(ty: Type) -> Use {
        Use { form: Form::Shared, ty, named: None, cfg: Vec::new() }
    }

    /// Whether it asks for the same thing in the same form.
    pub(crate) fn is_as(&self, other: &Use) -> bool {
        let name = |dependency: &Use| dependency.named.as_ref().map(LitStr::value);
        let conditions = |dependency: &Use| dependency.condition().map(|cfg| cfg.to_string());
        self.form == other.form
            && spans::text(&self.ty) == spans::text(&other.ty)
            && name(self) == name(other)
            && conditions(self) == conditions(other)
    }

    fn of(&self, instance: &Instance) -> Use {
        Use { form: self.form, ty: instance.apply(&self.ty), named: self.named.clone(), cfg: self.cfg.clone() }
    }

    /// The `#[cfg(..)]`s, if there are some.
    fn condition(&self) -> Option<TokenStream> {
        let cfg = &self.cfg;
        (!cfg.is_empty()).then(|| quote!(#(#cfg)*))
    }
}

/// The `#[cfg(..)]`s of a parameter or a field.
pub(crate) fn conditions(attributes: &[Attribute], sink: &mut Sink) -> Vec<Attribute> {
    for attribute in attributes {
        let Some(hidden) = hidden(attribute) else { continue };
        let cure = match hidden.as_str() {
            "cfg" => "join the conditions in one `#[cfg(..)]`".to_owned(),
            _ => format!("write `#[{hidden}(..)]` out, under a `#[cfg(..)]` if there are two forms"),
        };
        sink.at(attribute, format!("the macro runs before `cfg_attr`, so it sees no `{hidden}` here: {cure} [PT0122]"));
    }
    attributes.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect()
}

/// Whether only the macros know the attribute, so that it is taken away.
pub(crate) fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().is_ident("named") || hidden(attribute).is_some()
}

/// What the macros would read of a `#[cfg_attr(condition, init(..))]`.
fn hidden(attribute: &Attribute) -> Option<String> {
    const READ: &[&str] = &["init", "named", "cfg"];
    let within = attribute.path().is_ident("cfg_attr").then(|| attribute.meta.require_list().ok()).flatten()?;
    let metas = within.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()?;
    let given = metas.iter().skip(1).filter_map(|meta| meta.path().get_ident());
    given.map(ToString::to_string).find(|name| READ.contains(&name.as_str()))
}

fn named(attributes: &[Attribute], sink: &mut Sink) -> Option<LitStr> {
    let attribute = once(attributes, "named", sink)?;
    let name: Option<LitStr> = sink.take(attribute.parse_args().map_err(|error| {
        syn::Error::new(error.span(), "the name of a provider is written `#[named(\"primary\")]` [PT0122]")
    }));
    name
}

/// The attribute of this name, of which there is one.
pub(crate) fn once<'a>(attributes: &'a [Attribute], name: &str, sink: &mut Sink) -> Option<&'a Attribute> {
    let mut all = attributes.iter().filter(|attribute| attribute.path().is_ident(name));
    let first = all.next()?;
    for other in all {
        sink.at(other, format!("`{name}` is given twice [PT0121]"));
    }
    Some(first)
}

fn classify(ty: &Type, site: Site, sink: &mut Sink) -> Option<(Form, Type)> {
    let may_be = argument(ty, "Option").map_or(ty, peel);
    if let Type::Reference(reference) = may_be
        && reference.mutability.is_some()
    {
        sink.at(
            ty,
            "what is injected is shared, so it cannot be `&mut`: take it by `&`, and let the type guard its state by itself, with a `Mutex` or an atomic [PT0126]",
        );
        return None;
    }
    if let Some(advice) = other_context(ty, site) {
        sink.at(ty, advice);
        return None;
    }
    if site == Site::Parameter && is_told_static(may_be, "PT0126", sink) {
        return None;
    }
    match ty {
        Type::Reference(reference) => {
            let inner = peel(&reference.elem);
            if last_segment_is(inner, "Context") {
                return Some((Form::Context, inner.clone()));
            }
            if site == Site::Field {
                let text = spans::text(inner);
                sink.at(ty, format!("a field keeps what is shared as `Arc<{text}>`, not by reference [PT0126]"));
                return None;
            }
            if let Type::Reference(_) = inner {
                let inner = spans::text(owned(inner));
                sink.at(ty, format!("what is injected is taken by one reference: write `&{inner}` [PT0126]"));
                return None;
            }
            if let Some(boxed) = argument(inner, "Box")
                && let Type::TraitObject(_) = peel(boxed)
            {
                let (boxed, text) = (spans::text(peel(boxed)), spans::text(inner));
                sink.at(
                    ty,
                    format!(
                        "what is shared is taken as `&{boxed}`, and what is made anew for each use as `{text}` [PT0126]"
                    ),
                );
                return None;
            }
            if let Type::Path(_) = inner
                && let Some(wrapper) =
                    ["Arc", "Option", "All", "Box"].into_iter().find(|name| argument(inner, name).is_some())
            {
                let text = match (wrapper, argument(inner, "Option")) {
                    (_, Some(maybe))
                        if !matches!(peel(maybe), Type::Reference(_)) && argument(maybe, "Arc").is_none() =>
                    {
                        format!("Option<&{}>", spans::text(maybe))
                    }
                    _ => spans::text(inner),
                };
                sink.at(ty, format!("take it as `{text}`: a handler owns its `{wrapper}` [PT0126]"));
                return None;
            }
            if let Type::ImplTrait(_) = inner {
                return refuse_impl(inner, sink);
            }
            if let Type::Slice(slice) = inner
                && let Some(advice) = all_of(&slice.elem)
            {
                sink.at(ty, advice);
                return None;
            }
            let is_text = matches!(inner, Type::Path(path) if path.path.is_ident("str"));
            if is_text || matches!(inner, Type::Slice(_) | Type::Tuple(_) | Type::Array(_)) {
                sink.at(ty, plain(ty, site));
                return None;
            }
            Some((Form::Shared, inner.clone()))
        }
        Type::ImplTrait(_) => refuse_impl(ty, sink),
        Type::Path(_) => match wrapped(ty, site) {
            Some(advice) => {
                sink.at(ty, advice);
                None
            }
            None => refuse_plain(ty, by_value(ty), site, sink),
        },
        Type::Paren(_) | Type::Group(_) => classify(peel(ty), site, sink),
        _ => {
            sink.at(ty, plain(ty, site));
            None
        }
    }
}

/// Told: the lifetime of a reference, which is the framework's. One with a name is told where it is declared.
pub(crate) fn is_told_static(ty: &Type, code: &str, sink: &mut Sink) -> bool {
    let Type::Reference(reference) = ty else { return false };
    let lifetime = reference.lifetime.as_ref().filter(|lifetime| lifetime.ident == "static");
    if let Some(lifetime) = lifetime {
        sink.at(lifetime, format!("references here need no lifetimes of their own: leave it out [{code}]"));
    }
    lifetime.is_some()
}

/// What to write in place of the context in a form in which nobody has it. A `Context` of another crate is something else.
fn other_context(ty: &Type, site: Site) -> Option<&'static str> {
    let is_context = |ty: &Type| {
        last_segment_is(ty, "Context")
            && matches!(ty, Type::Path(path) if path.path.segments.len() == 1 || path.path.segments[0].ident == "partitura")
    };
    let inner = argument(ty, "Option").map_or(ty, peel);
    let is_wrapped = !std::ptr::eq(inner, ty) || !matches!(ty, Type::Reference(_));
    if !is_context(owned(inner)) || !(is_wrapped || site == Site::Field) {
        return None;
    }
    Some(match site {
        Site::Parameter => "the context is always there, and ends with its message: take it as `cx: &Context` [PT0126]",
        Site::Field => {
            "the context ends with its message, so no field keeps it: take it where it is used, as a parameter `cx: &Context` [PT0126]"
        }
    })
}

/// What to write in place of a slice or a `Vec` of services.
fn all_of(ty: &Type) -> Option<String> {
    let is_service = match owned(ty) {
        Type::Path(path) => path.qself.is_none() && !is_data(path) && !path.path.is_ident("str"),
        ty => matches!(ty, Type::TraitObject(_)),
    };
    is_service.then(|| format!("every provider of a type is taken as `All<{}>` [PT0126]", spans::text(owned(ty))))
}

fn refuse_impl(ty: &Type, sink: &mut Sink) -> Option<(Form, Type)> {
    let text = spans::text(ty).replacen("impl ", "dyn ", 1);
    sink.at(ty, format!("the container looks for one type: write `&{text}` [PT0126]"));
    None
}

/// Without references and without what shares or owns: of `&Arc<A>` the `A`.
fn owned(ty: &Type) -> &Type {
    let ty = peel(ty);
    match ty {
        Type::Reference(reference) => owned(&reference.elem),
        ty => match (argument(ty, "Arc"), argument(ty, "Box")) {
            (Some(inner), _) => owned(inner),
            (_, Some(inner)) if matches!(peel(inner), Type::TraitObject(_)) => peel(inner),
            _ => ty,
        },
    }
}

/// What to write in place of a form in which something else than a dependency stands within what the container hands out.
fn wrapped(ty: &Type, site: Site) -> Option<String> {
    let is_wrapped = |ty: &Type| !std::ptr::eq(owned(ty), peel(ty));
    if let Some(inner) = argument(ty, "All") {
        let text = spans::text(owned(inner)).replacen("impl ", "dyn ", 1);
        let is_other = is_wrapped(inner) || matches!(peel(inner), Type::ImplTrait(_));
        return is_other.then(|| format!("write `All<{text}>`: its members are shared anyway [PT0126]"));
    }
    if let Some(inner) = argument(ty, "Arc") {
        let maybe_inner = argument(inner, "Option");
        let text = match maybe_inner {
            Some(inner) => format!("Option<Arc<{}>>", spans::text(owned(inner))),
            None => format!("Arc<{}>", spans::text(owned(inner))),
        };
        let is_other = maybe_inner.is_some() || is_wrapped(inner);
        return is_other.then(|| format!("the container has it in one `Arc`: write `{text}` [PT0126]"));
    }
    if let Some(inner) = argument(ty, "Option").map(peel) {
        let (within, is_taken) = match (inner, argument(inner, "Arc")) {
            (Type::Reference(reference), _) => (&*reference.elem, site == Site::Parameter),
            (_, Some(kept)) => (kept, true),
            _ => (inner, false),
        };
        let is_service = match owned(within) {
            Type::Path(path) => !(path.qself.is_none() && is_data(path)),
            ty => matches!(ty, Type::TraitObject(_)),
        };
        if !is_service || (is_taken && !is_wrapped(within)) {
            return None;
        }
        if let Some(each) = argument(owned(within), "All") {
            let text = spans::text(owned(each));
            return Some(format!("take `All<{text}>`: it is empty if there is none [PT0126]"));
        }
        let text = spans::text(owned(within));
        if site == Site::Parameter && argument(inner, "Box").is_some() {
            return Some(format!(
                "what is shared and may be missing is taken as `Option<&{text}>`; what is made anew for each use is never missing: `Box<{text}>` [PT0126]"
            ));
        }
        return Some(match site {
            Site::Parameter => format!("what may be missing is taken as `Option<&{text}>` [PT0126]"),
            Site::Field => format!(
                "what may be missing is kept as `Option<Arc<{text}>>`, and a value of the field's own is given by `#[init(..)]` [PT0126]"
            ),
        });
    }
    let inner = argument(ty, "Vec")?;
    let is_trait = is_wrapped(inner) && matches!(owned(inner), Type::TraitObject(_));
    is_trait.then(|| format!("every provider of a type is taken as `All<{}>` [PT0126]", spans::text(owned(inner))))
}

fn by_value(ty: &Type) -> (Form, Type) {
    if let Some(inner) = argument(ty, "Arc") {
        return (Form::Kept, peel(inner).clone());
    }
    if let Some(inner) = argument(ty, "All") {
        return (Form::All, peel(inner).clone());
    }
    if let Some(inner) = argument(ty, "Option") {
        match peel(inner) {
            Type::Reference(reference) => return (Form::Optional, peel(&reference.elem).clone()),
            inner => {
                if let Some(kept) = argument(inner, "Arc") {
                    return (Form::OptionalKept, peel(kept).clone());
                }
            }
        }
    }
    if let Some(inner) = argument(ty, "Box")
        && let Type::TraitObject(_) = peel(inner)
    {
        return (Form::FreshBox, peel(inner).clone());
    }
    (Form::Fresh, ty.clone())
}

/// Plain values of the standard library are data, not dependencies; the advice is better than "nothing provides `u32`".
fn refuse_plain(ty: &Type, found: (Form, Type), site: Site, sink: &mut Sink) -> Option<(Form, Type)> {
    let is_text = found.0 == Form::Kept && matches!(&found.1, Type::Path(path) if path.path.is_ident("str"));
    let is_data = found.0 == Form::Fresh && matches!(ty, Type::Path(path) if path.qself.is_none() && is_data(path));
    let is_data = is_data || is_text;
    if !is_data {
        return Some(found);
    }
    sink.at(ty, plain(ty, site));
    None
}

/// True for plain values of the standard library.
pub(crate) fn is_data(path: &syn::TypePath) -> bool {
    const DATA: &[&str] = &[
        "bool",
        "char",
        "u8",
        "u16",
        "u32",
        "u64",
        "u128",
        "usize",
        "i8",
        "i16",
        "i32",
        "i64",
        "i128",
        "isize",
        "f32",
        "f64",
        "String",
        "Vec",
        "Option",
        "HashMap",
        "HashSet",
        "BTreeMap",
        "BTreeSet",
        "VecDeque",
        "Mutex",
        "RwLock",
        "RefCell",
        "Cell",
        "OnceLock",
        "OnceCell",
        "Duration",
        "Instant",
        "PathBuf",
        "AtomicBool",
        "AtomicU8",
        "AtomicU16",
        "AtomicU32",
        "AtomicU64",
        "AtomicUsize",
        "AtomicI32",
        "AtomicI64",
        "AtomicIsize",
        "Rc",
        "Box",
    ];
    path.path.segments.last().is_some_and(|segment| DATA.contains(&segment.ident.to_string().as_str()))
}

fn plain(ty: &Type, site: Site) -> String {
    let text = spans::text(ty);
    match site {
        Site::Field => format!("`{text}` is a plain value, no dependency: give it one with `#[init(..)]` [PT0127]"),
        Site::Parameter => format!(
            "`{text}` is a plain value, no dependency: put it into the message, or into a type that is injected [PT0127]"
        ),
    }
}

/// Without parentheses and invisible groups.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Paren(paren) => peel(&paren.elem),
        Type::Group(group) => peel(&group.elem),
        ty => ty,
    }
}

/// `()`
pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The type that owns what `&ty` borrows, as it is written.
pub(crate) fn owned_text(ty: &Type) -> String {
    match peel(ty) {
        Type::Path(path) if path.path.is_ident("str") => "String".to_owned(),
        ty => spans::text(ty),
    }
}

pub(crate) fn last_segment_is(ty: &Type, name: &str) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|segment| segment.ident == name && segment.arguments.is_none()))
}

/// The first type argument of a path that ends with `name`.
pub(crate) fn argument<'t>(ty: &'t Type, name: &str) -> Option<&'t Type> {
    let Type::Path(path) = peel(ty) else { return None };
    let segment = path.path.segments.last().filter(|segment| segment.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// What is generated for all the uses of one item.
pub(crate) struct Needs {
    /// A typed key for each use, which is where the compiler looks for a provider.
    pub(crate) keys: Pieces,
    /// `&[Need]`
    pub(crate) list: TokenStream,
    /// The need of each use; the context is none.
    pub(crate) each: Vec<Option<Pieces>>,
    /// The nodes of the graph, of a provider: expressions.
    pub(crate) nodes: Vec<TokenStream>,
    /// Runs before the call: fresh objects.
    pub(crate) before: TokenStream,
    /// The arguments of the call, in order.
    pub(crate) values: Vec<Pieces>,
    /// Whether the context itself is among the arguments.
    pub(crate) context: bool,
}

impl Needs {
    /// For the uses of one item. `holder` is the key of a provider, whose needs must live as long as it does.
    pub(crate) fn new(uses: &[Use], instance: &Instance, holder: Option<&TokenStream>) -> Needs {
        let (cx, plain) = (spans::cx(), Span::call_site());
        let mut needs = Needs {
            keys: Pieces::default(),
            list: TokenStream::new(),
            each: Vec::with_capacity(uses.len()),
            nodes: Vec::new(),
            before: TokenStream::new(),
            values: Vec::with_capacity(uses.len()),
            context: false,
        };
        for (index, dependency) in uses.iter().map(|dependency| dependency.of(instance)).enumerate() {
            let key = format_ident!("__PARTITURA_{}", index);
            let ty = &dependency.ty;
            let text = Literal::string(&spans::text(ty));
            let form = dependency.form;
            let cfg = dependency.condition();
            if form == Form::Context {
                needs.context = true;
                needs.each.push(None);
                // At the type: another one of this name, which is not the message's context, is told there.
                let mut context = cx.clone();
                context.set_span(cx.span().located_at(spans::ends(ty).0));
                needs.values.push(Pieces::word(context).under(cfg.as_ref()));
                continue;
            }
            if form == Form::All {
                let need = Pieces::tokens(quote!(__partitura::rt::Need::all::<#ty>(&#key, #text)));
                needs.each.push(Some(need.under(cfg.as_ref())));
                let value = Pieces::call(words!(plain => __partitura::rt::all), quote!(#cx, &#key));
                needs.values.push(value.under(cfg.as_ref()));
                needs.keys.0.push(Piece::Tokens(quote! {
                    #cfg
                    static #key: __partitura::rt::Slot<__partitura::rt::All<#ty>> = __partitura::rt::Slot::new();
                }));
                continue;
            }
            needs.keys.0.extend(key_of(&key, &dependency, holder).0);
            if holder.is_some() {
                needs.nodes.push(quote!(#cfg #key.node));
            }
            let need = match form {
                Form::Optional | Form::OptionalKept => words!(plain => __partitura::rt::Need::optional),
                Form::Fresh | Form::FreshBox => words!(plain => __partitura::rt::Need::fresh),
                _ => words!(plain => __partitura::rt::Need::one),
            };
            needs.each.push(Some(Pieces::call(need, quote!(#key, #text)).under(cfg.as_ref())));
            let getter = match form {
                Form::Shared => words!(plain => __partitura::rt::provided),
                Form::Kept => words!(plain => __partitura::rt::kept),
                Form::Optional => words!(plain => __partitura::rt::optional),
                Form::OptionalKept => words!(plain => __partitura::rt::optional_kept),
                _ => {
                    let value = Ident::new(&format!("__partitura_{index}"), Span::mixed_site());
                    let unbox = (form == Form::Fresh).then(|| quote!(*));
                    needs.before.extend(quote!(#cfg let #value = #unbox __partitura::rt::fresh(#cx, #key).await?;));
                    needs.values.push(Pieces::word(value).under(cfg.as_ref()));
                    continue;
                }
            };
            needs.values.push(Pieces::call(getter, quote!(#cx, #key)).under(cfg.as_ref()));
        }
        let all = needs.each.iter().flatten();
        needs.list = quote!(&[#(#all),*]);
        needs
    }

    /// True if nothing is made on the way, so that the call needs no async block.
    pub(crate) fn is_plain(&self) -> bool {
        self.before.is_empty()
    }
}

/// The typed key of one use. The projection's first token stands at the type's first token and the rest at its last,
/// so that an error has its caret under the type; whatever else refers to the key needs no bound of its own.
pub(crate) fn key_of(key: &Ident, dependency: &Use, holder: Option<&TokenStream>) -> Pieces {
    let ty = &dependency.ty;
    // Under a name, it is the name that nothing has.
    let ends = spans::ends(ty);
    let (first, last) = match &dependency.named {
        Some(named) => (spans::at(named.span()), spans::at(named.span())),
        None => ends,
    };
    let (as_trait, close) = match (&dependency.named, dependency.form) {
        (Some(named), _) => {
            let name = provider_name(named);
            let close = quote_spanned!(last=> , __partitura::rt::Name<#name>>>::KEY);
            (words!(last => Marker as __partitura::rt::ProvidesNamed<), Piece::Tokens(close))
        }
        (None, form) => {
            let as_trait = match form {
                Form::Optional | Form::OptionalKept => words!(last => Marker as __partitura::rt::MayProvide<),
                Form::Fresh | Form::FreshBox => words!(last => Marker as __partitura::rt::Makes<),
                _ => words!(last => Marker as __partitura::rt::Provides<),
            };
            (as_trait, Piece::Words(words!(last => >>::KEY)))
        }
    };
    let plain = Span::call_site();
    let cfg = dependency.condition();
    let mut pieces = Vec::with_capacity(16);
    pieces.extend(cfg.clone().map(Piece::Condition));
    pieces.extend([
        Piece::Words(words!(plain => const)),
        Piece::Word(key.clone()),
        Piece::Words(words!(plain => : __partitura::rt::Key<)),
        Piece::Type(Box::new(ty.clone())),
        Piece::Words(words!(plain => > =)),
        Piece::Words(words!(first => <__partitura::)),
        Piece::Words(as_trait),
        Piece::Type(Box::new(ty.clone())),
        close,
        Piece::Words(words!(plain => ;)),
    ]);
    pieces.extend(checks(key, dependency.form, ends, holder, cfg.as_ref()));
    Pieces(pieces)
}

/// What a lifetime forbids. A provider has a constant for each check, which nothing else refers to: it fails once, under
/// the type, and so does the next. Of handlers there are a hundred times as many: theirs are statements of the constant
/// that is the block, since each constant is one more body for the compiler; of two mistakes in a header the first is told.
fn checks(
    key: &Ident,
    form: Form,
    ends: (Span, Span),
    holder: Option<&TokenStream>,
    cfg: Option<&TokenStream>,
) -> Vec<Piece> {
    let is_fresh = matches!(form, Form::Fresh | Form::FreshBox);
    match holder {
        Some(holder) => {
            let by_reference = (!is_fresh).then(|| check(ends, quote!(by_reference(#key))));
            let by_reference = by_reference.map(|check| quote!(#cfg #check));
            let held = check(ends, quote!(held(#holder, #key)));
            vec![Piece::Tokens(quote!(#by_reference #cfg #held))]
        }
        None if is_fresh => Vec::new(),
        None => cfg
            .map(|cfg| Piece::Condition(cfg.clone()))
            .into_iter()
            .chain([
                Piece::Words(words!(ends.0 => __partitura::)),
                Piece::Words(words!(ends.1 => rt::by_reference)),
                Piece::Group(spans::parenthesized(key.to_token_stream(), ends.1)),
                Piece::Words(words!(ends.1 => ;)),
            ])
            .collect(),
    }
}

/// Some of what is generated, to be put in token by token: a stream within a stream is three calls of the compiler.
#[derive(Clone, Default)]
pub(crate) struct Pieces(Vec<Piece>);

#[derive(Clone)]
enum Piece {
    Word(Ident),
    Words(Words),
    Type(Box<Type>),
    Group(TokenTree),
    Tokens(TokenStream),
    /// `#[cfg(..)]`, before what it is said of.
    Condition(TokenStream),
}

impl Pieces {
    fn tokens(tokens: TokenStream) -> Pieces {
        Pieces(vec![Piece::Tokens(tokens)])
    }

    /// Behind the `#[cfg(..)]`s of what it is generated for.
    fn under(mut self, cfg: Option<&TokenStream>) -> Pieces {
        if let Some(cfg) = cfg {
            self.0.insert(0, Piece::Condition(cfg.clone()));
        }
        self
    }

    /// The same for a place where no `#[cfg(..)]` can stand, but one before it.
    pub(crate) fn bare(&self) -> TokenStream {
        let pieces = self.0.iter().filter(|piece| !matches!(piece, Piece::Condition(_))).cloned();
        Pieces(pieces.collect()).into_token_stream()
    }

    fn word(word: Ident) -> Pieces {
        Pieces(vec![Piece::Word(word)])
    }

    /// `path(arguments)`
    fn call(path: Words, arguments: TokenStream) -> Pieces {
        Pieces(vec![Piece::Words(path), Piece::Group(spans::parenthesized(arguments, path.0))])
    }
}

impl ToTokens for Pieces {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for piece in &self.0 {
            match piece {
                Piece::Word(word) => word.to_tokens(tokens),
                Piece::Words(words) => words.to_tokens(tokens),
                Piece::Type(ty) => ty.to_tokens(tokens),
                Piece::Group(group) => group.to_tokens(tokens),
                Piece::Tokens(piece) | Piece::Condition(piece) => piece.to_tokens(tokens),
            }
        }
    }
}

/// `const _: () = __partitura::rt::call;`, which fails with its caret from the first to the second place.
pub(crate) fn check((first, last): (Span, Span), call: TokenStream) -> TokenStream {
    let open = words!(first => __partitura::);
    let call = spans::located(call, last);
    quote!(const _: () = #open rt::#call;)
}

/// A provider's name as const parameters: one character each.
pub(crate) fn provider_name(literal: &LitStr) -> TokenStream {
    let characters = literal.value().chars().map(Literal::character).collect::<Vec<_>>();
    quote!(#(#characters),*)
}

/// Checks the name of a provider.
pub(crate) fn check_provider_name(literal: &LitStr, sink: &mut Sink) {
    let value = name::checked(literal, "provider", sink);
    if value.len() > 16 {
        sink.at(literal, "the name of a provider has at most 16 characters [PT0120]");
    }
}
