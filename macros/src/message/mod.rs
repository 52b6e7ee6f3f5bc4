//! `#[derive(Command)]`, `#[derive(Query)]`, `#[derive(Event)]`: plain data gets a name and a home.

mod owned;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{DeriveInput, Path, Type, WherePredicate, parse_quote};

use crate::support::function::docs;
use crate::support::keys::{self, CRATE, Form, Key, Keys, key};
use crate::support::needs::{argument, peel};
use crate::support::serde::Serde;
use crate::support::sink::Sink;
use crate::support::spans::{Words, words};
use crate::support::topic::Template;
use crate::support::{manifest, name, paths, spans};
use crate::validate::Rules;

/// What the message is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Command,
    Query,
    Event,
}

impl Kind {
    fn helper(self) -> &'static str {
        match self {
            Kind::Command => "command",
            Kind::Query => "query",
            Kind::Event => "event",
        }
    }

    fn ident(self) -> Ident {
        match self {
            Kind::Command => format_ident!("Command"),
            Kind::Query => format_ident!("Query"),
            Kind::Event => format_ident!("Event"),
        }
    }
}

const NAME: Key = key("name", Form::Text, "name = \"Open\"");
const VERSION: Key = key("version", Form::Number, "version = 2");
const LOCAL: Key = key("local", Form::Flag, "local");
const REQUEST_KEYS: &[Key] = &[
    NAME,
    VERSION,
    LOCAL,
    key("contract", Form::Flag, "contract"),
    key("reply", Form::Type, "reply = AccountId"),
    CRATE,
];
const EVENT_KEYS: &[Key] =
    &[NAME, VERSION, LOCAL, key("topic", Form::Text, "topic = \"orders.{region}.placed\""), CRATE];

pub(crate) fn expand(kind: Kind, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let Some(input) = keys::parse::<DeriveInput>(item, &mut sink) else { return sink.into_tokens() };
    let attribute = format!("#[{}]", kind.helper());
    let (tokens, _) = keys::helper(&input.attrs, kind.helper(), &mut sink);
    let known = if kind == Kind::Event { EVENT_KEYS } else { REQUEST_KEYS };
    let keys = Keys::parse(&attribute, known, tokens, &mut sink);
    let message = Message::read(kind, &input, &keys, &mut sink);
    // A mistake in a key must not make everything that uses the message fail, too: the rest is written all the same.
    let wiring = message.expand(&input);
    [paths::allowed(&input.attrs), Some(wiring), sink.told()].into_iter().flatten().collect()
}

/// A message that is understood.
struct Message {
    kind: Kind,
    name: String,
    version: u32,
    local: bool,
    contract: Option<Type>,
    topic: Option<Template>,
    docs: String,
    runtime: Option<Path>,
    rules: Rules,
}

/// The named fields of a struct.
fn fields(input: &DeriveInput) -> Vec<Ident> {
    match &input.data {
        syn::Data::Struct(data) => data.fields.iter().filter_map(|field| field.ident.clone()).collect(),
        _ => Vec::new(),
    }
}

/// The fields as JSON names them, a line each, behind `=`, or behind `*` what one text cannot fill; `None` where serde puts
/// others in their place. One text costs the compiler a tenth of what a constant with a list did.
fn named_fields(input: &DeriveInput) -> Option<Literal> {
    let syn::Data::Struct(data) = &input.data else { return None };
    let whole = Serde::read(&input.attrs);
    if whole.transparent || whole.untagged || matches!(data.fields, syn::Fields::Unnamed(_)) {
        return None;
    }
    let mut names = String::new();
    for field in &data.fields {
        let own = Serde::read(&field.attrs);
        if own.flatten {
            return None;
        }
        if own.skip {
            continue;
        }
        let name = own.field(&field.ident.as_ref()?.to_string(), whole.rename_all.as_deref());
        names.push(if is_one(&field.ty) { '=' } else { '*' });
        names.push_str(&name);
        names.push('\n');
    }
    Some(Literal::string(&names))
}

/// False for what surely holds several values.
fn is_one(ty: &Type) -> bool {
    const SEVERAL: &[&str] =
        &["Vec", "VecDeque", "HashMap", "BTreeMap", "HashSet", "BTreeSet", "IndexMap", "IndexSet", "File"];
    match peel(ty) {
        Type::Tuple(_) | Type::Array(_) | Type::Slice(_) => false,
        Type::Path(path) => match path.path.segments.last() {
            Some(last) => match last.ident.to_string().as_str() {
                "Option" => argument(ty, "Option").is_none_or(is_one),
                name => !SEVERAL.contains(&name),
            },
            None => true,
        },
        _ => true,
    }
}

/// The value of a `Result<T>`, which is what a handler returns. One that names its error may be a reply.
fn outcome(reply: &Type) -> Option<&Type> {
    let Type::Path(path) = peel(reply) else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    argument(reply, "Result").filter(|_| arguments.args.len() == 1)
}

impl Message {
    fn read(kind: Kind, input: &DeriveInput, keys: &Keys, sink: &mut Sink) -> Message {
        if let syn::Data::Union(union) = &input.data {
            sink.at(union.union_token, "a message is a struct or an enum [PT0132]");
        }
        for lifetime in input.generics.lifetimes() {
            sink.at(lifetime, "a message owns its data: it cannot have a lifetime parameter [PT0132]");
        }
        let name = match keys.text("name") {
            Some(literal) => name::checked(literal, "message", sink).replace(|c: char| !c.is_ascii_alphanumeric(), "_"),
            None => input.ident.to_string().trim_start_matches("r#").to_owned(),
        };
        let version = match keys.number("version") {
            None => 1,
            Some(literal) => match literal.base10_parse::<u32>() {
                Ok(version) if version > 0 => version,
                _ => {
                    sink.at(literal, "a version is a whole number from 1: `version = 2` [PT0120]");
                    1
                }
            },
        };
        let contract = match (keys.flag("contract"), keys.ty("reply")) {
            (Some(_), Some(reply)) => match outcome(reply) {
                Some(value) => {
                    let text = spans::text(value);
                    sink.at(
                        reply,
                        format!("`reply` is what stands in the `Result` of its handler: `reply = {text}` [PT0133]"),
                    );
                    Some(value.clone())
                }
                None => Some(reply.clone()),
            },
            (Some(contract), None) => {
                // A reply that was misspelt is told already.
                if sink.is_empty() {
                    sink.at(
                        contract,
                        "a contract says what its handler, in another crate, answers with: `contract, reply = AccountId` [PT0133]",
                    );
                }
                Some(parse_quote!(()))
            }
            (None, Some(reply)) => {
                sink.at(
                    reply,
                    "the reply of a message is what its handler returns; only a contract, whose handler lives in another crate, declares it: `contract, reply = ..` [PT0133]",
                );
                None
            }
            (None, None) => None,
        };
        if contract.is_some() && !input.generics.params.is_empty() {
            sink.at(&input.generics, "a contract has one type: it cannot be generic [PT0124]");
        }
        let local = keys.flag("local").is_some();
        if !local {
            owned::check(kind.helper(), input, sink);
        }
        // What the derives beside this one then say is long and names no cure.
        let missing = if local { &[] } else { manifest::missing() };
        if !missing.is_empty() {
            let names: Vec<String> = missing.iter().map(|(name, _)| format!("`{name}`")).collect();
            let lines: Vec<String> = missing.iter().map(|(_, line)| format!("`{line}`")).collect();
            sink.span(
                proc_macro2::Span::call_site(),
                format!(
                    "this crate does not depend on {}, which messages need: add {} to `[dependencies]` in Cargo.toml [PT0136]",
                    names.join(" and "),
                    lines.join(" and ")
                ),
            );
        }
        let topic = keys.text("topic").and_then(|literal| Template::read(literal, &fields(input), sink));
        let rules = Rules::read(input, sink);
        Message {
            kind,
            name,
            version,
            // With a mistake nothing more is asked of it: the derives beside this one may have stumbled over it, too.
            local: local || !sink.is_empty(),
            contract,
            topic,
            docs: docs(&input.attrs),
            runtime: keys.runtime().cloned(),
            rules,
        }
    }

    fn expand(&self, input: &DeriveInput) -> TokenStream {
        match &self.contract {
            Some(reply) => self.contract(input, reply),
            None => {
                let place = spans::at(input.ident.span());
                let plain = Span::call_site();
                let module = words!(plain => __partitura::NAME);
                let message = self.message(input, module, &words!(plain => __partitura::HASH));
                // The home is located at the message's own name: when nothing handles it, the compiler says so there.
                let home = words!(place => __partitura::Marker);
                let request = (self.kind != Kind::Event).then(|| self.request(input, home));
                let one_of_its_name = Some(self.one_of_its_name(&input.ident));
                let body = [Some(message), request, one_of_its_name].into_iter().flatten().collect();
                paths::block(input.ident.span(), self.runtime.as_ref(), body)
            }
        }
    }

    /// The description, and how it travels.
    fn message(&self, input: &DeriveInput, module: Words, hashed: &impl ToTokens) -> TokenStream {
        let ident = &input.ident;
        let rt = &quote!(__partitura::rt);
        let (name, docs) = (Literal::string(&self.name), Literal::string(&self.docs));
        let version = Literal::u32_unsuffixed(self.version);
        let (hash, power) = name::digits(&self.name);
        let (hash, power) = (Literal::u64_unsuffixed(hash), Literal::u64_unsuffixed(power));
        let docs = (!self.docs.is_empty()).then(|| quote!(.docs(#docs)));
        let version = (self.version != 1).then(|| quote!(.version(#version)));
        let local = self.local.then(|| quote!(.local()));
        let contract = self.contract.is_some().then(|| quote!(.contract()));
        let kind = self.kind.ident();
        let [generics, arguments, bounds] = self.generics(input);
        let kind_impl = (self.kind == Kind::Event).then(|| {
            let topic = self.topic.as_ref().map(|topic| topic.expand(rt));
            quote! {
                impl #generics __partitura::rt::Answered for #ident #arguments #bounds {
                    type Reply = ();
                }
                impl #generics __partitura::rt::Event for #ident #arguments #bounds {
                    #topic
                }
            }
        });
        let wire = if self.local { format_ident!("Local") } else { format_ident!("Wired") };
        let fields = (self.kind != Kind::Event).then(|| named_fields(input)).flatten();
        let fields = fields.map(|fields| quote!(.fields(#fields)));
        let (rules, validate) = (self.rules.constant(rt), self.rules.expand(input, rt));
        // Whether an instance can be copied is known where it is handled.
        let is_generic = input.generics.type_params().next().is_some();
        let clone = match is_generic && self.kind != Kind::Event {
            true => quote! {
                match __partitura::rt::Copies::<Self>::__PARTITURA_CLONE {
                    ::core::option::Option::None => <__partitura::Marker as __partitura::rt::Handles<Self>>::COPY,
                    copy => copy,
                }
            },
            false => quote!(__partitura::rt::Copies::<Self>::__PARTITURA_CLONE),
        };
        // `place!`, written out: where another derive of the item is misspelt, a macro that is found through an import is not found.
        let declared = quote! {
            __partitura::rt::Place { file: ::core::file!(), line: ::core::line!(), column: ::core::column!() }
        };
        let described = |of: &Ident| {
            quote! {
                __partitura::rt::MessageInfo::new::<#of>(
                    __partitura::rt::MessageKind::#kind, #module, #name, #declared
                ).hashed(#hashed, #hash, #power) #docs #fields #version #local #contract
            }
        };
        // A static is there once; a constant once for each part of the program that names it. Generics have no statics.
        let (info, value) = if input.generics.params.is_empty() {
            let value = described(ident);
            (Some(quote!(static __PARTITURA_INFO: __partitura::rt::MessageInfo = #value;)), quote!(&__PARTITURA_INFO))
        } else {
            let value = described(&format_ident!("Self"));
            (None, quote!(&#value))
        };
        quote! {
            use __partitura::rt::NotCopied as _;
            #info
            impl #generics __partitura::rt::Message for #ident #arguments #bounds {
                const INFO: &'static __partitura::rt::MessageInfo = #value;
                type Wire = __partitura::rt::#wire;
                const CLONE: __partitura::rt::Clones<Self> = #clone;
                #rules
            }
            #kind_impl
            #validate
        }
    }

    fn request(&self, input: &DeriveInput, home: Words) -> TokenStream {
        let ident = &input.ident;
        let kind = self.kind.ident();
        let [generics, arguments, bounds] = self.generics(input);
        quote! {
            impl #generics __partitura::rt::Request for #ident #arguments #bounds {
                type Home = #home;
            }
            impl #generics __partitura::rt::#kind for #ident #arguments #bounds {}
        }
    }

    /// A contract has a door instead of a home. Its crate needs no `module!`: without one it is named after the crate.
    fn contract(&self, input: &DeriveInput, reply: &Type) -> TokenStream {
        let ident = &input.ident;
        let rt = paths::runtime(self.runtime.as_ref());
        let crate_name = Literal::string(&crate::module::crate_name());
        let hidden = paths::hidden(proc_macro2::Span::call_site());
        let module = words!(Span::call_site() => __PARTITURA_MODULE);
        let message = self.message(input, module, &quote!(__partitura::rt::module_hash(__PARTITURA_MODULE)));
        let place = spans::at(ident.span());
        let request = self.request(input, words!(place => __partitura::rt::Remote));
        quote! {
            #[doc(hidden)]
            const _: () = {
                mod __partitura {
                    pub use #rt as rt;
                }
                // The name that `module!` gives, if there is one at the crate's root, else the crate's: a glob import
                // in an inner block wins over the block around it.
                const __PARTITURA_MODULE: &str = {
                    #[allow(dead_code)]
                    mod #hidden {
                        pub const NAME: &str = #crate_name;
                    }
                    {
                        #[allow(unused_imports)]
                        use crate::*;
                        #hidden::NAME
                    }
                };
                #message
                #request
                static __PARTITURA_SLOT: __partitura::rt::Slot<__partitura::rt::ContractHandler<#ident>> =
                    __partitura::rt::Slot::new();
                impl __partitura::rt::Contract for #ident {
                    type Reply = #reply;
                    const SLOT: &'static __partitura::rt::Slot<__partitura::rt::ContractHandler<#ident>> =
                        &__PARTITURA_SLOT;
                }
            };
        }
    }

    /// Two messages of one name in a module are two constants of one name, which the compiler shows both.
    fn one_of_its_name(&self, ident: &Ident) -> TokenStream {
        let span = spans::at(ident.span());
        let version = if self.version == 1 { String::new() } else { format!("_version_{}", self.version) };
        let unique = format_ident!("message_named_{}{version}", self.name, span = span);
        let one = quote_spanned!(span=> const #unique: () = (););
        quote!(impl __partitura::Marker { #one })
    }

    /// For a generic message: what its instances must be able to do is asked of each instance.
    fn generics(&self, input: &DeriveInput) -> [Option<TokenStream>; 3] {
        let (generics, arguments, bounds) = input.generics.split_for_impl();
        if input.generics.params.is_empty() {
            return [None, None, bounds.map(|bounds| quote!(#bounds))];
        }
        let rt = quote!(__partitura::rt);
        let wire = if self.local { quote!(Local) } else { quote!(Wired) };
        let mut predicates: Vec<WherePredicate> = vec![
            parse_quote!(Self: ::core::marker::Send + ::core::marker::Sync + 'static),
            parse_quote!(#rt::#wire: #rt::Decode<Self>),
        ];
        if self.kind != Kind::Event {
            predicates.push(parse_quote!(__partitura::Marker: #rt::Handles<Self>));
        }
        let own = input.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
        let bounds = quote!(where #(#own,)* #(#predicates),*);
        [Some(quote!(#generics)), Some(quote!(#arguments)), Some(bounds)]
    }
}
