//! What `#[controller]` writes beside the impl block.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::visit_mut::VisitMut;
use syn::{Expr, Type};

use super::Controller;
use super::method::{Method, Parameter};
use crate::handler::{entry, item};
use crate::route::{one_of_its_path, variant};
use crate::support::instances::Instance;
use crate::support::needs::{self, Needs, Pieces, Use};
use crate::support::{paths, spans};

pub(super) fn wire(controller: &Controller) -> TokenStream {
    let ty = &controller.ty;
    let name = spans::text(ty);
    let own = Instance::of_self(ty);
    let key = own_key(ty);
    // The dependencies of all methods are numbered through.
    let uses: Vec<Use> = controller
        .methods
        .iter()
        .flat_map(|method| &method.parameters)
        .filter_map(|parameter| match parameter {
            Parameter::Use(dependency) => Some((**dependency).clone()),
            Parameter::Value(_) => None,
        })
        .collect();
    let needs = Needs::new(&uses, &own, None);
    let keys = &needs.keys;
    let mut at = 0;
    let mut methods = Vec::new();
    let (mut routes, mut checks) = (Vec::new(), TokenStream::new());
    for (index, method) in controller.methods.iter().enumerate() {
        routes.push(route(method));
        checks.extend(one_of_its_path(&method.method, &method.path, &method.path.value()));
        let count = method.parameters.iter().filter(|parameter| matches!(parameter, Parameter::Use(_))).count();
        methods.push(one(controller, method, index, &own, &needs.values[at..at + count], &needs.each[at..at + count]));
        at += count;
    }
    // Each once: the methods of a controller mostly need the same.
    let all = uses.iter().zip(&needs.each).enumerate().filter_map(|(at, (dependency, need))| {
        need.as_ref().filter(|_| !uses[..at].iter().any(|other| other.is_as(dependency)))
    });
    let text = Literal::string(&name);
    let itself = itself(&text);
    let entry = entry(quote! {
        __partitura::rt::Entry::Mounted(__partitura::rt::Mounted {
            onto: "http",
            name: #text,
            needs: &[#itself #(, #all)*],
            routes: __PARTITURA_ROUTES,
            what: &__PARTITURA_CONTROLLER,
            place: __partitura::rt::place!(),
        })
    });
    let body = quote! {
        #key
        #keys
        #checks
        const __PARTITURA_ROUTES: &[__partitura::rt::Route] = &[#(#routes),*];
        const __PARTITURA_METHODS: &[__partitura::rt::http::Method] = &[#(#methods),*];
        static __PARTITURA_CONTROLLER: __partitura::rt::http::Controller =
            __partitura::rt::http::Controller::new(__PARTITURA_METHODS);
        #entry
    };
    paths::block(controller.span, controller.runtime.as_ref(), body)
}

/// Where the compiler looks for the controller itself.
fn own_key(ty: &Type) -> TokenStream {
    let (first, last) = spans::ends(ty);
    let open = quote_spanned!(first=> <__partitura::);
    let middle = quote_spanned!(last=> Marker as __partitura::rt::Controls<);
    let close = quote_spanned!(last=> >>::KEY);
    let by_reference = spans::located(quote!(__partitura::rt::by_reference(__PARTITURA_SELF);), first);
    quote! {
        const __PARTITURA_SELF: __partitura::rt::Key<#ty> = #open #middle #ty #close;
        #by_reference
    }
}

fn itself(text: &Literal) -> TokenStream {
    quote!(__partitura::rt::Need::one(__PARTITURA_SELF, #text))
}

fn route(method: &Method) -> TokenStream {
    let (verb, path) = (variant(&method.method), &method.path);
    let path = Literal::string(&path.value());
    let (name, docs) = (Literal::string(&method.name.to_string()), &method.docs);
    let access = method.access.as_ref().map(super::access::Access::value);
    let timeout = (method.timeout_ms > 0).then(|| {
        let timeout = Literal::u64_unsuffixed(method.timeout_ms);
        quote!(.timeout(#timeout))
    });
    quote! {
        __partitura::rt::Route::new(__partitura::rt::Method::#verb, #path, __partitura::rt::place!())
            .fn_of_controller(#name, #docs) #access #timeout
    }
}

/// One method, as the adapter knows it.
fn one(
    controller: &Controller,
    method: &Method,
    index: usize,
    own: &Instance,
    values: &[Pieces],
    needs: &[Option<Pieces>],
) -> TokenStream {
    let ty = &controller.ty;
    let cx = spans::cx();
    let text = spans::text(ty);
    let (name, qualified) = (&method.name, Literal::string(&format!("{text}.{}", method.name)));
    let (incoming, told) = (Ident::new("incoming", Span::mixed_site()), Ident::new("told", Span::mixed_site()));
    let types: Vec<Type> = method
        .parameters
        .iter()
        .filter_map(|parameter| match parameter {
            Parameter::Value(ty) => Some(own.apply(&**ty)),
            Parameter::Use(_) => None,
        })
        .collect();
    let checks = types.iter().enumerate().map(|(at, ty)| check(ty, &types[at + 1..]));
    let taken = types.iter().enumerate().map(|(at, ty)| {
        let value = value_name(at);
        let (how, (first, last)) = (how(ty), spans::ends(ty));
        let (open, close) = (quote_spanned!(first=> __partitura::rt::http::take::<_,), quote_spanned!(last=> >));
        quote! {
            let #value = #open #ty #close(
                (#(#how),*),
                __partitura::rt::http::RulesOf::<#ty>::RULES,
                &mut #incoming,
            ).await?;
        }
    });
    let (mut next_value, mut next_use) = (0.., values.iter());
    let arguments = method.parameters.iter().map(|parameter| match parameter {
        Parameter::Value(_) => {
            let value = value_name(next_value.next().unwrap_or_default());
            quote!(#value)
        }
        Parameter::Use(_) => next_use.next().map(ToTokens::to_token_stream).unwrap_or_default(),
    });
    let (first, last) = spans::ends(&method.output);
    let called = quote!(<#ty>::#name(__partitura::rt::provided(#cx, __PARTITURA_SELF) #(, #arguments)*));
    let called = if method.is_async { quote!(#called.await) } else { called };
    let answer = Ident::new("answer", Span::mixed_site());
    // Located at the return type: what is no answer is told there.
    let given = {
        let value = Ident::new("answer", answer.span().located_at(first));
        let value = quote_spanned!(first=> #value.how().value);
        let end = quote_spanned!(last=> ?);
        let open = quote_spanned!(first=> ::core::result::Result::Ok);
        let call = quote_spanned!(first=> __partitura::rt::http::Answers::answer);
        quote!(#open(#call(#value(#answer)#end)))
    };
    let place = method.name.span();
    let work = {
        let mut body = proc_macro2::Group::new(
            proc_macro2::Delimiter::Brace,
            quote! {
                #(#taken)*
                let #answer = __partitura::rt::http::Given(#called);
                #given
            },
        );
        // Located at the name: what is not `Send` is told there.
        body.set_span(spans::at(place));
        let open = spans::located(quote!(async move), place);
        let mut arguments =
            proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, quote!(#cx, #told, #open #body));
        arguments.set_span(spans::at(place));
        let finished = spans::located(quote!(__partitura::rt::http::finished), place);
        quote!(#finished #arguments)
    };
    let each = needs.iter().flatten();
    let itself = itself(&Literal::string(&text));
    let layers = layers(&method.layers);
    let inputs = types.iter().map(|ty| quote!(__partitura::rt::http::InputOf::<#ty>::INPUT));
    let output = output(&own.apply(&method.output));
    let index = Literal::usize_unsuffixed(index);
    quote! {{
        #[allow(unused_imports)]
        use __partitura::rt::http::{
            NoBody as _, NoHead as _, NoInput as _, NoOutput as _, NoRules as _, NoSchema as _, Otherwise as _,
        };
        #(#checks)*
        const __PARTITURA_NEEDS: &[__partitura::rt::Need] = &[#itself #(, #each)*];
        const __PARTITURA_DOCS: __partitura::rt::http::MethodDocs =
            __partitura::rt::http::MethodDocs::new(&[#(#inputs),*], #output);
        fn __partitura_call<'c>(
            #cx: &'c __partitura::rt::Context,
            #[allow(unused_mut)] mut #incoming: __partitura::rt::http::Incoming,
        ) -> __partitura::rt::BoxFuture<'c, __partitura::rt::Result<__partitura::rt::http::Response>> {
            let #told = #incoming.told();
            #work
        }
        __partitura::rt::http::Method::new::<#ty>(
            __partitura::NAME,
            #qualified,
            &__PARTITURA_ROUTES[#index],
            __PARTITURA_NEEDS,
            __partitura_call,
        )
        .docs(__PARTITURA_DOCS)
        #layers
    }}
}

fn value_name(at: usize) -> Ident {
    Ident::new(&format!("value_{at}"), Span::mixed_site())
}

/// How a value is taken: by a schema, of the head, of the body.
fn how(ty: &Type) -> [TokenStream; 3] {
    ["BySchema", "OfHead", "OfBody"].map(|probe| {
        let probe = format_ident!("{probe}");
        quote!(__partitura::rt::http::#probe::<#ty>::HOW)
    })
}

/// Refuses what is no extractor, and a body that is not the last.
fn check(ty: &Type, later: &[Type]) -> TokenStream {
    let (own, later) = (how(ty), later.iter().map(takes_body));
    let takes_body = takes_body(ty);
    let name = spans::text(ty);
    let ours = ["Json", "Path", "Query", "Form"].iter().find(|own| needs::argument(ty, own).is_some());
    let advice = match ours {
        Some(own) => format!("what stands in a `{own}` has `#[derive(Deserialize, JsonSchema)]`"),
        None if matches!(ty, Type::Path(path) if needs::is_data(path)) => {
            format!(
                "take it from the path, `Path(..): Path<{name}>`, or as a field of what `Query<..>` or `Json<..>` holds"
            )
        }
        None => format!(
            "a dependency is taken by reference, `&{name}`; what is read from the request is an extractor, such as `Json<{name}>`, `Path<{name}>` or `Query<{name}>`"
        ),
    };
    needs::check(
        spans::ends(ty),
        quote!(http::check_value([#(#own.is()),*], #takes_body, &[#(#later),*], #name, #advice)),
    )
}

/// Whether it takes the body: what is made of the head does not, though axum makes it of a whole request, too.
fn takes_body(ty: &Type) -> TokenStream {
    quote!((!__partitura::rt::http::OfHead::<#ty>::HOW.is() && __partitura::rt::http::OfBody::<#ty>::HOW.is()))
}

fn layers(layers: &[Expr]) -> TokenStream {
    if layers.is_empty() {
        return TokenStream::new();
    }
    let router = Ident::new("router", Span::mixed_site());
    let layered = layers.iter().rev().fold(quote!(#router), |inner, layer| {
        let (first, last) = spans::ends(layer);
        let open = quote_spanned!(first=> __partitura::rt::http::layered);
        let mut arguments = proc_macro2::Group::new(proc_macro2::Delimiter::Parenthesis, quote!(#inner, #layer));
        arguments.set_span(spans::at(last));
        quote!(#open #arguments)
    });
    quote!(.layers(|#router| #layered))
}

/// What is known of the answer. A type that cannot be written, `impl Stream<Item = T>`, is asked by another with the same items.
fn output(ty: &Type) -> TokenStream {
    struct Written {
        all: bool,
    }

    impl VisitMut for Written {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if let Some(item) = item(ty) {
                *ty = syn::parse_quote!(__partitura::rt::http::Streamed<#item>);
            } else if matches!(ty, Type::ImplTrait(_) | Type::Reference(_)) {
                let is_static = matches!(ty, Type::Reference(reference) if reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static"));
                self.all &= is_static;
            } else {
                syn::visit_mut::visit_type_mut(self, ty);
            }
        }
    }

    let mut written = Written { all: true };
    let mut ty = ty.clone();
    written.visit_type_mut(&mut ty);
    match written.all {
        true => quote!(__partitura::rt::http::OutputOf::<#ty>::OUTPUT),
        false => quote!(::core::option::Option::None),
    }
}
