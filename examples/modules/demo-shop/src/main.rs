//! The same shop for a demonstration: the same modules, another world.

partitura::app! { pub DemoShop { modules: [shop_domain, catalog, checkout, shop_fakes] } }

fn main() -> std::process::ExitCode {
    DemoShop::main()
}

#[cfg(test)]
mod tests {
    use catalog::{AddProduct, ListProducts, RemoveProduct};
    use checkout::Total;
    use partitura_parity::Parity;
    use shop_domain::PriceOf;

    use super::DemoShop;
    use serde_json::json;

    partitura::app! { Part { modules: [shop_domain, catalog, shop_fakes] } }

    /// The checkout is linked, since the shop lists it; this part of it does not.
    #[test]
    fn a_linked_module_that_is_not_listed_is_told() {
        let findings = Part::BLUEPRINT.verify();
        let unlisted: Vec<&str> =
            findings.iter().filter(|it| it.code == "PT0116").map(|it| it.message.as_str()).collect();
        assert!(unlisted.iter().any(|message| message.starts_with("module `checkout` is linked")), "{findings:?}");
        assert!(!DemoShop::BLUEPRINT.verify().iter().any(|it| it.message.contains("`checkout`")));
    }

    #[tokio::test]
    async fn a_basket_is_added_up_across_modules() {
        let app = DemoShop::builder().build().await.unwrap();
        app.execute("catalog.AddProduct", json!({ "sku": "pot", "name": "Pot", "price": 1200 })).await.unwrap();
        assert_eq!(app.execute("checkout.Total", json!({ "skus": ["tea", "pot"] })).await.unwrap(), 1550);
        let error = app.execute("checkout.Total", json!({ "skus": ["cup"] })).await.unwrap_err();
        assert_eq!((error.http_status(), error.code()), (404, "catalog.unknown"));
    }

    #[test]
    fn one_answer_at_every_entrypoint() {
        let parity = Parity::of(DemoShop::BLUEPRINT).cases(include_str!("../parity.toml")).unwrap();
        let parity = parity.typed::<AddProduct>().typed::<RemoveProduct>().typed::<ListProducts>().typed::<Total>();
        let table = parity.typed::<PriceOf>().run().unwrap();
        assert!(table.holds(), "{table}");
        table.compare(concat!(env!("CARGO_MANIFEST_DIR"), "/PARITY.md"));
    }
}
