//! How a name finds its handler.
#![forbid(unsafe_code)]
#![allow(missing_docs)]

use partitura::prelude::*;
use serde_json::json;

partitura::app! { Names { modules: [] } }

pub mod first {
    use partitura::prelude::*;
    #[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
    pub struct Open;
    #[handler]
    pub async fn open(_command: Open) -> Result<u32> {
        Ok(1)
    }
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
#[command(name = "Open", version = 12)]
pub struct OpenTwelve;
#[handler]
pub async fn open_twelve(_command: OpenTwelve) -> Result<u32> {
    Ok(12)
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
#[command(name = "Open", version = 3)]
pub struct OpenThree;
#[handler]
pub async fn open_three(_command: OpenThree) -> Result<u32> {
    Ok(3)
}

#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
pub struct OpenAll;
#[handler]
pub async fn open_all(_command: OpenAll) -> Result<u32> {
    Ok(0)
}

#[derive(Debug, Command)]
#[command(local)]
pub struct Opening;
#[handler]
pub async fn opening(_command: Opening) -> Result<u32> {
    Ok(0)
}

async fn text(name: &str) -> String {
    let app = Names::builder().build().await.unwrap();
    match app.execute(name, json!(null)).await {
        Ok(value) => value.to_string(),
        Err(error) => error.message().to_owned(),
    }
}

#[tokio::test]
async fn a_name_without_version_is_the_newest() {
    assert_eq!(text("names.Open").await, "12");
    assert_eq!(text("names.Open@1").await, "1");
    assert_eq!(text("names.Open@3").await, "3");
    assert_eq!(text("names.OpenAll").await, "0");
}

#[tokio::test]
async fn a_version_that_is_not_there_lists_those_that_are() {
    let text = text("names.Open@2").await;
    assert_eq!(text, "no message is named `names.Open@2`; there is `names.Open@1`, `names.Open@3`, `names.Open@12`");
}

#[tokio::test]
async fn a_name_that_is_not_there_is_told_with_the_near_one() {
    assert_eq!(text("names.Opne").await, "no message is named `names.Opne`; did you mean `names.Open`?");
    for name in ["", ".", "names", "names.", "names.Open<u32>", "nam.es.Open", "Open", "names.Ope"] {
        assert!(text(name).await.starts_with("no message is named"), "{name}");
    }
}

#[tokio::test]
async fn a_local_message_has_no_name_outside() {
    let text = text("names.Opening").await;
    assert!(text.contains("is local"), "{text}");
}
