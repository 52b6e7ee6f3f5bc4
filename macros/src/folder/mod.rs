//! `folder!`: the files of a folder become modules, in number order, and with `orchestrate` the steps of a plan.

mod files;

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, LitStr, Path, Token, Visibility};

use crate::orchestrate::{self, Facts};
use crate::support::function::docs;
use crate::support::keys::{CRATE, Form, Key, Keys, key};
use crate::support::sink::Sink;
use files::{File, Kind};

const FORM: &str = "`partitura::folder!(pub models = \"src/models\", orchestrate)` [PT0122]";

const KEYS: &[Key] = &[
    key("orchestrate", Form::Flag, "orchestrate"),
    key("strict", Form::Flag, "strict"),
    key("exclusive", Form::Flag, "exclusive"),
    key("allow", Form::List, "allow(\"operator\", OwnBranch)"),
    key("public", Form::Flag, "public"),
    CRATE,
];

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let parser = |input: ParseStream<'_>| {
        let attributes = input.call(Attribute::parse_outer)?;
        let (visibility, name) = (input.parse::<Visibility>()?, input.parse::<Ident>()?);
        input.parse::<Token![=]>()?;
        let path: LitStr = input.parse()?;
        input.parse::<Option<Token![,]>>()?;
        Ok((attributes, visibility, name, path, input.parse::<TokenStream>()?))
    };
    let (attributes, visibility, name, path, rest) = match parser.parse2(input) {
        Ok(parsed) => parsed,
        Err(error) => {
            sink.span(error.span(), format!("a folder is named and found so: {FORM}"));
            return sink.into_tokens();
        }
    };
    let keys = Keys::parse("folder!", KEYS, rest, &mut sink);
    let folder = Folder { path: &path, keys: &keys, orchestrate: keys.flag("orchestrate").is_some() };
    if !folder.orchestrate {
        for key in ["exclusive", "allow", "public"].iter().filter_map(|name| keys.flag(name)) {
            sink.at(key, format!("`{key}` is for the plan of a folder: write `orchestrate`, too [PT0121]"));
        }
    }
    let files = files::read(&path, keys.flag("strict").is_some(), folder.orchestrate, &mut sink);
    let text = path.value();
    watched(&path, &mut sink);
    let doc = docs(&attributes);
    let about = if doc.is_empty() { format!("The files of `{text}`.") } else { String::new() };
    let place = files::place(&text);
    let module = folder.module(&visibility, &name, &place, &files, &name.to_string(), &doc, &about, &mut sink);
    let errors = sink.into_tokens();
    quote!(#(#attributes)* #module #errors)
}

/// A macro cannot tell cargo that it has read a folder.
fn watched(path: &LitStr, sink: &mut Sink) {
    let text = path.value();
    let text = text.trim_start_matches("./").trim_end_matches('/');
    let name: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    // Unit tests expand without a build script; and of two mistakes in one folder the first is enough.
    if sink.is_empty() && !cfg!(test) && std::env::var_os(format!("PARTITURA_WATCHES_{name}")).is_none() {
        sink.at(
            path,
            format!("nobody watches `{text}`, so that a new file would take part at some later build: write `partitura_build::watch(\"{text}\");` into the `main` of build.rs, and `partitura-build` under [build-dependencies] [PT0194]"),
        );
    }
}

struct Folder<'a> {
    path: &'a LitStr,
    keys: &'a Keys,
    orchestrate: bool,
}

impl Folder<'_> {
    /// `pub mod models { .. }`, with a module for each file and, with `orchestrate`, the plan.
    #[expect(clippy::too_many_arguments, reason = "one of each, at two places")]
    fn module(
        &self,
        visibility: &Visibility,
        name: &Ident,
        place: &str,
        files: &[File],
        plan: &str,
        docs: &str,
        about: &str,
        sink: &mut Sink,
    ) -> TokenStream {
        let public: Visibility = syn::parse_quote!(pub);
        let modules: Vec<TokenStream> = files
            .iter()
            .map(|file| {
                let (own, path) = (ident(&file.name), &file.path);
                match &file.kind {
                    Kind::File { .. } => quote!(#[path = #path] pub mod #own;),
                    Kind::Folder(inner) => {
                        let (plan, about) =
                            (format!("{plan}.{}", file.name), format!("The files of `{}`.", file.shown));
                        self.module(&public, &own, path, inner, &plan, "", &about, sink)
                    }
                }
            })
            .collect();
        let plan = self.orchestrate.then(|| self.plan(plan, docs, files, sink));
        let about = (!about.is_empty()).then(|| quote!(#[doc = #about]));
        // Where no file is, there is no way to one.
        let place = (!files.is_empty()).then(|| quote!(#[path = #place]));
        quote! {
            #about
            #place
            #visibility mod #name {
                #(#modules)*
                #plan
            }
        }
    }

    fn plan(&self, name: &str, docs: &str, files: &[File], sink: &mut Sink) -> TokenStream {
        let steps: Vec<TokenStream> = files
            .iter()
            .filter_map(|file| {
                let (own, text) = (ident(&file.name), Literal::string(&file.name));
                match file.kind {
                    Kind::File { is_step: true } => Some(quote!(#own::__PARTITURA_STEP.named(#text))),
                    Kind::File { is_step: false } => None,
                    Kind::Folder(_) => Some(quote!(__partitura::rt::plan::StepCode::new(
                        #text,
                        __partitura::rt::place!(),
                        <#own::Run as __partitura::rt::plan::NoInput>::STEP,
                        &[],
                    ).emits())),
                }
            })
            .collect();
        let run: syn::Type = syn::parse_quote!(Run);
        let around = crate::handler::Around::read(self.keys, Some(&crate::handler::Taken::Value(run.clone())), sink);
        let facts = Facts {
            name,
            docs,
            input: None,
            output: None,
            around: around.expand(&Default::default(), &run),
            routes: &[],
            agent: None,
            timeout_ms: 0,
            span: self.path.span(),
        };
        let exclusive = self.keys.flag("exclusive").map(|_| quote!(.exclusive()));
        let runtime: Option<&Path> = self.keys.runtime();
        let body = orchestrate::plan(&facts, &steps, &quote!(.sequential() #exclusive));
        orchestrate::run(&facts, runtime, body)
    }
}

/// `type` as `r#type`.
fn ident(name: &str) -> Ident {
    match syn::parse_str::<Ident>(name) {
        Ok(_) => format_ident!("{name}"),
        Err(_) => Ident::new_raw(name, Span::call_site()),
    }
}
