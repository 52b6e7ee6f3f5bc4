//! Bearer tokens and one key.

use std::time::Duration;

use partitura_runtime::env::Virtual;
use serde_json::{Value, json};

use super::sign::{ED_PEM, P256_PEM, P384_PEM, RSA_PEM, SECRET, claims, claims_with, encode, jwk, signed, token};
use super::{Folder, bearer, is_401, open, show};
use crate::auth::Authenticators;

const ALL: [&str; 12] =
    ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];

fn key_of(algorithm: &str) -> &'static str {
    match algorithm {
        "ES256" => P256_PEM,
        "ES384" => P384_PEM,
        "EdDSA" => ED_PEM,
        name if name.starts_with("HS") => SECRET,
        _ => RSA_PEM,
    }
}

fn with_key(algorithm: &str, key: &str, more: &str, world: &Virtual) -> Authenticators {
    let text = format!(
        "[auth.bearer.main]\nissuer = \"https://id.example\"\naudience = [\"bank\"]\nroles = \"realm_access.roles\"\n\
         algorithms = [\"{algorithm}\"]\nkey = '''{key}'''\n{more}"
    );
    open(&text, world).unwrap()
}

fn rs256(more: &str, world: &Virtual) -> Authenticators {
    with_key("RS256", RSA_PEM, more, world)
}

#[tokio::test]
async fn each_algorithm_holds_with_its_key() {
    let world = Virtual::new(1);
    for algorithm in ALL {
        let all = with_key(algorithm, key_of(algorithm), "", &world);
        let identity = bearer(&all, &token(algorithm, &claims())).await.expect(algorithm);
        assert_eq!(identity.subject.as_deref(), Some("ada"));
        assert_eq!(identity.roles, ["admin", "auditor"]);
        assert_eq!(identity.claims["iss"], "https://id.example");
    }
}

/// The tokens are PyJWT's 2.15 with `cryptography`, made once.
#[tokio::test]
async fn tokens_of_another_implementation_hold() {
    let world = Virtual::new(1);
    let rows: Vec<(String, String, String)> = serde_json::from_str(include_str!("keys/pyjwt.json")).unwrap();
    assert_eq!(rows.len(), ALL.len());
    for (algorithm, _, text) in rows {
        let all = with_key(&algorithm, key_of(&algorithm), "", &world);
        let identity = bearer(&all, &text).await.expect(&algorithm);
        assert_eq!((identity.subject.as_deref(), identity.roles.len()), (Some("ada"), 2), "{algorithm}");
    }
}

/// The same 12 tokens against the 12 keys: only those that belong together hold.
#[tokio::test]
async fn a_key_has_one_algorithm() {
    let world = Virtual::new(1);
    for own in ALL {
        let all = with_key(own, key_of(own), "", &world);
        for other in ALL {
            let answer = bearer(&all, &token(other, &claims())).await;
            assert_eq!(answer.is_ok(), own == other, "a key of {own} and a token of {other}");
        }
    }
}

#[tokio::test]
async fn a_public_key_is_no_secret() {
    let world = Virtual::new(1);
    for key in [RSA_PEM, RSA_PEM.trim(), P256_PEM, ED_PEM] {
        // What the classic attack does: the public key, which everybody has, as the key of an HMAC.
        let forged = signed(&json!({ "alg": "HS256" }), &claims(), "HS256", key);
        is_401(bearer(&rs256("", &world), &forged).await);
        let forged = signed(&json!({ "alg": "RS256" }), &claims(), "HS256", key);
        is_401(bearer(&rs256("", &world), &forged).await);
    }
    // A configuration that would allow it is refused, too.
    let text = super::mistakes(&format!(
        "[auth.bearer.main]\nissuer = \"a\"\naudience = []\nalgorithms = [\"HS256\"]\nkey = '''{RSA_PEM}'''"
    ));
    assert_eq!(text, "`auth.bearer.main.key` is an RSA key, and `algorithms` names none for it");
}

#[tokio::test]
async fn none_is_no_algorithm() {
    let world = Virtual::new(1);
    for name in ["none", "None", "NONE", ""] {
        let head = encode(json!({ "alg": name }).to_string());
        let text = format!("{head}.{}.", encode(claims().to_string()));
        is_401(bearer(&rs256("", &world), &text).await);
        is_401(bearer(&with_key("HS256", SECRET, "", &world), &text).await);
        // Nor does it help that the key of the configuration made a signature.
        let lies = signed(&json!({ "alg": name }), &claims(), "RS256", "rsa");
        is_401(bearer(&rs256("", &world), &lies).await);
        is_401(bearer(&rs256("", &world), text.trim_end_matches('.')).await);
    }
}

#[tokio::test]
async fn a_token_does_not_bring_its_own_key() {
    let world = Virtual::new(1);
    let own = jwk("rsa2", json!({}));
    let header =
        json!({ "alg": "RS256", "jwk": own, "jku": "https://evil.example/keys", "x5u": "https://evil.example" });
    is_401(bearer(&rs256("", &world), &signed(&header, &claims(), "RS256", "rsa2")).await);
    // With the right key they are of no account.
    assert!(bearer(&rs256("", &world), &signed(&header, &claims(), "RS256", "rsa")).await.is_ok());
}

#[tokio::test]
async fn what_must_be_understood_and_is_not_is_refused() {
    let world = Virtual::new(1);
    let header = json!({ "alg": "RS256", "crit": ["b64"], "b64": false });
    is_401(bearer(&rs256("", &world), &signed(&header, &claims(), "RS256", "rsa")).await);
}

#[tokio::test]
async fn a_changed_token_does_not_hold() {
    let world = Virtual::new(1);
    let (all, good) = (rs256("", &world), token("RS256", &claims()));
    let parts: Vec<&str> = good.split('.').collect();
    let other = encode(claims_with(json!({ "sub": "eve" })).to_string());
    is_401(bearer(&all, &format!("{}.{other}.{}", parts[0], parts[2])).await);
    is_401(bearer(&all, &format!("{}.{}.{}", parts[0], parts[1], &parts[2][..parts[2].len() - 4])).await);
    is_401(bearer(&all, &format!("{good}.{}", parts[2])).await);
    is_401(bearer(&all, &format!("{good}=")).await);
    is_401(bearer(&all, &format!("{}.{}", parts[0], parts[1])).await);
    is_401(bearer(&all, "").await);
    is_401(show(&all, "authorization", "Bearer").await);
    // The scheme has no case (RFC 9110), and spaces around a token are no part of it.
    assert!(show(&all, "authorization", &format!("bEARER  {good}")).await.is_ok());
    // A signature of all zeros: the numbers of ECDSA must not be 0.
    let es = with_key("ES256", P256_PEM, "", &world);
    let head = encode(json!({ "alg": "ES256" }).to_string());
    is_401(bearer(&es, &format!("{head}.{}.{}", encode(claims().to_string()), encode([0; 64]))).await);
}

async fn holds(all: &Authenticators, changes: Value) -> bool {
    bearer(all, &token("RS256", &claims_with(changes))).await.is_ok()
}

#[tokio::test]
async fn issuer_and_audience_are_those_of_the_configuration() {
    let world = Virtual::new(1);
    let all = rs256("", &world);
    for wrong in [json!("https://id.example/"), json!("HTTPS://id.example"), json!(null), json!(["https://id.example"])]
    {
        assert!(!holds(&all, json!({ "iss": wrong })).await, "{wrong}");
    }
    for wrong in [json!("shop"), json!(null), json!([]), json!(["shop"]), json!({ "bank": 1 }), json!("")] {
        assert!(!holds(&all, json!({ "aud": wrong })).await, "{wrong}");
    }
    assert!(holds(&all, json!({ "aud": ["shop", "bank"] })).await);
    // For nobody in particular: then those for somebody are refused.
    let text = format!("[auth.bearer.main]\nissuer = \"https://id.example\"\naudience = []\nkey = '''{RSA_PEM}'''");
    let open_to_all = open(&text, &world).unwrap();
    assert!(holds(&open_to_all, json!({ "aud": null })).await);
    assert!(!holds(&open_to_all, json!({ "aud": "bank" })).await);
}

/// In the time of the environment, with a leeway of 30 seconds.
#[tokio::test]
async fn a_token_holds_from_its_beginning_to_its_end() {
    let world = Virtual::new(1);
    let (all, now) = (rs256("", &world), Virtual::EPOCH);
    for (claim, value, expected) in [
        ("exp", json!(now - 29), true),
        ("exp", json!(now - 30), false),
        ("exp", json!(now as f64 - 29.5), true),
        ("exp", json!(now - 3600), false),
        ("exp", json!(null), false),
        ("exp", json!("2999-01-01"), false),
        ("exp", json!((now + 60).to_string()), false),
        ("nbf", json!(now + 30), true),
        ("nbf", json!(now + 31), false),
        ("nbf", json!(null), true),
        ("nbf", json!("soon"), false),
    ] {
        assert_eq!(holds(&all, json!({ claim: value })).await, expected, "{claim} {value}");
    }
    let good = token("RS256", &claims());
    assert!(bearer(&all, &good).await.is_ok());
    world.advance(Duration::from_secs(3629)).await;
    assert!(bearer(&all, &good).await.is_ok());
    world.advance(Duration::from_secs(1)).await;
    is_401(bearer(&all, &good).await);
    let strict = rs256("leeway = \"0s\"", &Virtual::new(1));
    assert!(!holds(&strict, json!({ "exp": now })).await);
}

#[tokio::test]
async fn who_it_is_comes_from_the_claims_that_are_named() {
    let world = Virtual::new(1);
    let more = "subject = \"user.id\"\nrequired = [\"amr\", \"user.tenant\"]";
    let all = rs256(more, &world);
    let good = json!({ "user": { "id": 7, "tenant": "north" }, "amr": ["pwd"] });
    let identity = bearer(&all, &token("RS256", &claims_with(good))).await.unwrap();
    assert_eq!(identity.subject.as_deref(), Some("7"));
    assert!(!holds(&all, json!({ "user": { "id": 7 }, "amr": ["pwd"] })).await);
    assert!(!holds(&all, json!({ "user": { "id": 7, "tenant": "north" } })).await);
    let plain = rs256("", &world);
    for nobody in [json!(null), json!(""), json!(["ada"]), json!({})] {
        assert!(!holds(&plain, json!({ "sub": nobody })).await, "{nobody}");
    }
    for (roles, expected) in [
        (json!({ "roles": "read write" }), vec!["read", "write"]),
        (json!({ "roles": ["read", 7, null] }), vec!["read"]),
        (json!({ "roles": 7 }), vec![]),
        (json!({}), vec![]),
        (json!("admin"), vec![]),
    ] {
        let text = token("RS256", &claims_with(json!({ "realm_access": roles })));
        assert_eq!(bearer(&plain, &text).await.unwrap().roles, expected, "{roles}");
    }
    // A name with dots of its own.
    let text = format!(
        "[auth.bearer.main]\nissuer = \"https://id.example\"\naudience = [\"bank\"]\nroles = \"https://a.example/roles\"\n\
         key = '''{RSA_PEM}'''"
    );
    let named = token("RS256", &claims_with(json!({ "https://a.example/roles": ["x"] })));
    assert_eq!(bearer(&open(&text, &world).unwrap(), &named).await.unwrap().roles, ["x"]);
}

#[tokio::test]
async fn keys_come_from_files_and_in_base64() {
    let (world, folder) = (Virtual::new(1), Folder::new());
    let head = "[auth.bearer.main]\nissuer = \"https://id.example\"\naudience = [\"bank\"]\n";
    let path = folder.put("key.pem", RSA_PEM);
    let all = open(&format!("{head}key_file = '{path}'"), &world).unwrap();
    assert!(bearer(&all, &token("RS256", &claims())).await.is_ok());
    let path = folder.put("secret", format!("{SECRET}\n"));
    let all = open(&format!("{head}key_file = '{path}'\nalgorithms = [\"HS256\"]"), &world).unwrap();
    assert!(bearer(&all, &token("HS256", &claims())).await.is_ok());
    let encoded = <base64ct::Base64 as base64ct::Encoding>::encode_string(SECRET.as_bytes());
    let all = open(&format!("{head}key = 'base64:{encoded}'\nalgorithms = [\"HS512\"]"), &world).unwrap();
    assert!(bearer(&all, &token("HS512", &claims())).await.is_ok());
}

#[tokio::test]
async fn a_refused_token_is_told_as_rfc_6750_says_and_why_is_not() {
    let world = Virtual::new(1);
    let all = rs256("", &world);
    assert_eq!(super::texts(&all.challenge()), ["Bearer realm=\"api\""]);
    let expired = token("RS256", &claims_with(json!({ "exp": 1 })));
    for text in [expired.as_str(), "rubbish", "a.b.c"] {
        let challenge = is_401(bearer(&all, text).await);
        let expected = "Bearer realm=\"api\", error=\"invalid_token\", \
                        error_description=\"The access token is not valid or has expired\"";
        assert_eq!(challenge, [expected]);
    }
}
