//! Who calls, within which trace, and until when.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::OriginalUri;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderName, request};
use axum::response::Response;
use partitura_runtime::app::{App, Call, Door};
use partitura_runtime::config::{Config, SectionInfo};
use partitura_runtime::container::all::All;
use partitura_runtime::container::key::Slot;
use partitura_runtime::container::need::Need;
use partitura_runtime::entry::all;
use partitura_runtime::entrypoint::{Authenticator, NEEDS, SECTIONS};
use partitura_runtime::telemetry::trace::{TraceId, TraceParent};
use partitura_runtime::{Error, Failure, Identity, Kind};

use crate::auth::{AuthConfig, Authenticators, Refused};
use crate::config::HttpConfig;
use crate::layers::{Guard, Layers, Places, Seen};
use crate::problem::{self, Told};

/// What all routes of an application share.
pub(crate) struct Shared {
    pub(crate) app: App,
    pub(crate) config: HttpConfig,
    pub(crate) layers: Layers,
    pub(crate) callers: Authenticators,
    /// The header that names a session.
    session: HeaderName,
}

static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// An application's own authenticators: `#[injectable(as dyn Authenticator, many)]`.
static OWN: Slot<All<dyn Authenticator>> = Slot::new();

#[linkme::distributed_slice(NEEDS)]
static NEED: Need = Need::all::<dyn Authenticator>(&OWN, "dyn Authenticator");

#[linkme::distributed_slice(SECTIONS)]
static SECTION: SectionInfo = SectionInfo::of::<AuthConfig>();

impl Shared {
    /// # Errors
    /// What is wrong with the section `auth`.
    pub(crate) fn new(
        app: &App,
        from: &Config,
        config: HttpConfig,
        layers: Layers,
    ) -> partitura_runtime::Result<Arc<Self>> {
        let mut callers = Authenticators::from_config(from, app.env())?;
        let own = all(&app.context(Identity::anonymous()), &OWN);
        for authenticator in own.shared() {
            callers = callers.and(authenticator.clone());
        }
        let session = HeaderName::try_from(&config.session_header).map_err(|_| {
            let text = format!("`{}` is no name of a header", config.session_header);
            Error::invalid("the section `http` is not valid").with_code("PT0410").with_failures(vec![Failure::new(
                "http.session_header",
                "header",
                text,
            )])
        })?;
        Ok(Arc::new(Shared { app: app.clone(), config, layers, callers, session }))
    }

    /// Who sends a request, which counts from now on.
    ///
    /// # Errors
    /// The answer, if the credentials do not hold or a rate is reached.
    pub(crate) async fn caller(&self, head: &request::Parts, guard: &Guard) -> Result<Identity, Box<Response>> {
        let identified = self.callers.identify(&head.headers, head.uri.query()).await;
        let (identity, refused) = match identified {
            Ok(identity) => (identity, None),
            Err(refused) => (Identity::anonymous(), Some(refused)),
        };
        if let Some(seen) = head.extensions.get::<Arc<Seen>>() {
            seen.caller(&identity);
        }
        // Also who guesses credentials is counted, by the address.
        guard.count(self, head, &identity).map_err(|error| self.limited(&error, head))?;
        match refused {
            Some(refused) => Err(self.refused(refused, head)),
            None => Ok(identity),
        }
    }

    /// The way in for one request, after others if the limits of its route say so.
    ///
    /// # Errors
    /// The answer, if the credentials do not hold or a limit is reached.
    pub(crate) async fn door<'g>(
        &'g self,
        head: &request::Parts,
        guard: &'g Guard,
    ) -> Result<(Door, Places<'g>), Box<Response>> {
        let (identity, places) = match self.let_in_now(guard) {
            Some(places) => (Identity::anonymous(), places),
            // On the heap, as all that not every request does.
            None => Box::pin(self.let_in(head, guard)).await?,
        };
        let door = self.app.door(self.call(head, guard, identity));
        if let Some(seen) = head.extensions.get::<Arc<Seen>>() {
            seen.trace(door.trace_id());
        }
        Ok((door, places))
    }

    /// Who calls, within which trace and until when, and the places that the request has.
    ///
    /// # Errors
    /// As [`Shared::door`].
    pub(crate) async fn admit<'g>(
        &'g self,
        head: &request::Parts,
        guard: &'g Guard,
    ) -> Result<(Call, Places<'g>), Box<Response>> {
        let (identity, places) = Box::pin(self.let_in(head, guard)).await?;
        Ok((self.call(head, guard, identity), places))
    }

    /// Lets a request in that nothing has to be asked for: nobody can say who they are, nothing is counted, and there is a place.
    fn let_in_now<'g>(&'g self, guard: &'g Guard) -> Option<Places<'g>> {
        if self.callers.is_empty() && !guard.counts(self) { guard.enter_now(self) } else { None }
    }

    async fn let_in<'g>(
        &'g self,
        head: &request::Parts,
        guard: &'g Guard,
    ) -> Result<(Identity, Places<'g>), Box<Response>> {
        let identity = self.caller(head, guard).await?;
        let places = guard.enter(self).await.map_err(|error| self.limited(&error, head))?;
        Ok((identity, places))
    }

    #[inline]
    fn call(&self, head: &request::Parts, guard: &Guard, identity: Identity) -> Call {
        let mut call = Call::by(identity).at(crate::entrypoint::NAME);
        call.deadline = guard.deadline(self.app.env());
        if !head.headers.is_empty() {
            call.trace = head.headers.get(&TRACEPARENT).and_then(|text| TraceParent::parse(text.as_bytes()).ok());
            call.session = head.headers.get(&self.session).and_then(|text| text.to_str().ok()).map(Arc::from);
        }
        call
    }

    /// The answer to a request beyond a limit.
    #[cold]
    fn limited(&self, error: &Error, head: &request::Parts) -> Box<Response> {
        Box::new(problem::answer(error, self.told(&path(head), None)))
    }

    /// The answer to credentials that do not hold, or could not be checked.
    #[cold]
    fn refused(&self, refused: Refused, head: &request::Parts) -> Box<Response> {
        let mut response = problem::answer(refused.error(), self.told(&path(head), None));
        for value in refused.challenge() {
            response.headers_mut().append(WWW_AUTHENTICATE, value.clone());
        }
        Box::new(response)
    }

    /// The answer that tells `error`; one that asks for credentials says which.
    pub(crate) fn answer(&self, error: &Error, told: Told<'_>) -> Response {
        let mut response = problem::answer(error, told);
        if error.kind() == Kind::Unauthenticated {
            for value in self.callers.challenge() {
                response.headers_mut().append(WWW_AUTHENTICATE, value);
            }
        }
        response
    }

    /// What is known where a problem of this request is told.
    pub(crate) fn told<'a>(&'a self, path: &'a str, trace_id: Option<TraceId>) -> Told<'a> {
        Told { trace_id, path, types: self.config.problem_types.as_deref() }
    }
}

/// The path as the caller wrote it, also where the router is nested in another.
pub(crate) fn path(head: &request::Parts) -> Cow<'_, str> {
    match head.extensions.get::<OriginalUri>() {
        Some(OriginalUri(uri)) => Cow::Borrowed(uri.path()),
        None => Cow::Borrowed(head.uri.path()),
    }
}
