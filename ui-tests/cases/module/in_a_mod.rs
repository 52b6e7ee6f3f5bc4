partitura::app! { Bank { modules: [] } }

mod accounts {
    partitura::module! { name: "accounts" }
}

fn main() {}
