//! Goldens of compiler errors. Nothing is here but tests: `cases` are single crates, `workspace` is several.
