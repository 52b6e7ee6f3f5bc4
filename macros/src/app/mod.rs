//! `app!`: the composition root.

use proc_macro2::{Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, LitStr, Path, Type, Visibility, braced};

use crate::module::{self, Module, entries};
use crate::support::keys::once;
use crate::support::name::snake;
use crate::support::sink::Sink;
use crate::support::{manifest, paths, spans};

const KEYS: &[&str] = &["modules", "behaviors", "fakes", "require", "env_prefix", "crate"];
const FORM: &str = "`partitura::app! { pub Bank { modules: [accounts, mail] } }`";

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let text = input.to_string();
    let app = Application::parse(input, &mut sink);
    let tokens = app.map(|app| app.write(text.clone())).unwrap_or_else(|| {
        // As in `module!`: items of the crate must not add errors of their own.
        module::write_own(&Module { application: Some(text), ..Module::default() })
    });
    let errors = sink.into_tokens();
    quote!(#tokens #errors)
}

/// Told: what is no crate but a module of Rust, in this one.
fn is_crate(path: &Path, sink: &mut Sink) -> bool {
    let Some(first) = path.segments.first().map(|first| &first.ident) else { return true };
    let is_alone = path.segments.len() == 1;
    let is_within = match first.to_string().as_str() {
        "crate" => !is_alone,
        "self" | "super" => true,
        name => is_alone && is_file_beside(first.span(), name) && !manifest::names(name),
    };
    if is_within {
        sink.at(
            path,
            "`modules` lists crates: what stands in this crate is wired without being listed, or as `crate` where it has a `module!` [PT0135]",
        );
    }
    !is_within
}

/// Whether `mod name;` would find a file.
fn is_file_beside(place: Span, name: &str) -> bool {
    if !proc_macro::is_available() {
        return false;
    }
    let folder = place.unwrap().local_file().and_then(|file| file.parent().map(std::path::Path::to_path_buf));
    folder
        .is_some_and(|folder| folder.join(format!("{name}.rs")).is_file() || folder.join(name).join("mod.rs").is_file())
}

/// An application.
struct Application {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    modules: Vec<Path>,
    behaviors: Vec<Path>,
    authorization: bool,
    fakes: Vec<Type>,
    env_prefix: Option<LitStr>,
    runtime: Option<Path>,
}

impl Application {
    fn parse(input: TokenStream, sink: &mut Sink) -> Option<Application> {
        let mut inner = Sink::default();
        let parser = |input: ParseStream<'_>| {
            let head = Application::head(input)?;
            let content;
            braced!(content in input);
            let mut app = head;
            let mut seen = Vec::new();
            while !content.is_empty() {
                module::entry(&content, KEYS, FORM, &mut seen, &mut inner, |key, input, sink| {
                    app.key(key, input, sink)
                });
            }
            if !seen.iter().any(|key| key == "modules") && inner.is_empty() {
                inner.at(&app.name, format!("an application lists its modules: {FORM} [PT0135]"));
            }
            Ok(app)
        };
        let parsed = Parser::parse2(parser, input)
            .map_err(|error| syn::Error::new(error.span(), format!("{error}; the form is {FORM} [PT0135]")));
        let app = sink.take(parsed);
        if let Some(errors) = inner.errors() {
            sink.push(errors);
        }
        app
    }

    fn head(input: ParseStream<'_>) -> syn::Result<Application> {
        Ok(Application {
            attributes: input.call(Attribute::parse_outer)?,
            visibility: input.parse()?,
            name: input.parse()?,
            modules: Vec::new(),
            behaviors: Vec::new(),
            authorization: false,
            fakes: Vec::new(),
            env_prefix: None,
            runtime: None,
        })
    }

    fn key(&mut self, key: &Ident, input: ParseStream<'_>, sink: &mut Sink) -> syn::Result<()> {
        match key.to_string().as_str() {
            "modules" => {
                let listed = entries(input, sink, |input, _| input.call(Path::parse_mod_style))?;
                self.modules = once(listed, "", sink);
                self.modules.retain(|path| is_crate(path, sink));
            }
            "behaviors" => {
                let listed = entries(input, sink, |input, _| input.call(Path::parse_mod_style))?;
                self.behaviors = once(listed, "the behavior ", sink);
            }
            "require" => {
                let what: TokenTree = input.parse()?;
                match what.to_string() == "authorization" {
                    true => self.authorization = true,
                    false => sink.at(&what, "what can be required is `require: authorization` [PT0120]"),
                }
            }
            "fakes" => self.fakes = entries(input, sink, |input, _| input.parse())?,
            "env_prefix" => {
                let prefix: LitStr = input.parse()?;
                let fine = !prefix.value().is_empty()
                    && prefix.value().chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
                if !fine {
                    sink.at(
                        &prefix,
                        "the prefix of environment variables is in capitals: `env_prefix: \"BANK\"` [PT0120]",
                    );
                }
                self.env_prefix = Some(prefix);
            }
            _ => self.runtime = Some(input.call(Path::parse_mod_style)?),
        }
        Ok(())
    }

    fn write(&self, text: String) -> TokenStream {
        let name = &self.name;
        let own = !self.modules.iter().any(|path| path.is_ident("crate"));
        let own_module = own.then(|| self.own_module(text));
        let hidden = own_module.as_ref().map(module::write_own);
        let rt = paths::runtime(self.runtime.as_ref());
        let mut links = TokenStream::new();
        let mut markers = Vec::new();
        for (index, path) in self.modules.iter().enumerate() {
            let local = format_ident!("__partitura_{index}");
            links.extend(self.link(path, &local, &rt));
            markers.push(quote!(#local::Marker));
        }
        if let Some(module) = &own_module {
            let local = format_ident!("__partitura_{}", self.modules.len());
            links.extend(module::link_own(module, name, &local));
            markers.push(quote!(#local::Marker));
        }
        let (attributes, visibility) = (&self.attributes, &self.visibility);
        let blueprint = self.blueprint(&rt, &markers);
        let test = format_ident!("{}_is_wired", snake(name));
        let docs = attributes.is_empty().then(|| {
            let text = format!("The application `{name}`.");
            quote!(#[doc = #text])
        });
        quote! {
            #docs
            #(#attributes)*
            #[derive(Debug, Clone, Copy)]
            #visibility struct #name;
            #hidden
            #[doc(hidden)]
            const _: () = {
                #links
                #blueprint
            };
            /// What no compiler sees is checked here: names, contracts, and what nobody asks for.
            #[cfg(test)]
            #[test]
            #[allow(non_snake_case)]
            fn #test() {
                #rt::assert_wired(#name::BLUEPRINT);
            }
        }
    }

    /// The module of the crate that composes the application, if no `module!` writes it. It is named after the crate;
    /// a program, an example or a test may have the name of the library that it lists.
    fn own_module(&self, text: String) -> Module {
        let crate_name = module::crate_name();
        let taken = self.modules.iter().filter_map(|path| path.segments.last()).any(|last| last.ident == crate_name);
        let name = taken.then(|| LitStr::new(&format!("{crate_name}_app"), Span::call_site()));
        Module { name, runtime: self.runtime.clone(), application: Some(text), ..Module::default() }
    }

    /// The module's own macro, called with one that writes what can be wrong, each token of it at the entry.
    fn link(&self, path: &Path, local: &Ident, rt: &TokenStream) -> TokenStream {
        let name = &self.name;
        let (first, last) = spans::ends(path);
        let (path, hidden) = (spans::located(quote!(#path), first), paths::hidden(last));
        // Through an import, so that a module that is not there is told once.
        let import = quote_spanned!(last=> ::#hidden::__partitura as #local;);
        let at = format_ident!("{local}_at");
        let dollar = Punct::new('$', Spacing::Alone);
        let (ty, node, unique) = (quote!(#dollar ty), quote!(#dollar node), quote!(#dollar name));
        let declared = self.authorization.then(|| quote!(const _: () = #rt::access_declared::<#local::Marker, #ty>();));
        let ty = quote!(#dollar ty);
        let rules = quote! {
            (provides #ty:ty, #node:expr) => {
                impl #rt::AppProvides<#ty> for #name {
                    const NODE: #rt::Ref = #node;
                }
            };
            (imports #ty:ty) => { <#name as #rt::AppProvides<#ty>>::NODE };
            (handles #ty:ty) => {
                impl #rt::AppHandles<#ty> for #name {}
                #declared
            };
            (declares #ty:ty) => { const _: () = <#name as #rt::AppHandles<#ty>>::HANDLED; };
            (named #unique:ident) => {
                #[allow(non_upper_case_globals, dead_code)]
                impl #name {
                    const #unique: () = ();
                }
            };
        };
        let rules = spans::located(rules, last);
        quote! {
            #[allow(unused_macros, unused_macro_rules)]
            macro_rules! #at { #rules }
            use #path #import
            #local::link! { #name #at }
        }
    }

    fn blueprint(&self, rt: &TokenStream, markers: &[TokenStream]) -> TokenStream {
        let name = &self.name;
        let text = Literal::string(&name.to_string());
        let prefix = self.env_prefix.as_ref().map_or_else(|| snake(name).to_uppercase(), LitStr::value);
        let fakes = self.fakes.iter().map(|ty| {
            let text = Literal::string(&spans::text(ty));
            quote!(#rt::Fake { of: ::core::any::TypeId::of::<#ty>(), name: #text })
        });
        let faked = self.fakes.iter().enumerate().map(|(index, ty)| self.fake(rt, index, ty));
        let listed = self.behaviors.iter().map(|behavior| {
            let (first, last) = spans::ends(behavior);
            let (open, close) = (quote_spanned!(first=> #rt::Listed::new::<), quote_spanned!(last=> >()));
            quote!(#open #behavior #close)
        });
        let authorization = self.authorization;
        let check = quote! {
            // A large application takes more steps than the compiler expects of a constant.
            #[allow(long_running_const_eval)]
            const _: () = #rt::check_application(
                &[#(<#markers as #rt::Linked<#name>>::EXPORTS),*],
                &[#(<#markers as #rt::Linked<#name>>::LINKS),*],
            );
        };
        let check = spans::located(check, name.span());
        quote! {
            #(#faked)*
            #check
            impl #name {
                    /// Its name, its modules, and where it is composed.
                    pub const BLUEPRINT: &'static #rt::Blueprint = &#rt::Blueprint {
                        name: #text,
                        version: ::core::env!("CARGO_PKG_VERSION"),
                        env_prefix: #prefix,
                        modules: &[#(<#markers as #rt::Linked<#name>>::MODULE),*],
                        behaviors: &[#(#listed),*],
                        authorization: #authorization,
                        fakes: &[#(#fakes),*],
                        place: #rt::place!(),
                    };

                    /// Builds the application: `Bank::builder().replace::<dyn Mailer>(..).build().await`.
                    pub fn builder() -> #rt::Builder {
                        Self::BLUEPRINT.builder()
                    }

                    /// Builds the application for a test, in virtual time: `Bank::test().build().await`.
                    pub fn test() -> #rt::TestBuilder {
                        Self::BLUEPRINT.test()
                    }
            }
            #rt::app_main!(#name);
        }
    }

    /// A type that this application takes only from a replacement.
    fn fake(&self, rt: &TokenStream, index: usize, ty: &Type) -> TokenStream {
        let name = &self.name;
        let node = format_ident!("__PARTITURA_FAKE_{index}");
        let text = Literal::string(&spans::text(ty));
        let (first, last) = spans::ends(ty);
        let head = quote_spanned!(first=> impl #rt::AppProvides<);
        let tail = quote_spanned!(last=> > for #name);
        let _ = Span::call_site();
        quote! {
            static #node: #rt::Node = #rt::Holder::singleton(#text, #rt::place!()).node(&[]);
            #head #ty #tail {
                const NODE: #rt::Ref = #rt::Ref::to(&#node);
            }
        }
    }
}
