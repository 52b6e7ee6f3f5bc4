//! A new file in one of these folders takes part at the next build.

fn main() {
    ["src/models", "src/services", "src/controllers", "src/utils"].into_iter().for_each(partitura_build::watch);
}
