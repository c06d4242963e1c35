//! A key of an ordered map in memory that is compared without following its pointer, mostly: its first sixteen bytes lie
//! inline, and most keys differ there. A map of plain boxes misses the cache at every comparison.

/// Bytes kept inline.
const INLINE: usize = size_of::<u128>();

/// Sorts as its bytes do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OrderedKey {
    /// The first bytes, the first one highest; zeros where there are none, which the comparison of the whole then settles.
    first: u128,
    bytes: Box<[u8]>,
}

impl OrderedKey {
    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl From<Box<[u8]>> for OrderedKey {
    fn from(bytes: Box<[u8]>) -> Self {
        let mut first = [0; INLINE];
        for (to, from) in first.iter_mut().zip(&bytes) {
            *to = *from;
        }
        Self { first: u128::from_be_bytes(first), bytes }
    }
}

impl From<&[u8]> for OrderedKey {
    fn from(bytes: &[u8]) -> Self {
        Self::from(Box::<[u8]>::from(bytes))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn keys_sort_as_their_bytes_do(
            // Few different bytes, zeros among them: common beginnings and prefixes are what could go wrong.
            a in proptest::collection::vec(0..3_u8, 0..20), b in proptest::collection::vec(0..3_u8, 0..20),
        ) {
            let key = |bytes: &[u8]| OrderedKey::from(bytes);
            prop_assert_eq!(key(&a).cmp(&key(&b)), a.cmp(&b));
            let kept = key(&a);
            prop_assert_eq!(kept.bytes(), &*a);
        }
    }
}
