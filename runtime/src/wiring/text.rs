//! Text that a `const fn` can write, for panics that the compiler shows.

/// A bounded text. What does not fit is cut.
pub struct Text {
    bytes: [u8; Self::LIMIT],
    len: usize,
}

impl Text {
    const LIMIT: usize = 4096;

    /// None.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Text { bytes: [0; Self::LIMIT], len: 0 }
    }

    /// Adds to it.
    pub const fn put(&mut self, text: &str) {
        let text = text.as_bytes();
        let mut at = 0;
        while at < text.len() && self.len < Self::LIMIT {
            self.bytes[self.len] = text[at];
            self.len += 1;
            at += 1;
        }
    }

    pub(crate) const fn number(&mut self, number: u32) {
        if number >= 10 {
            self.number(number / 10);
        }
        let digit = [b'0' + (number % 10) as u8];
        if let Ok(digit) = core::str::from_utf8(&digit) {
            self.put(digit);
        }
    }

    /// As it is.
    pub const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "(a name was cut)",
        }
    }
}

/// Compares in const, where `==` on `str` is not to be had.
pub(crate) const fn same(a: &str, b: &str) -> bool {
    matches!(order(a, b), 0)
}

/// -1, 0 or 1, byte by byte.
pub(crate) const fn order(a: &str, b: &str) -> i8 {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() {
        if a[at] != b[at] {
            return if a[at] < b[at] { -1 } else { 1 };
        }
        at += 1;
    }
    if a.len() == b.len() {
        0
    } else if a.len() < b.len() {
        -1
    } else {
        1
    }
}
