//! Whatever is sent: no panic, and nobody is let in.

use axum::http::{HeaderMap, HeaderValue};
use partitura_runtime::env::Virtual;
use proptest::prelude::*;

use super::open;
use super::sign::{RSA_PEM, claims, encode, token};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn random_bytes_are_nobody(
        scheme in prop_oneof!["Bearer ", "Basic ", "bearer\t", ""],
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        key in prop::option::of(prop::collection::vec(any::<u8>(), 0..100)),
        query in prop::option::of("[ -~]{0,80}"),
    ) {
        check(&[scheme.as_bytes(), &bytes].concat(), key.as_deref(), query.as_deref());
    }

    #[test]
    fn base64_and_json_that_are_nearly_right_are_nobody(
        head in prop_oneof![Just("{\"alg\":\"RS256\"}".to_owned()), "\\{\"alg\":\"[a-zA-Z0-9]{0,6}\"\\}", "[ -~]{0,40}"],
        claims in prop_oneof![Just(claims().to_string()), "[ -~]{0,60}"],
        signature in prop::collection::vec(any::<u8>(), 0..300),
        pair in "[ -~]{0,40}",
    ) {
        let token = format!("Bearer {}.{}.{}", encode(head), encode(claims), encode(signature));
        check(token.as_bytes(), None, None);
        let basic = <base64ct::Base64 as base64ct::Encoding>::encode_string(pair.as_bytes());
        check(format!("Basic {basic}").as_bytes(), None, Some(&pair));
    }

    #[test]
    fn a_good_token_with_one_changed_byte_is_nobody(at in any::<prop::sample::Index>(), byte in b'!'..=b'~') {
        let mut text = format!("Bearer {}", token("RS256", &claims())).into_bytes();
        let at = 7 + at.index(text.len() - 7);
        prop_assume!(text[at] != byte);
        text[at] = byte;
        check(&text, None, None);
    }
}

fn check(authorization: &[u8], key: Option<&[u8]>, query: Option<&str>) {
    let text = format!(
        "[auth.bearer.main]\nissuer = \"https://id.example\"\naudience = [\"bank\"]\nkey = '''{RSA_PEM}'''\n\
         [auth.basic.staff]\nusers.ada = {{ password = \"correct horse\" }}\n\
         [auth.api_key.ops]\nkeys.deploy = {{ key = \"deploy-0123456789abcdef\" }}\n\
         [auth.api_key.query]\nquery = \"k\"\nkeys.deploy = {{ key = \"deploy-0123456789abcdef\" }}"
    );
    thread_local! {
        static ALL: std::cell::OnceCell<crate::auth::Authenticators> = const { std::cell::OnceCell::new() };
    }
    let all = ALL.with(|all| all.get_or_init(|| open(&text, &Virtual::new(1)).unwrap()).clone());
    let mut headers = HeaderMap::new();
    for (name, value) in [("authorization", Some(authorization)), ("x-api-key", key)] {
        // Some bytes can be in no header at all.
        if let Some(value) = value.and_then(|value| HeaderValue::from_bytes(value).ok()) {
            headers.insert(name, value);
        }
    }
    let shows_nothing = headers.is_empty();
    let answer = futures_util::FutureExt::now_or_never(all.identify(&headers, query)).expect("nothing to wait for");
    match answer {
        Ok(identity) => assert!(identity.is_anonymous() && shows_nothing, "{authorization:?} was let in"),
        Err(refused) => assert_eq!(refused.error().http_status(), 401),
    }
}
