//! Routes that no compiler can judge, since what an input of a plan and a reply hold is known by their schemas alone: they are
//! refused before anything is served, all at once.
#![cfg(feature = "http")]
#![allow(missing_docs)]

use partitura::prelude::*;

partitura::app! { pub Bank { modules: [] } }

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Account {
    pub id: u64,
}

macro_rules! command {
    ($name:ident) => {
        #[derive(Serialize, Deserialize, JsonSchema, Command)]
        pub struct $name {}
    };
}
command!(Named);
command!(Whole);
command!(Silent);
command!(Right);

#[handler(route(post, "/named", created = "/accounts/{ids}"))]
async fn named(_command: Named) -> Result<Account> {
    Ok(Account { id: 1 })
}

#[handler(route(post, "/whole", created = "/accounts/{}"))]
async fn whole(_command: Whole) -> Result<Account> {
    Ok(Account { id: 1 })
}

#[handler(route(post, "/silent", created = "/accounts/{id}"))]
async fn silent(_command: Silent) -> Result<()> {
    Ok(())
}

#[handler(route(post, "/right", created = "/accounts/{}"))]
async fn right(_command: Right) -> Result<String> {
    Ok(String::new())
}

#[derive(Serialize, Deserialize, JsonSchema, Query)]
pub struct Show {
    pub account: Account,
}

#[handler(route(get, "/accounts/{account}"))]
async fn show(query: Show) -> Result<u64> {
    Ok(query.account.id)
}

#[derive(Clone, Serialize, Deserialize, JsonSchema, Validate)]
pub struct Order {
    pub shop: String,
}

#[orchestrate(input = Order, route(post, "/orders/{shops}"))]
pub mod delivery {
    use partitura::prelude::*;

    use super::Order;

    #[step]
    async fn ship(_order: &Order) -> Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_route_that_its_schemas_do_not_bear_is_told_before_anything_is_served() {
    let app = Bank::test().build().await.unwrap();
    let error = app.router().expect_err("no router");
    let told: Vec<&str> = error.failures().iter().map(|failure| failure.message.as_str()).collect();
    let named = |name: &str| app.describe().messages.iter().find(|it| it.name.ends_with(name)).unwrap().name.clone();
    let (show, run) = (named("Show"), named("Run"));
    let mut wanted = vec![
        "`created = \"/accounts/{ids}\"`: `ids` is no field of the reply `Account`; did you mean `id`? [PT0400]".to_owned(),
        "`created = \"/accounts/{}\"`: `{}` is the reply itself, and `Account` is an object: name a field of it [PT0400]".to_owned(),
        "`created = \"/accounts/{id}\"`: the reply is `()`, which says nothing: answer with what has `{id}`, or leave `created` out [PT0400]".to_owned(),
        format!("the field `account` of `{show}` is an object, and a segment of the path `/accounts/{{account}}` is one value [PT0402]"),
        format!("`{{shops}}` in `/orders/{{shops}}` is no field of `{run}`; did you mean `shop`? [PT0401]"),
    ];
    wanted.sort();
    let mut told: Vec<String> = told.into_iter().map(str::to_owned).collect();
    told.sort();
    assert_eq!(told, wanted);
}
