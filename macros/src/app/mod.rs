//! `app!`: the composition root.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, LitStr, Path, Type, Visibility, braced};

use crate::module::{self, Module, entries};
use crate::support::name::snake;
use crate::support::sink::Sink;
use crate::support::{paths, spans};

const KEYS: &[&str] = &["modules", "fakes", "env_prefix", "crate"];
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

/// An application.
struct Application {
    attributes: Vec<Attribute>,
    visibility: Visibility,
    name: Ident,
    modules: Vec<Path>,
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
            fakes: Vec::new(),
            env_prefix: None,
            runtime: None,
        })
    }

    fn key(&mut self, key: &Ident, input: ParseStream<'_>, sink: &mut Sink) -> syn::Result<()> {
        match key.to_string().as_str() {
            "modules" => {
                self.modules = entries(input, sink, |input, _| input.call(Path::parse_mod_style))?;
                self.twice(sink);
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

    fn twice(&self, sink: &mut Sink) {
        for (index, path) in self.modules.iter().enumerate() {
            if self.modules[..index].iter().any(|other| spans::text(other) == spans::text(path)) {
                sink.at(path, format!("`{}` is listed twice [PT0121]", spans::text(path)));
            }
        }
    }

    fn write(&self, text: String) -> TokenStream {
        let name = &self.name;
        let own = !self.modules.iter().any(|path| path.is_ident("crate"));
        let own_module = own.then(|| self.own_module(text));
        let hidden = own_module.as_ref().map(module::write_own);
        let rt = paths::runtime(self.runtime.as_ref());
        let mut links = TokenStream::new();
        let mut indices = Vec::new();
        for (index, path) in self.modules.iter().enumerate() {
            links.extend(self.link(path, index));
            indices.push(Literal::usize_unsuffixed(index));
        }
        if let Some(module) = &own_module {
            let index = Literal::usize_unsuffixed(self.modules.len());
            links.extend(module::link_own(module, name, &index));
            indices.push(index);
        }
        let (attributes, visibility) = (&self.attributes, &self.visibility);
        let blueprint = self.blueprint(&rt, &indices);
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
            #links
            #blueprint
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

    /// The module's own macro, called with the span of its entry: what is missing is told there.
    fn link(&self, path: &Path, index: usize) -> TokenStream {
        let name = &self.name;
        let index = Literal::usize_unsuffixed(index);
        let (first, last) = spans::ends(path);
        if path.is_ident("crate") {
            return quote_spanned!(last=> crate::__partitura_own_module! { #name #index });
        }
        let path = spans::located(quote!(#path), first);
        let call = Ident::new("__partitura_module", last);
        let bang = quote_spanned!(last=> !);
        let body = quote_spanned!(last=> { #name #index });
        quote!(#path::#call #bang #body)
    }

    fn blueprint(&self, rt: &TokenStream, indices: &[Literal]) -> TokenStream {
        let name = &self.name;
        let text = Literal::string(&name.to_string());
        let prefix = self.env_prefix.as_ref().map_or_else(|| snake(name).to_uppercase(), LitStr::value);
        let fakes = self.fakes.iter().map(|ty| {
            let text = Literal::string(&spans::text(ty));
            quote!(#rt::Fake { of: ::core::any::TypeId::of::<#ty>, name: #text })
        });
        let faked = self.fakes.iter().enumerate().map(|(index, ty)| self.fake(rt, index, ty));
        quote! {
            #[doc(hidden)]
            const _: () = {
                #(#faked)*
                // A large application takes more steps than the compiler expects of a constant.
                #[allow(long_running_const_eval)]
                const _: () = #rt::check_application(
                    &[#(<#name as #rt::ModuleAt<#indices>>::EXPORTS),*],
                    &[#(<#name as #rt::ModuleAt<#indices>>::LINKS),*],
                );
                impl #name {
                    /// Its name, its modules, and where it is composed.
                    pub const BLUEPRINT: &'static #rt::Blueprint = &#rt::Blueprint {
                        name: #text,
                        version: ::core::env!("CARGO_PKG_VERSION"),
                        env_prefix: #prefix,
                        modules: &[#(<#name as #rt::ModuleAt<#indices>>::MODULE),*],
                        fakes: &[#(#fakes),*],
                        place: #rt::place!(),
                    };

                    /// Builds the application: `Bank::builder().replace::<dyn Mailer>(..).build().await`.
                    pub fn builder() -> #rt::Builder {
                        Self::BLUEPRINT.builder()
                    }
                }
                #rt::app_main!(#name);
            };
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
            static #node: #rt::Node = #rt::Node {
                name: #text,
                place: #rt::place!(),
                lifetime: #rt::Lifetime::Singleton,
                import: ::core::option::Option::None,
                needs: &[],
            };
            #head #ty #tail {
                const NODE: #rt::Ref = #rt::Ref::to(&#node);
            }
        }
    }
}
