//! What the user's Cargo.toml lacks. The derives of serde and schemars name these crates, and a prelude cannot give them.

use std::sync::OnceLock;

/// The crates that a message which travels needs, and that the manifest does not mention; none if it cannot be read.
pub(crate) fn missing() -> &'static [(&'static str, &'static str)] {
    if cfg!(test) {
        // Unit tests expand items of other crates than this one, which needs neither.
        return &[];
    }
    static MISSING: OnceLock<Vec<(&'static str, &'static str)>> = OnceLock::new();
    MISSING.get_or_init(|| {
        let Some(text) = text() else { return Vec::new() };
        NEEDED.iter().copied().filter(|(name, _)| !mentions(&text, name)).collect()
    })
}

/// Whether the manifest mentions a crate of this name; also if it cannot be read.
pub(crate) fn names(name: &str) -> bool {
    text().is_none_or(|text| mentions(&text, name) || mentions(&text, &name.replace('_', "-")))
}

fn text() -> Option<String> {
    let folder = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR")?);
    std::fs::read_to_string(folder.join("Cargo.toml")).ok()
}

const NEEDED: &[(&str, &str)] =
    &[("serde", "serde = { version = \"1\", features = [\"derive\"] }"), ("schemars", "schemars = \"1\"")];

/// Generous on purpose: whoever has the crate by another way says its name in a comment, and is believed.
fn mentions(text: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    text.split(|c| !is_word(c)).any(|word| word == name)
}
