//! A crate without the prelude of the standard library: generated code names all that it uses by its whole path.
#![no_implicit_prelude]

use ::partitura::prelude::{
    All, Arc, Command, Context, Deserialize, Event, JsonSchema, Problem, Query, Serialize, config, handler, injectable,
    provider,
};
use ::std::fmt::Debug;
use ::std::result::Result::Ok;
use ::std::string::String;

::partitura::module! { name: "bare", imports: [dyn Clock], exports: [Kept] }

/// A name that generated code could stumble over.
pub struct Result;
/// As above.
pub struct Option;
/// As above.
pub struct Box;
/// As above.
pub trait Future {}

/// Tells the time.
pub trait Clock: ::std::marker::Send + ::std::marker::Sync {
    /// The hour.
    fn hour(&self) -> u32;
}

/// A section.
#[derive(Debug, Deserialize)]
#[config(section = "bare")]
pub struct Settings {
    #[serde(default)]
    add: u32,
}

/// Kept.
#[injectable]
pub struct Kept {
    settings: Arc<Settings>,
    clock: Arc<dyn Clock>,
}

/// Made.
pub struct Fresh(u32);

#[provider(transient)]
async fn fresh() -> ::partitura::Result<Fresh> {
    Ok(Fresh(5))
}

/// Asks.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Ask {
    /// A number.
    pub number: u32,
}

/// It was asked.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
pub struct Asked {}

/// Tells.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
#[command(local)]
pub struct Tell {}

/// What can go wrong.
#[derive(Debug, Problem)]
pub enum Trouble {
    /// It is late.
    #[problem(kind = gone, message = "gone at {0}")]
    Late(u32),
}

#[handler(timeout = "1s")]
async fn ask(
    query: Ask,
    kept: &Kept,
    fresh: Fresh,
    all: All<Kept>,
    absent: ::std::option::Option<&dyn Clock>,
    cx: &Context,
) -> ::partitura::Result<u32> {
    cx.emit(Asked {}).await?;
    let told = cx.send(Tell {}).await?;
    let counted = u32::from(absent.is_some()) + u32::from(all.iter().count() == 0);
    Ok(query.number + kept.settings.add + kept.clock.hour() + fresh.0 + told + counted)
}

#[handler]
async fn tell(_command: Tell, clock: &dyn Clock) -> ::std::result::Result<u32, Trouble> {
    match clock.hour() {
        23 => ::std::result::Result::Err(Trouble::Late(23)),
        _ => Ok(1000),
    }
}

#[handler]
async fn on_asked(_event: &Asked) -> ::partitura::Result<()> {
    Ok(())
}

/// For a test.
pub fn text(of: &str) -> String {
    ::std::borrow::ToOwned::to_owned(of)
}

#[cfg(test)]
mod tests {
    use super::{Arc, Ask, Clock};
    use ::std::assert_eq;

    ::partitura::app! { Bare { modules: [crate], fakes: [dyn Clock] } }

    struct Hour(u32);
    impl Clock for Hour {
        fn hour(&self) -> u32 {
            self.0
        }
    }

    #[::tokio::test]
    async fn nothing_is_taken_from_a_prelude() {
        assert_eq!((Bare::BLUEPRINT.modules[0].entries)().len(), 6);
        let app = Bare::builder().replace::<dyn Clock>(Arc::new(Hour(9))).build().await.unwrap();
        assert_eq!(app.send(Ask { number: 100_000 }).await.unwrap(), 101_016);
        let app = Bare::builder().replace::<dyn Clock>(Arc::new(Hour(23))).build().await.unwrap();
        let reply = app.execute("bare.Ask", ::serde_json::json!({ "number": 1 })).await;
        assert_eq!(reply.unwrap_err().message(), super::text("gone at 23"));
    }
}
