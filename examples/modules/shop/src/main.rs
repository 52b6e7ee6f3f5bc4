//! The shop as it is run: products in a file, mail on the terminal.

use partitura::prelude::Tracing;

partitura::app! {
    pub Shop { modules: [shop_domain, catalog, checkout, shop_infra], behaviors: [Tracing] }
}

fn main() -> std::process::ExitCode {
    Shop::main()
}
