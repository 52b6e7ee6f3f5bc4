//! What a parameter or a field asks the container for, and what is generated for it.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{Attribute, GenericArgument, LitStr, PathArguments, Type};

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
        let (form, inner) = classify(ty, site, sink)?;
        let dependency = Use { form, ty: inner, named };
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
        Use { form: Form::Shared, ty, named: None }
    }

    /// Whether it asks for the same thing in the same form.
    pub(crate) fn is_as(&self, other: &Use) -> bool {
        let name = |dependency: &Use| dependency.named.as_ref().map(LitStr::value);
        self.form == other.form && spans::text(&self.ty) == spans::text(&other.ty) && name(self) == name(other)
    }

    fn of(&self, instance: &Instance) -> Use {
        Use { form: self.form, ty: instance.apply(&self.ty), named: self.named.clone() }
    }
}

fn named(attributes: &[Attribute], sink: &mut Sink) -> Option<LitStr> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("named"))?;
    let name: Option<LitStr> = sink.take(attribute.parse_args().map_err(|error| {
        syn::Error::new(error.span(), "the name of a provider is written `#[named(\"primary\")]` [PT0122]")
    }));
    name
}

fn classify(ty: &Type, site: Site, sink: &mut Sink) -> Option<(Form, Type)> {
    match ty {
        Type::Reference(reference) if reference.mutability.is_some() => {
            sink.at(
                ty,
                "what is injected is shared, so it cannot be `&mut`: take it by `&`, and let the type guard its state by itself, with a `Mutex` or an atomic [PT0126]",
            );
            None
        }
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
            let is_text = matches!(inner, Type::Path(path) if path.path.is_ident("str"));
            if is_text || matches!(inner, Type::Slice(_) | Type::Tuple(_) | Type::Array(_)) {
                sink.at(ty, plain(ty, site));
                return None;
            }
            Some((Form::Shared, inner.clone()))
        }
        Type::ImplTrait(_) => refuse_impl(ty, sink),
        Type::Path(_) => Some(by_value(ty, site)).and_then(|found| refuse_plain(ty, found, site, sink)),
        Type::Paren(_) | Type::Group(_) => classify(peel(ty), site, sink),
        _ => {
            sink.at(ty, plain(ty, site));
            None
        }
    }
}

fn refuse_impl(ty: &Type, sink: &mut Sink) -> Option<(Form, Type)> {
    let text = spans::text(ty).replacen("impl ", "dyn ", 1);
    sink.at(ty, format!("the container looks for one type: write `&{text}` [PT0126]"));
    None
}

fn by_value(ty: &Type, site: Site) -> (Form, Type) {
    let _ = site;
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
    let is_data = found.0 == Form::Fresh && matches!(ty, Type::Path(path) if path.qself.is_none() && is_data(path));
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

fn last_segment_is(ty: &Type, name: &str) -> bool {
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
            if form == Form::Context {
                needs.context = true;
                needs.each.push(None);
                needs.values.push(Pieces::word(cx.clone()));
                continue;
            }
            if form == Form::All {
                needs.each.push(Some(Pieces::tokens(quote!(__partitura::rt::Need::all::<#ty>(&#key, #text)))));
                needs.values.push(Pieces::call(words!(plain => __partitura::rt::all), quote!(#cx, &#key)));
                needs.keys.0.push(Piece::Tokens(quote! {
                    static #key: __partitura::rt::Slot<__partitura::rt::All<#ty>> = __partitura::rt::Slot::new();
                }));
                continue;
            }
            needs.keys.0.extend(key_of(&key, &dependency, holder).0);
            if holder.is_some() {
                needs.nodes.push(quote!(#key.node));
            }
            let need = match form {
                Form::Optional | Form::OptionalKept => words!(plain => __partitura::rt::Need::optional),
                Form::Fresh | Form::FreshBox => words!(plain => __partitura::rt::Need::fresh),
                _ => words!(plain => __partitura::rt::Need::one),
            };
            needs.each.push(Some(Pieces::call(need, quote!(#key, #text))));
            let getter = match form {
                Form::Shared => words!(plain => __partitura::rt::provided),
                Form::Kept => words!(plain => __partitura::rt::kept),
                Form::Optional => words!(plain => __partitura::rt::optional),
                Form::OptionalKept => words!(plain => __partitura::rt::optional_kept),
                _ => {
                    let value = Ident::new(&format!("__partitura_{index}"), Span::mixed_site());
                    let unbox = (form == Form::Fresh).then(|| quote!(*));
                    needs.before.extend(quote!(let #value = #unbox __partitura::rt::fresh(#cx, #key).await?;));
                    needs.values.push(Pieces::word(value));
                    continue;
                }
            };
            needs.values.push(Pieces::call(getter, quote!(#cx, #key)));
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
    let mut pieces = vec![
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
    ];
    pieces.extend(checks(key, dependency.form, ends, holder));
    Pieces(pieces)
}

/// What a lifetime forbids. A provider has a constant for each check, which nothing else refers to: it fails once, under
/// the type, and so does the next. Of handlers there are a hundred times as many: theirs are statements of the constant
/// that is the block, since each constant is one more body for the compiler; of two mistakes in a header the first is told.
fn checks(key: &Ident, form: Form, ends: (Span, Span), holder: Option<&TokenStream>) -> Vec<Piece> {
    let is_fresh = matches!(form, Form::Fresh | Form::FreshBox);
    match holder {
        Some(holder) => {
            let by_reference = (!is_fresh).then(|| check(ends, quote!(by_reference(#key))));
            let held = check(ends, quote!(held(#holder, #key)));
            vec![Piece::Tokens(quote!(#by_reference #held))]
        }
        None if is_fresh => Vec::new(),
        None => vec![
            Piece::Words(words!(ends.0 => __partitura::)),
            Piece::Words(words!(ends.1 => rt::by_reference)),
            Piece::Group(spans::parenthesized(key.to_token_stream(), ends.1)),
            Piece::Words(words!(ends.1 => ;)),
        ],
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
}

impl Pieces {
    fn tokens(tokens: TokenStream) -> Pieces {
        Pieces(vec![Piece::Tokens(tokens)])
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
                Piece::Tokens(piece) => piece.to_tokens(tokens),
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
