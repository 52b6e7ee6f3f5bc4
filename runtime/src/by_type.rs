//! Maps by type, for what is looked up with every message.

use std::any::TypeId;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// What belongs to types.
pub(crate) type ByType<V> = HashMap<TypeId, V, BuildHasherDefault<TypeHasher>>;

/// A `TypeId` is a hash, made by the compiler and by nobody who calls: it needs no other.
#[derive(Default)]
pub(crate) struct TypeHasher(u64);

impl Hasher for TypeHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        // Not what a `TypeId` says of itself today.
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, half: u64) {
        self.0 ^= half;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_told_apart() {
        let mut map = ByType::default();
        let types = [TypeId::of::<u8>(), TypeId::of::<String>(), TypeId::of::<dyn Send>(), TypeId::of::<[u8; 3]>()];
        for (index, of) in types.iter().enumerate() {
            map.insert(*of, index);
        }
        assert_eq!(types.map(|of| map[&of]), [0, 1, 2, 3]);
        assert!(!map.contains_key(&TypeId::of::<u16>()));
    }
}
