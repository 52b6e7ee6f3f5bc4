//! How an application is built.
#![allow(missing_docs)]

use std::sync::LazyLock;
use std::time::Duration;

use partitura::StartError;
use partitura::prelude::*;

partitura::app! { Pair { modules: [] } }

/// Both wait for each other: one after the other would never end.
static BARRIER: LazyLock<tokio::sync::Barrier> = LazyLock::new(|| tokio::sync::Barrier::new(2));

pub struct Left;
#[provider]
async fn left() -> Result<Left> {
    BARRIER.wait().await;
    Ok(Left)
}

pub struct Right;
#[provider]
async fn right(switch: &Switch) -> Result<Right> {
    BARRIER.wait().await;
    if switch.broken {
        return Err(Error::unavailable("the right one is out"));
    }
    Ok(Right)
}

#[injectable]
pub struct Both {
    _left: Arc<Left>,
    _right: Arc<Right>,
}

#[derive(Deserialize)]
#[config(section = "switch")]
pub struct Switch {
    #[serde(default)]
    broken: bool,
    #[serde(default)]
    panics: bool,
}

pub struct Third;
#[provider]
fn third(switch: &Switch) -> Third {
    assert!(!switch.panics, "as asked");
    Third
}

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Ask;
#[handler]
async fn ask(_query: Ask, _both: &Both, _third: &Third) -> Result<()> {
    Ok(())
}

async fn build(flags: &[&str]) -> Result<partitura::App, StartError> {
    let loader = flags.iter().fold(Pair::BLUEPRINT.loader().environment([]), |loader, flag| loader.set(*flag));
    let build = Pair::builder().config(loader.load().unwrap()).build();
    // A limit of the test itself, in real time.
    #[allow(clippy::disallowed_methods)]
    let built = tokio::time::timeout(Duration::from_secs(20), build).await;
    built.expect("the two are not built at the same time")
}

#[tokio::test]
async fn start_builds_independent_singletons_at_the_same_time_and_tells_every_failure() {
    assert!(build(&[]).await.unwrap().send(Ask).await.is_ok());

    let error = build(&["switch.broken=true"]).await.unwrap_err();
    assert_eq!(error.exit_code(), 69, "that of the provider's own error");
    let text = error.to_string();
    assert!(text.contains("`Right` (partitura/tests/build.rs:"), "{text}");
    assert!(text.ends_with("failed: the right one is out"), "{text}");

    let text = build(&["switch.panics=true"]).await.unwrap_err().to_string();
    assert!(text.contains("`Third`") && text.contains("panicked: as asked"), "{text}");

    // Everything that is wrong with the configuration comes before anything is built.
    let error = build(&["switch.broken=perhaps", "switch.panic=true", "swich.x=1"]).await.unwrap_err();
    assert_eq!(error.exit_code(), 78);
    assert_eq!(error.to_string().lines().count(), 3, "{error}");
}
