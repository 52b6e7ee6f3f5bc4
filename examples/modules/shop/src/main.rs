//! The shop as it is run: products in a file, mail on the terminal.

partitura::app! { pub Shop { modules: [shop_domain, catalog, checkout, shop_infra] } }

fn main() -> std::process::ExitCode {
    Shop::main()
}
