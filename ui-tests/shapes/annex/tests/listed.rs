//! What a module declares is reachable where it is listed, and nowhere else.

use partitura::prelude::*;

partitura::module! { name: "main" }
partitura::app! { pub WithAnnex { modules: [crate, annex] } }
partitura::app! { pub Without { modules: [crate] } }

/// The front door.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Ring {}

/// Rings.
#[handler(route(get, "/ring"))]
pub async fn ring(_: Ring) -> Result<String> {
    Ok("who is there?".to_owned())
}

#[tokio::test]
async fn no_route_is_reachable_that_no_listed_module_declares() {
    let with = WithAnnex::builder().build().await.unwrap();
    let without = Without::builder().build().await.unwrap();
    let (with_routes, without_routes) = (with.describe().routes.len(), without.describe().routes.len());
    assert_eq!((with_routes, without_routes), (3, 1));
    let (with, without) = (with.http().unwrap(), without.http().unwrap());
    for http in [&with, &without] {
        assert_eq!(http.get("/ring").send().await.status, 200);
    }
    assert_eq!(with.post("/back-door").send().await.text(), "\"open\"");
    assert_eq!(without.post("/back-door").send().await.status, 404);
    assert_eq!(without.put("/doors/a/b").send().await.status, 404);
    // Nor by its name.
    let config = Without::BLUEPRINT.loader().hermetic().set("http.routes.\"annex.OpenBackDoor\" = \"POST /x\"");
    let app = Without::builder().config(config.load().unwrap()).build().await.unwrap();
    let error = app.http().err().unwrap();
    assert!(error.to_string().contains("no message is named `annex.OpenBackDoor`"), "{error}");
}

#[tokio::test]
async fn nobody_elses_machine_reaches_it_by_default() {
    use partitura::Entrypoint;

    let app = Without::builder()
        .config(Without::BLUEPRINT.loader().hermetic().set("http.port = 0").load().unwrap())
        .build()
        .await
        .unwrap();
    let http = partitura::http::Http::new();
    let address = http.start(&app).await.unwrap();
    assert!(address.starts_with("http://127.0.0.1:"), "{address}");
    http.drain().await;
    http.stop().await.unwrap();
}

#[tokio::test]
async fn an_entrypoint_that_does_not_open_says_everything() {
    let config = Without::BLUEPRINT
        .loader()
        .hermetic()
        .set("http.port = 0")
        .set("http.routes.\"main.Rnig\" = \"GET /x\"")
        .set("http.prefixes.mian = \"/y\"");
    let app = Without::builder().config(config.load().unwrap()).build().await.unwrap();
    let http: Vec<std::sync::Arc<dyn partitura::Entrypoint>> = vec![std::sync::Arc::new(partitura::http::Http::new())];
    let refused = partitura::host::serve(&app, &http, &[], |_| unreachable!(), async {}).await;
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("did you mean `main.Ring`?") && text.contains("did you mean `main`?"), "{text}");
}
