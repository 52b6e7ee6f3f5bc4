//! API keys and basic credentials.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use partitura_runtime::Identity;
use partitura_runtime::env::Virtual;

use super::{basic, headers, is_401, open, show, texts};
use crate::auth::{KeyPlace, SecurityKind};

const DEPLOY: &str = "deploy-0123456789abcdef";
/// The SHA-256 of `report-0123456789abcdef`, as `sha256sum` prints it.
const REPORT_SHA256: &str = "e9260039e294e5da2d22c137aa2f396af367c6379f90d0e21fa1bcaa151a168a";
/// Of `correct horse`, as argon2-cffi made it.
const HASH: &str = "$argon2id$v=19$m=256,t=1,p=1$EzyA3Yed+wun7U2v05RiLg$Rk+K5Nrba1kQiwZud6oJ6DwnYdIQQbXzdm1ipukRAFE";

fn keys(place: &str) -> String {
    format!(
        "[auth.api_key.ops]\n{place}\nkeys.deploy = {{ key = \"{DEPLOY}\", roles = [\"deploy\"] }}\n\
         keys.report = {{ sha256 = \"{REPORT_SHA256}\", subject = \"reports\" }}"
    )
}

#[tokio::test]
async fn a_key_is_whose_the_configuration_says() {
    let all = open(&keys(""), &Virtual::new(1)).unwrap();
    let deploy = show(&all, "x-api-key", DEPLOY).await.unwrap();
    assert_eq!(deploy, Identity::user("deploy").with_role("deploy"));
    assert_eq!(show(&all, "x-api-key", "report-0123456789abcdef").await.unwrap(), Identity::user("reports"));
    for wrong in [&DEPLOY[..22], &format!("{DEPLOY}0"), "", REPORT_SHA256, &DEPLOY.to_uppercase()] {
        assert_eq!(is_401(show(&all, "x-api-key", wrong).await), ["ApiKey realm=\"api\", header=\"x-api-key\""]);
    }
}

#[tokio::test]
async fn a_key_stands_where_the_configuration_says() {
    let all = open(&keys("header = \"X-Ops\""), &Virtual::new(1)).unwrap();
    assert!(show(&all, "x-ops", DEPLOY).await.is_ok());
    assert!(show(&all, "x-api-key", DEPLOY).await.unwrap().is_anonymous(), "nobody reads that header");
    let all = open(&keys("query = \"api key\""), &Virtual::new(1)).unwrap();
    let ask = async |query: &str| all.identify(&HeaderMap::new(), Some(query)).await;
    assert_eq!(ask(&format!("a=1&api+key={DEPLOY}")).await.unwrap().subject.as_deref(), Some("deploy"));
    assert_eq!(
        ask(&format!("api%20key={}", DEPLOY.replace('-', "%2D"))).await.unwrap().subject.as_deref(),
        Some("deploy")
    );
    assert!(ask("a=1").await.unwrap().is_anonymous());
    is_401(ask("api+key=").await);
    is_401(ask("api+key=%ff%fe").await);
    is_401(ask(&format!("api+key={DEPLOY}&api+key={DEPLOY}")).await);
    is_401(ask(&format!("api+key={}", "a".repeat(8193))).await);
    let expected = SecurityKind::ApiKey(KeyPlace::Query("api key".into()));
    assert_eq!(all.schemes()[0].kind, expected);
    assert_eq!(texts(&all.challenge()), ["ApiKey realm=\"api\", query=\"api key\""]);
}

fn staff() -> String {
    format!(
        "[auth.basic.staff]\nusers.ada = {{ password_hash = \"{HASH}\", roles = [\"admin\"] }}\n\
         users.bob = {{ password = \"p:ä\", subject = \"robert\" }}"
    )
}

#[tokio::test]
async fn a_password_is_compared_with_its_hash_or_itself() {
    let all = open(&staff(), &Virtual::new(1)).unwrap();
    assert_eq!(basic(&all, "ada:correct horse").await.unwrap(), Identity::user("ada").with_role("admin"));
    assert_eq!(basic(&all, "bob:p:ä").await.unwrap(), Identity::user("robert"));
    for wrong in [
        "ada:correct hors",
        "ada:",
        "ada",
        ":",
        "",
        "eve:correct horse",
        "Ada:correct horse",
        "bob:p",
        &format!("ada:{HASH}"),
    ] {
        assert_eq!(is_401(basic(&all, wrong).await), ["Basic realm=\"api\", charset=\"UTF-8\""], "{wrong}");
    }
    for malformed in ["Basic", "Basic !", "Basic YWRh=", "Basic /////w==", "Basic YQ== YQ==", "Basic\tYQ=="] {
        is_401(show(&all, "authorization", malformed).await);
    }
}

/// More at a time than there are cores: each is answered.
#[tokio::test]
async fn many_passwords_are_checked_after_each_other() {
    let world = Virtual::new(1).patience(Duration::from_secs(5));
    let all = open(&staff(), &world).unwrap();
    let calls = (0..32).map(|_| basic(&all, "ada:correct horse"));
    let answers = world.drive(futures_util::future::join_all(calls)).await;
    assert!(answers.iter().all(Result::is_ok));
}

#[tokio::test]
async fn credentials_stand_there_once_and_are_not_too_long() {
    let all = open(&format!("{}\n{}", keys(""), staff()), &Virtual::new(1)).unwrap();
    let ask = async |pairs: &[(&'static str, &str)]| all.identify(&headers(pairs), None).await;
    let good = "Basic Ym9iOnA6w6Q=";
    assert!(ask(&[("authorization", good)]).await.is_ok());
    is_401(ask(&[("authorization", good), ("authorization", good)]).await);
    is_401(ask(&[("authorization", good), ("x-api-key", DEPLOY)]).await);
    is_401(ask(&[("x-api-key", DEPLOY), ("x-api-key", DEPLOY)]).await);
    is_401(ask(&[("authorization", &format!("Basic {}", "A".repeat(8187)))]).await);
    is_401(ask(&[("x-api-key", &"a".repeat(8193))]).await);
    is_401(ask(&[("authorization", "")]).await);
    is_401(ask(&[("authorization", " ")]).await);
    is_401(ask(&[("authorization", "Digest username=\"ada\"")]).await);
    let mut bytes = HeaderMap::new();
    bytes.insert("authorization", HeaderValue::from_bytes(b"Basic \xff\xfe").unwrap());
    is_401(all.identify(&bytes, None).await);
    assert!(ask(&[]).await.unwrap().is_anonymous());
}
