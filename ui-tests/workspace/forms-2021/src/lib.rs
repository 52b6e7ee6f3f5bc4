//! What must compile without a word: see `examples`.
