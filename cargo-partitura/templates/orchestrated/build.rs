//! A new file in one of these folders takes part at the next build.

fn main() {
    partitura_build::watch("src/models");
    partitura_build::watch("src/services");
    partitura_build::watch("src/controllers");
    partitura_build::watch("src/utils");
}
