//! How the value of a parameter is taken from a request, asked of its type where the type is known: a constant that is found
//! on the type itself if it can, and else by a trait that every type has.

use std::marker::PhantomData;
use std::mem::take as taken;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::IntoResponse;
use partitura_runtime::error::Result;
use partitura_runtime::validate::{self, Validate};

use super::extract::{Holds, ReadsBySchema};
use super::{Incoming, Refused};

/// It can.
pub struct Yes;
/// It cannot.
pub struct No;

impl Yes {
    /// True.
    pub const fn is(&self) -> bool {
        true
    }
}

impl No {
    /// False.
    pub const fn is(&self) -> bool {
        false
    }
}

macro_rules! probe {
    ($(#[$docs:meta])* $probe:ident, $fallback:ident, $($bound:tt)*) => {
        $(#[$docs])*
        pub struct $probe<T>(PhantomData<fn() -> T>);

        impl<T: $($bound)*> $probe<T> {
            /// It does.
            pub const HOW: Yes = Yes;
        }

        /// Of every other type.
        pub trait $fallback {
            /// It does not.
            const HOW: No = No;
        }

        impl<T> $fallback for $probe<T> {}
    };
}

probe!(
    /// Whether a type is one of our own extractors, of something that has a schema.
    BySchema, NoSchema, ReadsBySchema
);
probe!(
    /// Whether a type is made of the head of a request.
    OfHead, NoHead, FromRequestParts<()>
);
probe!(
    /// Whether a type takes the body.
    OfBody, NoBody, FromRequest<()>
);

/// The rules of what one of our own extractors holds, if it has any.
pub struct RulesOf<T>(PhantomData<fn() -> T>);

impl<T: Holds<Value: Validate>> RulesOf<T> {
    /// How they are checked.
    pub const RULES: Option<fn(&T) -> Result<()>> = Some(|held| match held.held() {
        Some(value) => validate::check_value(value),
        None => Ok(()),
    });
}

/// Of every other type.
pub trait NoRules<T> {
    /// None.
    const RULES: Option<fn(&T) -> Result<()>> = None;
}

impl<T> NoRules<T> for RulesOf<T> {}

/// How a `T` is taken from a request.
pub trait Take<T>: Sized {
    /// Takes it.
    fn take(incoming: &mut Incoming) -> impl Future<Output = Result<T, Refused>> + Send;
}

impl<T: ReadsBySchema, H, B> Take<T> for (Yes, H, B) {
    async fn take(incoming: &mut Incoming) -> Result<T, Refused> {
        Ok(T::read(&mut incoming.request).await?)
    }
}

impl<T: FromRequestParts<()>, B> Take<T> for (No, Yes, B) {
    async fn take(incoming: &mut Incoming) -> Result<T, Refused> {
        let (mut head, body) = taken(&mut incoming.request).into_parts();
        let made = T::from_request_parts(&mut head, &()).await;
        incoming.request = Request::from_parts(head, body);
        made.map_err(|refused| Refused::Response(Box::new(refused.into_response())))
    }
}

impl<T: FromRequest<()>> Take<T> for (No, No, Yes) {
    async fn take(incoming: &mut Incoming) -> Result<T, Refused> {
        let request: Request<Body> = taken(&mut incoming.request);
        T::from_request(request, &()).await.map_err(|refused| Refused::Response(Box::new(refused.into_response())))
    }
}

/// What [`check_value`] has refused is taken nowhere.
impl<T> Take<T> for (No, No, No) {
    async fn take(_: &mut Incoming) -> Result<T, Refused> {
        std::future::pending().await
    }
}

/// The value of a parameter, by its rules.
pub async fn take<H: Take<T>, T>(
    _: H,
    rules: Option<fn(&T) -> Result<()>>,
    incoming: &mut Incoming,
) -> Result<T, Refused> {
    let value = H::take(incoming).await?;
    if let Some(rules) = rules {
        rules(&value)?;
    }
    Ok(value)
}

/// Refuses a parameter that is no extractor, and one that takes the body and is not the last. `how` is whether it reads by a
/// schema, is made of the head, takes the body; `later` whether those behind it take the body; `advice` is for what is none.
#[track_caller]
pub const fn check_value(how: [bool; 3], takes_body: bool, later: &[bool], name: &str, advice: &str) {
    let is_any = how[0] || how[1] || how[2];
    if is_any && (!takes_body || later.is_empty()) {
        return;
    }
    let mut text = partitura_runtime::wiring::text::Text::new();
    text.put("`");
    text.put(name);
    if !is_any {
        text.put("` is taken by value, and cannot be read from a request: ");
        text.put(advice);
        text.put(" [PT0423]");
        panic!("{}", text.as_str());
    }
    let mut at = 0;
    while at < later.len() {
        if later[at] {
            text.put("` takes the body of the request, and so does another parameter behind it: a request has one body, so take all of it as one type [PT0424]");
            panic!("{}", text.as_str());
        }
        at += 1;
    }
    text.put(
        "` takes the body of the request, and what does is the last of the values: put it behind the others [PT0424]",
    );
    panic!("{}", text.as_str());
}
