//! Who may open one.

use serde_json::json;

use crate::app::{Server, app};
use crate::peer::{ask, handshake};

#[tokio::test]
async fn credentials_are_those_of_a_route_and_come_before_the_upgrade() {
    let server = Server::start(&[
        "http.websocket.allow = [\"clerk\"]",
        "auth.api_key.ops.query = \"key\"",
        "auth.api_key.ops.keys.cron.key = \"0123456789abcdef0123456789abcdef\"",
        "auth.api_key.ops.keys.cron.roles = [\"clerk\"]",
    ])
    .await;
    let token = "sec-websocket-protocol: partitura.v1, bearer.clerk\r\n";
    for (more, status, code) in [
        ("", 401, "PT0461"),
        ("authorization: Bearer wrong\r\n", 401, "unauthenticated"),
        ("sec-websocket-protocol: partitura.v1, bearer.wrong\r\n", 401, "unauthenticated"),
        ("authorization: Bearer guest\r\n", 403, "PT0461"),
        ("sec-websocket-protocol: bearer.guest\r\n", 403, "PT0461"),
        // Two are refused, even if both hold.
        ("authorization: Bearer clerk\r\nsec-websocket-protocol: bearer.clerk\r\n", 401, "unauthenticated"),
        ("sec-websocket-protocol: bearer.clerk, bearer.clerk\r\n", 401, "unauthenticated"),
    ] {
        let refused = server.open_as(more).await.err().unwrap();
        assert_eq!(refused.code(), (status, code), "{more}: {refused:?}");
        assert!(refused.head.contains("content-type: application/problem+json"), "{refused:?}");
        assert_eq!(refused.head.contains("www-authenticate: Bearer"), status == 401, "{more}: {refused:?}");
    }
    for more in ["authorization: Bearer clerk\r\n", token] {
        let mut peer = server.open_as(more).await.unwrap();
        assert_eq!(peer.execute("websocket.WhoAmI", json!({})).await["body"], "ada");
        // A message still says itself who may send it.
        assert_eq!(peer.execute("websocket.Reset", json!({})).await["error"]["kind"], "forbidden");
    }
    // The subprotocol is answered, and the token is not.
    let (_, head) = ask(server.address, &handshake("/ws", token)).await.unwrap();
    assert!(head.contains("sec-websocket-protocol: partitura.v1\r\n") && !head.contains("clerk"), "{head}");
    let (_, head) = ask(server.address, &handshake("/ws", "sec-websocket-protocol: bearer.clerk\r\n")).await.unwrap();
    assert!(!head.contains("sec-websocket-protocol"), "{head}");
    // A key in the query, where the configuration has one there.
    let (_, head) = ask(server.address, &handshake("/ws?key=0123456789abcdef0123456789abcdef", "")).await.unwrap();
    assert!(head.starts_with("HTTP/1.1 101"), "{head}");
    let refused = ask(server.address, &handshake("/ws?key=wrong", "")).await.unwrap_err();
    assert_eq!(refused.status, 401);
}

#[tokio::test]
async fn whoever_shows_who_it_is_may_be_enough() {
    let server = Server::start(&["http.websocket.allow = [\"*\"]"]).await;
    assert_eq!(server.open_as("").await.err().unwrap().code(), (401, "PT0461"));
    let mut peer = server.open_as("authorization: Bearer guest\r\n").await.unwrap();
    assert_eq!(peer.execute("websocket.WhoAmI", json!({})).await["body"], "bob");
}

#[tokio::test]
async fn a_connection_lasts_as_long_as_its_token() {
    let server = Server::start(&[]).await;
    let (stream, _) = ask(server.address, &handshake("/ws", "authorization: Bearer late\r\n")).await.unwrap();
    let mut peer = crate::peer::Peer(
        tokio_tungstenite::WebSocketStream::from_raw_socket(
            stream,
            tokio_tungstenite::tungstenite::protocol::Role::Client,
            None,
        )
        .await,
    );
    assert_eq!(peer.closed().await, 1008);
    // And as long as its route lets it.
    let server = Server::start(&["http.limits.routes.\"GET /ws\".timeout = \"300ms\""]).await;
    let mut peer = server.open().await;
    assert_eq!(peer.closed().await, 1008);
}

#[tokio::test]
async fn a_page_of_another_origin_is_refused_unless_it_may_call() {
    let cases = |settings: &'static [&'static str], cases: &'static [(&'static str, u16)]| async move {
        let server = Server::start(settings).await;
        for (more, status) in cases {
            let found = match ask(server.address, &handshake("/ws", more)).await {
                Ok(_) => 101,
                Err(refused) => {
                    assert_eq!(refused.problem["code"], "PT0460", "{refused:?}");
                    refused.status
                }
            };
            assert_eq!(found, *status, "{settings:?} {more}");
        }
    };
    cases(
        &[],
        &[
            ("", 101),
            ("origin: http://app.example\r\n", 101),
            ("origin: https://app.example\r\ncookie: a=b\r\n", 101),
            ("origin: https://evil.example\r\n", 403),
            ("origin: https://evil.example\r\nsec-websocket-protocol: bearer.clerk\r\n", 403),
            ("origin: http://app.example:81\r\n", 403),
            ("origin: null\r\n", 403),
            ("origin: http://app.example\r\norigin: https://evil.example\r\n", 403),
        ],
    )
    .await;
    cases(
        &["http.cors.origins = [\"https://web.example\"]"],
        &[
            ("origin: https://web.example\r\n", 101),
            ("origin: https://web.example\r\nsec-websocket-protocol: bearer.clerk\r\n", 101),
            ("origin: https://web.example\r\ncookie: a=b\r\n", 403),
            ("origin: https://web.example\r\nauthorization: Bearer clerk\r\n", 403),
            ("origin: https://evil.example\r\n", 403),
        ],
    )
    .await;
    cases(
        &["http.cors.origins = [\"https://web.example\"]", "http.cors.credentials = true"],
        &[
            ("origin: https://web.example\r\ncookie: a=b\r\n", 101),
            ("origin: https://evil.example\r\ncookie: a=b\r\n", 403),
        ],
    )
    .await;
    cases(
        &["http.cors.origins = [\"*\"]"],
        &[("origin: https://evil.example\r\n", 101), ("origin: https://evil.example\r\ncookie: a=b\r\n", 403)],
    )
    .await;
}

#[tokio::test]
async fn what_opens_none_is_told_how() {
    let server = Server::start(&[]).await;
    let without = |part: &str| handshake("/ws", "").replace(part, "");
    for (head, status) in [
        ("GET /ws HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(), 426),
        (without("upgrade: WebSocket\r\n"), 426),
        (without("connection: keep-alive, Upgrade\r\n"), 426),
        (handshake("/ws", "").replace("version: 13", "version: 8"), 426),
        (without("sec-websocket-version: 13\r\n"), 426),
        (without("sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400),
        (handshake("/ws", "").replace("dGhlIHNhbXBsZSBub25jZQ==", "short"), 400),
        (handshake("/ws", "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"), 400),
    ] {
        let refused = ask(server.address, &head).await.unwrap_err();
        assert_eq!(refused.code(), (status, "PT0464"), "{head}: {refused:?}");
        assert_eq!(refused.head.contains("sec-websocket-version: 13"), status == 426, "{refused:?}");
    }
    let refused = ask(server.address, "POST /ws HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n").await.unwrap_err();
    assert_eq!(refused.code(), (405, "method_not_allowed"));
    assert!(refused.head.contains("allow: GET"), "{refused:?}");
    let options = ask(server.address, "OPTIONS /ws HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap_err();
    assert_eq!(options.status, 204);
}

#[tokio::test]
async fn it_is_off_unless_it_is_configured_and_refuses_a_path_that_is_taken() {
    use partitura::entrypoint::Entrypoint;
    use partitura::prelude::*;

    let plain = app(&["http.port = 0"]).await;
    assert_eq!(plain.http().unwrap().get("/ws").send().await.status, 404);
    let off = app(&["http.websocket.enabled = false", "http.websocket.path = \"/running\""]).await;
    assert_eq!(off.http().unwrap().get("/ws").send().await.status, 404);
    let on = app(&["http.websocket.max_frame = 4096"]).await;
    assert_eq!(on.http().unwrap().get("/ws").send().await.status, 426);
    let document = on.openapi().unwrap();
    assert!(document["paths"].get("/ws").is_none() && document["paths"].get("/running").is_some());
    for (settings, key) in [
        (&["http.websocket.path = \"/running\""][..], "http.websocket.path"),
        (&["http.websocket.path = \"/health/live\""], "http.websocket.path"),
        (&["http.websocket.path = \"/openapi.json\""], "http.websocket.path"),
        (&["http.websocket.path = \"ws\""], "http.websocket.path"),
        (&["http.websocket.path = \"/{ws}\""], "http.websocket.path"),
        (&["http.websocket.path = \"/\""], "http.websocket.path"),
        (&["http.websocket.max_frame = 1"], "http.websocket.max_frame"),
        (&["http.websocket.max_in_flight = 0"], "http.websocket.max_in_flight"),
        (&["http.websocket.max_connections = 0"], "http.websocket.max_connections"),
        (&["http.websocket.max_outgoing = 0"], "http.websocket.max_outgoing"),
    ] {
        let mut all = vec!["http.port = 0"];
        all.extend(settings);
        let error = partitura::http::Http::new().start(&app(&all).await).await.unwrap_err();
        assert_eq!(error.code(), "PT0410", "{settings:?}");
        assert_eq!(
            error.failures().iter().filter(|failure| failure.pointer == key).count(),
            1,
            "{settings:?}: {error:?}"
        );
    }
    for setting in [
        "http.websocket.topics.\"a..b\" = [\"clerk\"]",
        "http.websocket.topics.\"a.b\" = []",
        "http.websocket.topics.\"a.b\" = \"clerk\"",
        "http.websocket.allow = 4",
        "http.websocket.alow = [\"clerk\"]",
    ] {
        let config = crate::Spoken::BLUEPRINT.loader().hermetic().set(setting).load().unwrap();
        let mistakes = crate::Spoken::builder().config(config).build().await.map(|_| ()).unwrap_err().to_string();
        assert!(mistakes.contains("http.websocket"), "{setting}: {mistakes}");
    }
}
