//! Where an issuer's keys come from: an address or a file.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::uri::Scheme;
use axum::http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use partitura_runtime::Env;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

/// A set of keys is not larger; those of the large issuers have less than 10 KiB.
const MAX_BYTES: usize = 512 * 1024;

/// Where keys come from.
pub(in crate::auth) enum Source {
    Address { uri: Uri, client: Box<Client> },
    File(PathBuf),
}

/// A client for `https`, and for `http` on this machine. It follows no redirect and asks no proxy.
pub(in crate::auth) type Client = legacy::Client<HttpsConnector<HttpConnector>, Empty<Bytes>>;

/// Whose certificates are believed.
pub(in crate::auth) enum Trust<'a> {
    /// Nobody's: there is no `https`.
    Nobody,
    /// Those that the machine believes.
    Machine,
    /// These, in PEM, and no others.
    File(&'a Path),
}

impl Source {
    /// The document; bounded in size, and by the caller in time.
    ///
    /// # Errors
    /// The end of a sentence, for the log.
    pub(super) async fn read(&self) -> Result<Vec<u8>, String> {
        match self {
            Source::Address { uri, client } => get(uri, client).await,
            Source::File(path) => {
                let path = path.clone();
                // A file makes a thread wait, and those of the runtime have requests to serve.
                let read = tokio::task::spawn_blocking(move || read_file(&path)).await;
                read.unwrap_or_else(|_| Err("was not read: the runtime is shutting down".to_owned()))
            }
        }
    }
}

async fn get(uri: &Uri, client: &Client) -> Result<Vec<u8>, String> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = uri.clone();
    let answer = client.request(request).await.map_err(|error| format!("does not answer: {}", causes(&error)))?;
    if answer.status() != StatusCode::OK {
        return Err(format!("answers {} in place of 200", answer.status()));
    }
    match Limited::new(answer.into_body(), MAX_BYTES).collect().await {
        Ok(body) => Ok(body.to_bytes().to_vec()),
        Err(error) => Err(format!("sends no whole answer of {MAX_BYTES} bytes or less: {error}")),
    }
}

/// A file of keys, within the limit.
///
/// # Errors
/// The end of a sentence that begins with its name.
pub(in crate::auth) fn read_file(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    // One byte more than allowed: a pipe, which says nothing of its size, is bounded too.
    let read = File::open(path).and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() > MAX_BYTES { Err(format!("is larger than {MAX_BYTES} bytes")) } else { Ok(bytes) }
}

/// The address of keys, if it can be trusted: who can change what `http` carries can sign tokens.
///
/// # Errors
/// The end of a sentence that begins with the name of the key: what is wrong, and the fix.
pub(in crate::auth) fn address(text: &str) -> Result<Uri, &'static str> {
    const FORM: &str = "is no address: write `https://issuer.example/.well-known/jwks.json`";
    let uri: Uri = text.parse().map_err(|_| FORM)?;
    let host = uri.host().filter(|host| !host.is_empty()).ok_or(FORM)?;
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return Err("has a user in its address, and is shown in logs: take it away");
    }
    let secure = uri.scheme() == Some(&Scheme::HTTPS);
    let is_loopback = || {
        let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
    };
    match uri.scheme() {
        _ if secure => Ok(uri),
        Some(scheme) if *scheme == Scheme::HTTP && is_loopback() => Ok(uri),
        Some(scheme) if *scheme == Scheme::HTTP => {
            Err("must begin with `https://`: whoever can change what `http` carries can sign tokens")
        }
        _ => Err(FORM),
    }
}

impl Trust<'_> {
    /// A client that believes these.
    ///
    /// # Errors
    /// The end of a sentence: no certificates are there, or they cannot be read.
    pub(in crate::auth) fn client(&self, env: &Env) -> Result<Client, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("cannot be used for TLS: {error}"))?;
        let tls = match self {
            Trust::Nobody => builder.with_root_certificates(RootCertStore::empty()),
            Trust::Machine => builder.with_native_roots().map_err(|error| {
                format!("needs certificates, and this machine has none ({error}): name a file of them with `ca_file`")
            })?,
            Trust::File(path) => builder.with_root_certificates(roots(path)?),
        };
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls.with_no_client_auth())
            .https_or_http()
            .enable_http1()
            .wrap_connector(http);
        // Asked each few minutes: a connection kept open would be closed by then.
        Ok(legacy::Client::builder(Spawn(env.clone())).pool_max_idle_per_host(0).build(connector))
    }
}

fn roots(path: &Path) -> Result<RootCertStore, String> {
    let bytes = read_file(path)?;
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&bytes) {
        let added = certificate.ok().and_then(|certificate| store.add(certificate).ok());
        added.ok_or("has a certificate that cannot be read: it must be PEM")?;
    }
    if store.is_empty() { Err("has no `-----BEGIN CERTIFICATE-----` in PEM".to_owned()) } else { Ok(store) }
}

/// Runs what a connection needs.
#[derive(Clone)]
struct Spawn(Env);

impl<F: Future<Output: Send> + Send + 'static> hyper::rt::Executor<F> for Spawn {
    fn execute(&self, future: F) {
        drop(self.0.spawn(async move { drop(future.await) }));
    }
}

/// hyper's errors name their reasons only as causes.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Without a query: a key may stand there.
            Source::Address { uri, .. } => {
                write!(
                    f,
                    "{}://{}{}",
                    uri.scheme_str().unwrap_or_default(),
                    uri.authority().map_or("", |a| a.as_str()),
                    uri.path()
                )
            }
            Source::File(path) => path.display().fmt(f),
        }
    }
}
