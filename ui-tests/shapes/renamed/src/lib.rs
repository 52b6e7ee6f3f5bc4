//! The framework under another name: `score = { package = "partitura", .. }`. `module!` and `app!` say it for their
//! crate; an attribute of a crate that has neither says it by itself, and so does what needs no module: contract
//! messages and problems.

use score::prelude::*;

score::module! { name: "renamed", crate: score, imports: [dyn Clock], handles: [Price] }

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The hour.
    fn hour(&self) -> u32;
}

/// What something costs.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
#[query(contract, reply = u32, crate = score)]
pub struct Price {
    /// What.
    #[validate(required, pattern("[a-z]*"))]
    pub of: String,
}

/// What stands inside of a message.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Validate)]
#[validate(crate = score)]
pub struct Coin {
    /// What it is worth.
    #[validate(range(min = 1))]
    pub worth: u32,
}

/// What can go wrong.
#[derive(Debug, Problem)]
#[problem(crate = score)]
pub enum Trouble {
    /// Nobody is there.
    #[problem(kind = unavailable, code = "renamed.closed", message = "closed at {0}")]
    Closed(u32),
}

#[handler]
async fn price(query: Price, clock: &dyn Clock) -> Result<u32, Trouble> {
    if clock.hour() < 8 {
        return Err(Trouble::Closed(clock.hour()));
    }
    Ok(u32::try_from(query.of.len()).unwrap_or(u32::MAX))
}

/// Once more, each attribute with the path by itself.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Command)]
#[command(crate = score)]
pub struct Buy {
    #[validate(required)]
    of: String,
    #[serde(default)]
    #[validate(nested)]
    coins: Vec<Coin>,
}

/// Where it is.
#[derive(Debug, Deserialize)]
#[config(section = "till", crate = score)]
pub struct TillConfig {
    #[serde(default)]
    tax: u32,
}

/// Takes money.
#[injectable(crate = score)]
pub struct Till {
    config: Arc<TillConfig>,
    drawer: Arc<Drawer>,
}

/// Keeps money.
pub struct Drawer(u32);

#[provider(crate = score)]
fn drawer() -> Drawer {
    Drawer(100)
}

#[handler(crate = score, timeout = "5s")]
async fn buy(command: Buy, till: &Till, cx: &Context) -> Result<u32> {
    let price = cx.send(Price { of: command.of }).await?;
    cx.emit(Bought {}).await?;
    Ok(price + till.config.tax + till.drawer.0)
}

/// It is sold.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Event)]
#[event(crate = score)]
pub struct Bought {}

#[handler(crate = score)]
async fn on_bought(_event: &Bought) -> Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    score::app! { Shop { modules: [crate], fakes: [dyn Clock], crate: score } }

    struct Hour(u32);
    impl Clock for Hour {
        fn hour(&self) -> u32 {
            self.0
        }
    }

    #[tokio::test]
    async fn the_name_of_the_dependency_is_free() {
        assert_eq!(Shop::BLUEPRINT.modules[0].entries.entries().len(), 6);
        let app = Shop::builder().replace::<dyn Clock>(Arc::new(Hour(9))).build().await.unwrap();
        let worthless = Buy { of: "tea".into(), coins: vec![Coin { worth: 0 }] };
        assert_eq!(score::validate::check(&worthless).unwrap_err().failures()[0].pointer, "/coins/0/worth");
        assert_eq!(app.send(Buy { of: "tea".into(), coins: Vec::new() }).await.unwrap(), 103);
        assert_eq!(app.execute("renamed.Price", serde_json::json!({ "of": "rice" })).await.unwrap(), 4);
        let night = Shop::builder().replace::<dyn Clock>(Arc::new(Hour(3))).build().await.unwrap();
        let error = night.send(Price { of: "tea".into() }).await.unwrap_err();
        assert_eq!((error.code(), error.message()), ("renamed.closed", "closed at 3"));
    }
}
