//! Modules that the configuration switches off, in a program of several.
#![allow(clippy::disallowed_methods, reason = "these tests watch real processes")]

use std::process::{Command, Output, Stdio};

fn shop(arguments: &[&str]) -> Output {
    let folder = std::env::temp_dir().join(format!("shop-modules-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_shop"));
    command.current_dir(&folder).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn module_that_is_off_takes_its_messages_with_it() {
    let on = shop(&["execute", "checkout.Total", "--skus", "a"]);
    // It is there, and the product is not.
    assert!(told(&on).contains("catalog.unknown") || told(&on).contains("there is no product"), "{}", told(&on));
    let off = shop(&["--set", "modules.checkout=false", "execute", "checkout.Total", "--skus", "a"]);
    assert_eq!(off.status.code(), Some(66));
    assert!(told(&off).contains("no message is named `checkout.Total`"), "{}", told(&off));
    let others = shop(&["--set", "modules.checkout=false", "execute", "catalog.ListProducts"]);
    assert_eq!(others.status.code(), Some(0), "{}", told(&others));
}

#[test]
fn module_that_is_off_and_lacks_is_told_at_the_start_by_name() {
    let lacking = shop(&["--set", "modules.infra=false", "execute", "catalog.ListProducts"]);
    assert_eq!(lacking.status.code(), Some(70));
    let text = told(&lacking);
    assert!(text.contains("PT0110") && text.contains("module `catalog` imports `dyn ProductStore`"), "{text}");
    assert!(
        text.contains("the module `infra` does, and the configuration switches it off: `[modules] infra = true`"),
        "{text}"
    );
    let unhandled = shop(&["--set", "modules.catalog=false", "execute", "checkout.Total", "--skus", "a"]);
    let text = told(&unhandled);
    assert!(text.contains("PT0111") && text.contains("domain.PriceOf"), "{text}");
    assert!(text.contains("the module `catalog` does, and the configuration switches it off"), "{text}");
}

#[test]
fn module_that_is_none_is_refused_with_the_nearest() {
    for arguments in [&["config"][..], &["execute", "catalog.ListProducts"]] {
        let wrong = shop(&[&["--set", "modules.catlog=false"], arguments].concat());
        assert_eq!(wrong.status.code(), Some(78), "{}", told(&wrong));
        assert!(
            told(&wrong).contains(
                "--set modules.catlog=..: `modules.catlog`: no module is named `catlog`; did you mean `catalog`?"
            ),
            "{}",
            told(&wrong)
        );
    }
    let listed =
        shop(&["--set", "modules.checkout=false", "--set", r#"messages."catalog.AddProduct".timeout=3s"#, "config"]);
    let text = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(
        text.contains("messages.\"catalog.AddProduct\".timeout = \"3s\"")
            && text.contains("# --set messages.\"catalog.AddProduct\".timeout=.."),
        "{text}"
    );
}
