//! A crate without the prelude of the standard library: generated code names all that it uses by its whole path. Its
//! messages are local, since schemars' derive does not live without a prelude.
#![no_implicit_prelude]

use ::partitura::prelude::{
    All, Arc, Command, Context, Deserialize, Event, Problem, Query, config, handler, injectable, provider,
};
use ::std::fmt::Debug;
use ::std::result::Result::Ok;

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
#[derive(Debug, Query)]
#[query(local)]
pub struct Ask {
    /// A number.
    pub number: u32,
}

/// It was asked.
#[derive(Debug, Event)]
#[event(local)]
pub struct Asked {}

/// Tells.
#[derive(Debug, Command)]
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
    let counted = if absent.is_some() && !all.is_empty() { 1 } else { 0 };
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

/// An application without a prelude.
#[cfg(test)]
mod tests {
    use super::Clock;

    ::partitura::app! {
        /// With a text of its own.
        pub Bare { modules: [crate], fakes: [dyn Clock] }
    }
}
