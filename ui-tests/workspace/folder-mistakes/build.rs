//! All but one.

fn main() {
    ["src/empty", "src/doubled", "src/gaps", "src/nothing_to_run", "src/names", "src/good"].into_iter().for_each(partitura_build::watch);
}
