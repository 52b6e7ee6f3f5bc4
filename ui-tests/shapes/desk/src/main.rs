//! A program over modules of other packages, some of them through a path that re-exports them.

use partitura::prelude::*;

partitura::app! { pub Desk { modules: [facade::goods, facade::deep::infra] } }

/// Asks at the desk.
#[derive(Debug, Serialize, Deserialize, JsonSchema, Query)]
pub struct Ask {
    what: String,
}

#[handler]
async fn ask(query: Ask, cx: &Context) -> Result<String> {
    let line = cx.send(facade::goods::Line { what: query.what.clone() }).await?;
    let left = cx.send(plain_domain::orders::Order { what: query.what }).await?.left;
    Ok(format!("{line}, {left} left"))
}

fn main() -> std::process::ExitCode {
    Desk::main()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_desk_asks_the_shelf() {
        let modules: Vec<_> =
            Desk::BLUEPRINT.modules.iter().map(|module| (module.name, module.entries.entries().len())).collect();
        assert_eq!(modules, [("shelf", 4), ("kit", 1), ("desk", 1)]);
        let app = Desk::builder().build().await.unwrap();
        assert_eq!(app.send(Ask { what: "tea".into() }).await.unwrap(), "tea: 3, 2 left");
        assert_eq!(app.execute("desk.Ask", serde_json::json!({ "what": "pot" })).await.unwrap(), "pot: 3, 2 left");
    }
}
