//! Several authenticators beside each other.

use std::sync::Arc;

use partitura_runtime::entrypoint::{Authenticator, Credentials};
use partitura_runtime::env::Virtual;
use partitura_runtime::future::BoxFuture;
use partitura_runtime::{Error, Identity, Result};

use super::sign::{P256_PEM, RSA_PEM, SECRET, claims, claims_with, token};
use super::{basic, bearer, is_401, open, show, texts};
use crate::auth::{Authenticators, SecurityKind};

const KEY: &str = "deploy-0123456789abcdef";

fn three(world: &Virtual) -> Authenticators {
    let text = format!(
        "[auth]\nrealm = 'the \"bank\"'\n\
         [auth.bearer.main]\nissuer = \"https://id.example\"\naudience = [\"bank\"]\nkey = '''{RSA_PEM}'''\n\
         [auth.bearer.partner]\nissuer = \"https://partner.example\"\naudience = [\"bank\"]\nkey = '''{P256_PEM}'''\n\
         [auth.bearer.old]\nissuer = \"https://id.example\"\naudience = [\"bank\"]\nalgorithms = [\"HS256\"]\nkey = '{SECRET}'\n\
         [auth.basic.staff]\nusers.ada = {{ password = \"correct horse\" }}\n\
         [auth.basic.more]\nusers.eve = {{ password = \"battery staple\" }}\n\
         [auth.api_key.ops]\nkeys.deploy = {{ key = \"{KEY}\" }}\n\
         [auth.api_key.\"batch jobs\"]\nheader = \"x-batch\"\nkeys.night = {{ key = \"night-0123456789abcdef\" }}"
    );
    open(&text, world).unwrap()
}

#[tokio::test]
async fn credentials_go_to_those_of_their_scheme_until_one_holds() {
    let all = three(&Virtual::new(1));
    let partner = claims_with(serde_json::json!({ "iss": "https://partner.example", "sub": "p" }));
    assert_eq!(bearer(&all, &token("RS256", &claims())).await.unwrap().subject.as_deref(), Some("ada"));
    assert_eq!(bearer(&all, &token("ES256", &partner)).await.unwrap().subject.as_deref(), Some("p"));
    assert_eq!(bearer(&all, &token("HS256", &claims())).await.unwrap().subject.as_deref(), Some("ada"));
    // The key of one issuer does not speak for another.
    is_401(bearer(&all, &token("ES256", &claims())).await);
    is_401(bearer(&all, &token("RS256", &partner)).await);
    assert_eq!(basic(&all, "ada:correct horse").await.unwrap().subject.as_deref(), Some("ada"));
    assert_eq!(basic(&all, "eve:battery staple").await.unwrap().subject.as_deref(), Some("eve"));
    assert_eq!(show(&all, "x-api-key", KEY).await.unwrap().subject.as_deref(), Some("deploy"));
    // A key of one header does not hold in another.
    is_401(show(&all, "x-batch", KEY).await);
}

#[tokio::test]
async fn a_401_lists_every_scheme_once() {
    let all = three(&Virtual::new(1));
    let expected = [
        "Bearer realm=\"the \\\"bank\\\"\"",
        "Basic realm=\"the \\\"bank\\\"\", charset=\"UTF-8\"",
        "ApiKey realm=\"the \\\"bank\\\"\", header=\"x-batch\"",
        "ApiKey realm=\"the \\\"bank\\\"\", header=\"x-api-key\"",
    ];
    assert_eq!(texts(&all.challenge()), expected);
    assert_eq!(is_401(basic(&all, "ada:no").await), expected);
}

#[test]
fn open_api_is_told_of_each() {
    let schemes = three(&Virtual::new(1)).schemes();
    let names: Vec<&str> = schemes.iter().map(|scheme| scheme.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "bearer.main",
            "bearer.old",
            "bearer.partner",
            "basic.more",
            "basic.staff",
            "api_key.batch_jobs",
            "api_key.ops"
        ]
    );
    assert_eq!(schemes[0].kind, SecurityKind::Http { scheme: "bearer".into(), bearer_format: Some("JWT") });
    assert_eq!(schemes[3].kind, SecurityKind::Http { scheme: "basic".into(), bearer_format: None });
}

#[test]
fn two_names_in_the_configuration_are_two_in_open_api() {
    let keys = |name: &str| format!("[auth.api_key.\"{name}\"]\nkeys.a = {{ key = \"{KEY}\" }}\n");
    let all = open(&(keys("a b") + &keys("a_b")), &Virtual::new(1)).unwrap();
    let names: Vec<String> = all.schemes().into_iter().map(|scheme| scheme.name).collect();
    assert_eq!(names, ["api_key.a_b", "api_key.a_b_"]);
}

#[tokio::test]
async fn without_authenticators_everybody_is_anonymous() {
    let all = open("", &Virtual::new(1)).unwrap();
    assert!(show(&all, "authorization", "Bearer x").await.unwrap().is_anonymous());
    assert!(all.challenge().is_empty() && all.schemes().is_empty());
}

/// One of an application's own.
struct Own {
    scheme: &'static str,
    answer: fn(&str) -> Result<Option<Identity>>,
}

impl Authenticator for Own {
    fn scheme(&self) -> &'static str {
        self.scheme
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> BoxFuture<'a, Result<Option<Identity>>> {
        let text = match credentials {
            Credentials::Authorization { value, .. } => value,
            Credentials::ApiKey(key) => key,
            _ => return Box::pin(async { Ok(None) }),
        };
        Box::pin(std::future::ready((self.answer)(text.expose())))
    }
}

fn own(scheme: &'static str, answer: fn(&str) -> Result<Option<Identity>>) -> Arc<dyn Authenticator> {
    Arc::new(Own { scheme, answer })
}

#[tokio::test]
async fn an_application_has_authenticators_of_its_own() {
    let token = |text: &str| match text {
        "good" => Ok(Some(Identity::user("own"))),
        "broken" => Err(Error::internal("the database is at 10.0.0.7")),
        "none" => Ok(None),
        _ => Err(Error::unauthenticated("no")),
    };
    let all = three(&Virtual::new(1)).and(own("Bearer", token)).and(own("Hawk", token)).and(own("ApiKey", token));
    assert_eq!(bearer(&all, "good").await.unwrap().subject.as_deref(), Some("own"));
    assert_eq!(show(&all, "authorization", "hawk good").await.unwrap().subject.as_deref(), Some("own"));
    assert_eq!(show(&all, "x-batch", "good").await.unwrap().subject.as_deref(), Some("own"));
    assert_eq!(show(&all, "x-api-key", "good").await.unwrap().subject.as_deref(), Some("own"));
    assert_eq!(show(&all, "x-api-key", KEY).await.unwrap().subject.as_deref(), Some("deploy"));
    is_401(bearer(&all, "bad").await);
    is_401(bearer(&all, "none").await);
    assert_eq!(texts(&all.challenge()).len(), 5, "`Hawk` is new, the others are there");
    let names: Vec<String> = all.schemes().into_iter().map(|scheme| scheme.name).skip(7).collect();
    assert_eq!(names, ["bearer", "hawk"], "keys stand where they stood");
    // One that fails is not the caller's fault, and says nothing of the inside.
    let refused = show(&all, "authorization", "Hawk broken").await.unwrap_err();
    assert_eq!((refused.error().http_status(), refused.challenge().len()), (500, 0));
    assert_eq!(refused.error().to_string(), "internal error");
    // Alone, it takes the usual header.
    let alone = open("", &Virtual::new(1)).unwrap().and(own("ApiKey", token));
    assert!(show(&alone, "x-api-key", "good").await.is_ok());
}

/// The configuration of the guide is one that opens, and its 401 is what a caller gets.
#[tokio::test]
async fn the_guide_tells_the_truth() {
    let guide = include_str!("../../../../../docs/authentication.md");
    let block = |language: &str| guide.split_once(&format!("```{language}\n")).unwrap().1.split_once("```").unwrap().0;
    let all = open(block("toml"), &Virtual::new(1)).unwrap();
    let told = is_401(bearer(&all, "no.such.token").await);
    let lines: Vec<&str> = block("text").lines().filter_map(|line| line.strip_prefix("WWW-Authenticate: ")).collect();
    assert_eq!(told, lines);
    assert_eq!(show(&all, "x-api-key", "report-0123456789abcdef").await.unwrap().subject.as_deref(), Some("report"));
}
