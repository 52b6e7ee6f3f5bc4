partitura::module! { name: "accounts" }
