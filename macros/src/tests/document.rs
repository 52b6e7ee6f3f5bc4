//! `docs/expansions.md` is written from the forms, so that it cannot go stale.
