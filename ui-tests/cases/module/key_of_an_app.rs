partitura::module! {
    name: "bank",
    modules: [],
}

fn main() {}
