//! The shop, as it is run: each call a process of its own, products in a file.

use std::path::PathBuf;
use std::process::Command;

/// A folder for one test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("shop-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn shop(&self, arguments: &[&str]) -> (String, String, i32) {
        let output = Command::new(env!("CARGO_BIN_EXE_shop"))
            .args(arguments)
            .env("SHOP__STORE__PATH", self.0.join("shop.json"))
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code().unwrap())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const ADD_TEA: [&str; 8] = ["execute", "catalog.AddProduct", "--sku", "tea", "--name", "Tea", "--price", "350"];

#[test]
fn modules_work_together_across_crates() {
    let folder = Folder::new("together");
    let (out, err, code) = folder.shop(&ADD_TEA);
    assert_eq!(code, 0, "{err}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap()["sku"], "tea");
    assert_eq!(err, "mail to editor@shop.example: new: Tea\n", "the subscriber was told after the command");
    // The checkout asks the catalog by a contract of the domain.
    let (out, _, code) = folder.shop(&["execute", "checkout.Total", "--skus", "tea", "--skus", "tea"]);
    assert_eq!((out.as_str(), code), ("700\n", 0));
}

#[test]
fn an_error_of_a_handler_is_one_line_and_its_exit_code() {
    let folder = Folder::new("errors");
    folder.shop(&ADD_TEA);
    let (out, err, code) = folder.shop(&ADD_TEA);
    assert_eq!(
        (out.as_str(), err.as_str(), code),
        ("", "error[catalog.taken]: there is a product `tea` already\n", 73)
    );
    let (_, err, code) = folder.shop(&["execute", "checkout.Total", "--skus", "cup"]);
    assert_eq!((err.as_str(), code), ("error[catalog.unknown]: there is no product `cup`\n", 66));
    let (_, err, code) =
        folder.shop(&["execute", "catalog.AddProduct", "--sku", "x", "--price", "much", "--colour", "red"]);
    assert_eq!(code, 2);
    assert_eq!(err.lines().count(), 3, "{err}");
}

#[test]
fn rules_and_roles_are_checked_before_the_handler() {
    let folder = Folder::new("rules");
    let (_, err, code) =
        folder.shop(&["execute", "catalog.AddProduct", "--sku", "Green Tea", "--name", " ", "--price", "0"]);
    assert_eq!((code, err.lines().count()), (65, 4), "{err}");
    folder.shop(&ADD_TEA);
    let (_, err, code) = folder.shop(&["execute", "catalog.RemoveProduct", "--sku", "tea"]);
    assert_eq!((err.as_str(), code), ("error[PT0313]: `catalog.RemoveProduct` needs credentials\n", 77));
    let (_, err, code) = folder.shop(&["execute", "--as", "ada", "catalog.RemoveProduct", "--sku", "tea"]);
    assert_eq!((err.as_str(), code), ("error[PT0313]: `ada` may not send `catalog.RemoveProduct`\n", 77));
    let editor = ["execute", "--as", "ada", "--role", "editor", "catalog.RemoveProduct", "--sku", "tea"];
    assert_eq!(folder.shop(&editor).1, "mail to editor@shop.example: gone: tea\n");
    assert_eq!(folder.shop(&["execute", "checkout.Total", "--skus", "tea"]).2, 66);
}

#[test]
fn a_provider_that_fails_is_told_with_its_place_and_nothing_leaks_to_a_caller() {
    let folder = Folder::new("broken");
    // A folder where the file should be.
    std::fs::create_dir_all(folder.0.join("shop.json")).unwrap();
    let (_, err, code) = folder.shop(&["execute", "catalog.ListProducts"]);
    assert_eq!(code, 70, "{err}");
    assert!(err.lines().any(|line| line.starts_with("internal error (trace ")), "{err}");
    std::fs::remove_dir_all(&folder.0).unwrap();
    let (_, err, code) = folder.shop(&["execute", "catalog.ListProducts"]);
    assert_eq!(code, 70, "{err}");
    assert!(err.contains("the provider of `dyn ProductStore` (examples/modules/infra/src/lib.rs:"), "{err}");
}
