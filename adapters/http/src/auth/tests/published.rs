//! Keys that an issuer publishes, from a server that behaves and from one that does not.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use futures_util::stream;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use partitura_runtime::env::Virtual;
use partitura_runtime::{Env, Identity, Result};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::sign::{claims, jwk, signed, token, token_of};
use super::{Folder, bearer, is_401, open};
use crate::auth::{Authenticators, Refused};

/// How the server answers.
enum Mode {
    Keys(Value),
    Text(&'static str),
    Status(StatusCode),
    Moved,
    /// It takes the request, and says nothing.
    Silent,
    /// It never stops to send.
    Endless,
}

struct Issuer {
    mode: Mutex<Mode>,
    asked: AtomicUsize,
}

impl Issuer {
    fn new(keys: Value) -> Arc<Self> {
        Arc::new(Issuer { mode: Mutex::new(Mode::Keys(keys)), asked: AtomicUsize::new(0) })
    }

    fn router(self: &Arc<Self>) -> Router {
        let issuer = self.clone();
        Router::new().fallback(move || async move { issuer.answer().await })
    }

    /// Over `http`; answers with the port.
    async fn listen(self: &Arc<Self>) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = self.router();
        drop(Env::real().spawn(async move { axum::serve(listener, router).await }));
        port
    }

    /// Over `https`, with a certificate of the tests' own authority.
    async fn listen_tls(self: &Arc<Self>) -> u16 {
        let chain = vec![CertificateDer::from_pem_slice(include_bytes!("keys/server.pem")).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("keys/server.key")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(tls.with_no_client_auth().with_single_cert(chain, key).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let router = self.router();
        drop(Env::real().spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(stream) = acceptor.accept(stream).await else { continue };
                let service = TowerToHyperService::new(router.clone());
                let _ =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
            }
        }));
        port
    }

    async fn answer(&self) -> Response {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let silent = match &*self.mode.lock().unwrap() {
            Mode::Keys(keys) => return json!({ "keys": keys }).to_string().into_response(),
            Mode::Text(text) => return text.into_response(),
            Mode::Status(status) => return status.into_response(),
            Mode::Moved => return (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
            Mode::Endless => {
                let chunk = Ok::<_, Infallible>(Bytes::from(vec![b' '; 16 * 1024]));
                return Body::from_stream(stream::repeat(chunk)).into_response();
            }
            Mode::Silent => std::future::pending(),
        };
        silent.await
    }

    fn does(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    async fn is_asked(&self, times: usize) {
        while self.asked() < times {
            tokio::task::yield_now().await;
        }
    }
}

fn section(keys: &str) -> String {
    format!("[auth.bearer.main]\nissuer = \"https://id.example\"\naudience = [\"bank\"]\n{keys}")
}

async fn of(issuer: &Arc<Issuer>, world: &Virtual) -> Authenticators {
    let port = issuer.listen().await;
    open(&section(&format!("jwks = \"http://127.0.0.1:{port}/keys\"")), world).unwrap()
}

fn one() -> Value {
    json!([jwk("rsa", json!({ "kid": "one", "alg": "RS256", "use": "sig" }))])
}

fn two() -> Value {
    json!([jwk("p256", json!({ "kid": "two" }))])
}

fn of_one() -> String {
    token_of("one", "RS256", "rsa", &claims())
}

fn of_two() -> String {
    token_of("two", "ES256", "p256", &claims())
}

/// Tokens cannot be checked now: not the caller's fault.
#[track_caller]
fn is_503(answer: Result<Identity, Refused>) {
    let refused = answer.expect_err("there are no keys");
    assert_eq!((refused.error().http_status(), refused.challenge().len()), (503, 0));
    assert_eq!(refused.error().to_string(), "tokens cannot be checked now");
    assert!(refused.error().retry_after() >= Some(Duration::from_secs(1)));
}

/// Seconds of the virtual world.
async fn pass(world: &Virtual, seconds: u64) {
    world.advance(Duration::from_secs(seconds)).await;
}

#[tokio::test]
async fn keys_are_fetched_with_the_first_token_and_kept() {
    let (world, issuer) = (Virtual::new(1), Issuer::new(one()));
    let all = of(&issuer, &world).await;
    assert_eq!(issuer.asked(), 0);
    let token = of_one();
    let answers = join_all((0..20).map(|_| bearer(&all, &token))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(issuer.asked(), 1, "all wait for the same fetch");
    pass(&world, 599).await;
    assert!(bearer(&all, &token).await.is_ok());
    assert_eq!(issuer.asked(), 1);
    // Then they are fetched behind the scenes.
    pass(&world, 1).await;
    assert!(bearer(&all, &token).await.is_ok());
    issuer.is_asked(2).await;
}

/// On threads, in real time.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_threads_wait_for_one_fetch() {
    let issuer = Issuer::new(one());
    let port = issuer.listen().await;
    let text = section(&format!("jwks = \"http://127.0.0.1:{port}/\""));
    let all = Authenticators::from_config(&super::config(&text), &Env::real()).unwrap();
    // A token of the present: the clock is the machine's.
    let token = token_of("one", "RS256", "rsa", &super::sign::claims_with(json!({ "exp": 99_999_999_999_u64 })));
    let calls = (0..200).map(|_| {
        let (all, token) = (all.clone(), token.clone());
        Env::real().spawn(async move { bearer(&all, &token).await })
    });
    assert!(join_all(calls).await.into_iter().all(|answer| answer.unwrap().is_ok()));
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn an_unknown_key_makes_one_fetch_and_not_too_often() {
    let (world, issuer) = (Virtual::new(1), Issuer::new(one()));
    let all = of(&issuer, &world).await;
    assert!(bearer(&all, &of_one()).await.is_ok());
    issuer.does(Mode::Keys(two()));
    // Too soon.
    is_401(bearer(&all, &of_two()).await);
    assert_eq!(issuer.asked(), 1);
    pass(&world, 10).await;
    let token = of_two();
    assert!(join_all((0..20).map(|_| bearer(&all, &token))).await.iter().all(Result::is_ok));
    assert_eq!(issuer.asked(), 2);
    is_401(bearer(&all, &of_one()).await);
    // Whoever makes up ids makes a fetch each ten seconds, and no more.
    for number in 0..100 {
        is_401(bearer(&all, &token_of(&format!("made-up-{number}"), "RS256", "rsa", &claims())).await);
        pass(&world, 1).await;
    }
    assert!(issuer.asked() <= 2 + 10, "{}", issuer.asked());
}

#[tokio::test]
async fn the_token_of_another_issuer_fetches_nothing() {
    let (world, issuer) = (Virtual::new(1), Issuer::new(one()));
    let all = of(&issuer, &world).await;
    let claims = super::sign::claims_with(json!({ "iss": "https://other.example" }));
    is_401(bearer(&all, &token_of("one", "RS256", "rsa", &claims)).await);
    assert_eq!(issuer.asked(), 0);
}

#[tokio::test]
async fn old_keys_serve_through_an_outage_for_a_bounded_time() {
    let (world, issuer) = (Virtual::new(1), Issuer::new(one()));
    let all = of(&issuer, &world).await;
    let long = super::sign::claims_with(json!({ "exp": Virtual::EPOCH + 1_000_000 }));
    let token = token_of("one", "RS256", "rsa", &long);
    assert!(bearer(&all, &token).await.is_ok());
    for (round, mode) in
        [Mode::Status(StatusCode::INTERNAL_SERVER_ERROR), Mode::Text("<html>"), Mode::Moved].into_iter().enumerate()
    {
        issuer.does(mode);
        pass(&world, 600).await;
        assert!(bearer(&all, &token).await.is_ok());
        issuer.is_asked(2 + round).await;
    }
    pass(&world, 86_400 - 1_801).await;
    assert!(bearer(&all, &token).await.is_ok());
    pass(&world, 1).await;
    pass(&world, 10).await;
    is_503(bearer(&all, &token).await);
    // It is back: with the next try all is well.
    issuer.does(Mode::Keys(one()));
    is_503(bearer(&all, &token).await);
    pass(&world, 10).await;
    assert!(bearer(&all, &token).await.is_ok());
}

#[tokio::test]
async fn what_is_no_set_of_keys_is_no_key() {
    let (world, issuer) = (Virtual::new(1), Issuer::new(one()));
    let all = of(&issuer, &world).await;
    let many: Vec<Value> = (0..101).map(|_| one()[0].clone()).collect();
    for mode in [
        Mode::Text(""),
        Mode::Text("<html>"),
        Mode::Text("[]"),
        Mode::Text("{\"keys\":{}}"),
        Mode::Text("{\"keys\":[]}"),
        Mode::Text("{\"keys\":[1,null,{\"kty\":\"RSA\"}]}"),
        Mode::Keys(Value::Array(many)),
        Mode::Status(StatusCode::NOT_FOUND),
        Mode::Moved,
        Mode::Endless,
    ] {
        issuer.does(mode);
        is_503(bearer(&all, &of_one()).await);
        pass(&world, 10).await;
    }
    issuer.does(Mode::Keys(one()));
    assert!(bearer(&all, &of_one()).await.is_ok());
}

#[tokio::test]
async fn a_slow_answer_is_not_waited_for() {
    let (world, issuer) = (Virtual::new(1), Issuer::new(one()));
    let all = of(&issuer, &world).await;
    issuer.does(Mode::Silent);
    let call = |token: String| {
        let all = all.clone();
        world.env().spawn(async move { bearer(&all, &token).await })
    };
    let (first, second) = (call(of_one()), call(of_one()));
    issuer.is_asked(1).await;
    pass(&world, 4).await;
    assert!(!first.is_finished());
    // One who goes away does not stop it for the others.
    first.abort();
    pass(&world, 1).await;
    is_503(second.await.unwrap());
    assert_eq!(issuer.asked(), 1);
    issuer.does(Mode::Keys(one()));
    pass(&world, 5).await;
    assert!(bearer(&all, &of_one()).await.is_ok());
}

#[tokio::test]
async fn nobody_listens() {
    let world = Virtual::new(1);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let all = open(&section(&format!("jwks = \"http://localhost:{port}/keys\"")), &world).unwrap();
    is_503(bearer(&all, &of_one()).await);
}

#[tokio::test]
async fn each_published_key_has_one_algorithm() {
    let world = Virtual::new(1);
    let secret = super::sign::encode("a secret that was published, which makes it none of the kind");
    let issuer = Issuer::new(json!([
        { "kty": "oct", "kid": "oct", "k": secret, "alg": "HS256" },
        { "kty": "OKP", "kid": "unknown", "crv": "X25519", "x": "AA" },
        jwk("rsa", json!({ "kid": "usual" })),
        jwk("rsa", json!({ "kid": "pss", "alg": "PS256" })),
        jwk("rsa", json!({ "kid": "none", "alg": "none" })),
        jwk("rsa", json!({ "kid": "hmac", "alg": "HS256" })),
        jwk("rsa", json!({ "kid": "enc", "use": "enc" })),
        jwk("rsa", json!({ "kid": "wrap", "key_ops": ["wrapKey"] })),
        jwk("p256", json!({ "kid": "p256" })),
        jwk("p384", json!({ "kid": "p384", "key_ops": ["verify"] })),
        jwk("ed", json!({ "kid": "ed", "alg": "Ed25519" })),
        jwk("p256", json!({ "kid": "short", "x": "AAAA" })),
    ]));
    let all = of(&issuer, &world).await;
    for (kid, algorithm, key, expected) in [
        ("usual", "RS256", "rsa", true),
        ("usual", "PS256", "rsa", false),
        ("pss", "PS256", "rsa", true),
        ("pss", "RS256", "rsa", false),
        ("p256", "ES256", "p256", true),
        ("p384", "ES384", "p384", true),
        ("ed", "EdDSA", "ed", true),
        ("usual", "RS256", "rsa2", false),
        ("p256", "RS256", "rsa", false),
        ("none", "RS256", "rsa", false),
        ("enc", "RS256", "rsa", false),
        ("wrap", "RS256", "rsa", false),
        ("short", "ES256", "p256", false),
        ("oct", "HS256", "a secret that was published, which makes it none of the kind", false),
        ("hmac", "HS256", super::sign::RSA_PEM, false),
    ] {
        let answer = bearer(&all, &token_of(kid, algorithm, key, &claims())).await;
        assert_eq!(answer.is_ok(), expected, "{kid} {algorithm} {key}");
    }
    // Without an id, the algorithm says which it may be; EdDSA has two names (RFC 9864).
    assert!(bearer(&all, &token("ES384", &claims())).await.is_ok());
    assert!(bearer(&all, &signed(&json!({ "alg": "Ed25519" }), &claims(), "EdDSA", "ed")).await.is_ok());
    is_401(bearer(&all, &token("RS512", &claims())).await);
}

#[tokio::test]
async fn algorithms_that_are_not_allowed_are_none() {
    let (world, issuer) = (Virtual::new(1), Issuer::new(json!([one()[0], two()[0]])));
    let port = issuer.listen().await;
    let text = format!("jwks = \"http://127.0.0.1:{port}/\"\nalgorithms = [\"ES256\"]");
    let all = open(&section(&text), &world).unwrap();
    assert!(bearer(&all, &of_two()).await.is_ok());
    is_401(bearer(&all, &of_one()).await);
}

#[tokio::test]
async fn keys_in_a_file_are_read_again() {
    let (world, folder) = (Virtual::new(1), Folder::new());
    let path = folder.put("keys.json", json!({ "keys": one() }).to_string());
    let all = open(&section(&format!("jwks_file = '{path}'")), &world).unwrap();
    assert!(bearer(&all, &of_one()).await.is_ok());
    folder.put("keys.json", json!({ "keys": two() }).to_string());
    pass(&world, 10).await;
    assert!(bearer(&all, &of_two()).await.is_ok());
}

#[tokio::test]
async fn https_believes_those_whom_it_is_told_to() {
    let (world, folder, issuer) = (Virtual::new(1), Folder::new(), Issuer::new(one()));
    let (port, ca) = (issuer.listen_tls().await, folder.put("ca.pem", include_str!("keys/ca.pem")));
    let jwks = format!("jwks = \"https://localhost:{port}/keys\"");
    // The machine does not know the tests' authority.
    let strict = open(&section(&jwks), &world).unwrap();
    is_503(bearer(&strict, &of_one()).await);
    assert_eq!(issuer.asked(), 0);
    let all = open(&section(&format!("{jwks}\nca_file = '{ca}'")), &world).unwrap();
    assert!(bearer(&all, &of_one()).await.is_ok());
    assert_eq!(issuer.asked(), 1);
}
