//! The same shop for a demonstration: the same modules, another world.

partitura::app! { pub DemoShop { modules: [shop_domain, catalog, checkout, shop_fakes] } }

fn main() -> std::process::ExitCode {
    DemoShop::main()
}

#[cfg(test)]
mod tests {
    use super::DemoShop;
    use serde_json::json;

    #[tokio::test]
    async fn a_basket_is_added_up_across_modules() {
        let app = DemoShop::builder().build().await.unwrap();
        app.execute("catalog.AddProduct", json!({ "sku": "pot", "name": "Pot", "price": 1200 })).await.unwrap();
        assert_eq!(app.execute("checkout.Total", json!({ "skus": ["tea", "pot"] })).await.unwrap(), 1550);
        let error = app.execute("checkout.Total", json!({ "skus": ["cup"] })).await.unwrap_err();
        assert_eq!((error.http_status(), error.code()), (404, "catalog.unknown"));
    }
}
