//! How a row is written: fields in a fixed order, whole numbers as variable-length integers (LEB128, signed ones in zigzag),
//! floats as their eight bytes, an option as a flag before its value.
//!
//! A stored value begins with the format's number; a row of another format is not guessed at: the state is rebuilt from its
//! changelog by the program that wrote it, or refused.

use serde_json::{Value, json};

/// The format that this program writes.
const FORMAT: u8 = 1;

/// Something that has a place in a row.
pub(crate) trait Row: Sized {
    /// Appends the bytes.
    fn write(&self, out: &mut Vec<u8>);
    /// Takes the value off the front; `None` when the bytes are no such value.
    fn read(input: &mut &[u8]) -> Option<Self>;
    /// The value for people, under the names of its fields.
    fn show(&self) -> Value;
}

/// The whole stored value of `row`, in place of what `out` held.
pub(crate) fn encode<T: Row>(row: &T, out: &mut Vec<u8>) {
    out.clear();
    out.push(FORMAT);
    row.write(out);
}

/// The row that a stored value holds; `None` when it holds something else, or more.
pub(crate) fn decode<T: Row>(value: &[u8]) -> Option<T> {
    let (&FORMAT, mut input) = value.split_first()? else { return None };
    T::read(&mut input).filter(|_| input.is_empty())
}

/// A struct's row: its fields in the order given. That order is the format; fields are only appended, with a new format.
macro_rules! row {
    ($type:ty { $($field:ident),+ $(,)? }) => {
        impl $crate::rows::row::Row for $type {
            fn write(&self, out: &mut Vec<u8>) {
                $($crate::rows::row::Row::write(&self.$field, out);)+
            }

            fn read(input: &mut &[u8]) -> Option<Self> {
                Some(Self { $($field: $crate::rows::row::Row::read(input)?),+ })
            }

            fn show(&self) -> serde_json::Value {
                let mut fields = serde_json::Map::new();
                $(fields.insert(stringify!($field).to_owned(), $crate::rows::row::Row::show(&self.$field));)+
                fields.into()
            }
        }
    };
}

/// A closed set's row: the place in its stable `ALL`.
macro_rules! row_of_names {
    ($($type:ty),+ $(,)?) => {
        $(impl $crate::rows::row::Row for $type {
            fn write(&self, out: &mut Vec<u8>) {
                $crate::rows::row::Row::write(&(self.index() as u64), out);
            }

            fn read(input: &mut &[u8]) -> Option<Self> {
                let index: u64 = $crate::rows::row::Row::read(input)?;
                Self::ALL.get(usize::try_from(index).ok()?).copied()
            }

            fn show(&self) -> serde_json::Value {
                self.name().into()
            }
        })+
    };
}

pub(crate) use {row, row_of_names};

impl Row for u64 {
    fn write(&self, out: &mut Vec<u8>) {
        let mut left = *self;
        while left >= 0x80 {
            out.push(left as u8 | 0x80);
            left >>= 7;
        }
        out.push(left as u8);
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = take_byte(input)?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return (shift < 63 || byte < 2).then_some(value);
            }
        }
        None
    }

    fn show(&self) -> Value {
        json!(self)
    }
}

impl Row for i64 {
    fn write(&self, out: &mut Vec<u8>) {
        (((self << 1) ^ (self >> 63)) as u64).write(out);
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        let value = u64::read(input)?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    fn show(&self) -> Value {
        json!(self)
    }
}

macro_rules! through_u64 {
    ($($type:ty),+) => {
        $(impl Row for $type {
            fn write(&self, out: &mut Vec<u8>) {
                u64::from(*self).write(out);
            }

            fn read(input: &mut &[u8]) -> Option<Self> {
                <$type>::try_from(u64::read(input)?).ok()
            }

            fn show(&self) -> Value {
                json!(self)
            }
        })+
    };
}
through_u64!(u8, u16, u32);

impl Row for i32 {
    fn write(&self, out: &mut Vec<u8>) {
        i64::from(*self).write(out);
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        i64::read(input)?.try_into().ok()
    }

    fn show(&self) -> Value {
        json!(self)
    }
}

impl Row for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        match take_byte(input)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn show(&self) -> Value {
        json!(self)
    }
}

impl Row for f64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_bits().to_le_bytes());
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        let (bytes, rest) = input.split_first_chunk::<8>()?;
        *input = rest;
        Some(Self::from_bits(u64::from_le_bytes(*bytes)))
    }

    fn show(&self) -> Value {
        json!(self)
    }
}

impl Row for f32 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_bits().to_le_bytes());
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        let (bytes, rest) = input.split_first_chunk::<4>()?;
        *input = rest;
        Some(Self::from_bits(u32::from_le_bytes(*bytes)))
    }

    fn show(&self) -> Value {
        json!(self)
    }
}

impl<T: Row> Row for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        Some(if bool::read(input)? { Some(T::read(input)?) } else { None })
    }

    fn show(&self) -> Value {
        self.as_ref().map_or(Value::Null, Row::show)
    }
}

impl<A: Row, B: Row> Row for (A, B) {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        Some((A::read(input)?, B::read(input)?))
    }

    fn show(&self) -> Value {
        json!([self.0.show(), self.1.show()])
    }
}

impl<T: Row + Copy + Default, const N: usize> Row for [T; N] {
    fn write(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|value| value.write(out));
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        let mut values = [T::default(); N];
        for value in &mut values {
            *value = T::read(input)?;
        }
        Some(values)
    }

    fn show(&self) -> Value {
        self.iter().map(Row::show).collect()
    }
}

impl<T: Row> Row for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u64).write(out);
        self.iter().for_each(|value| value.write(out));
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        let length = usize::try_from(u64::read(input)?).ok()?;
        // Every value takes a byte at least, so a made-up length can not ask for memory.
        if length > input.len() {
            return None;
        }
        (0..length).map(|_| T::read(input)).collect()
    }

    fn show(&self) -> Value {
        self.iter().map(Row::show).collect()
    }
}

impl Row for String {
    fn write(&self, out: &mut Vec<u8>) {
        (self.len() as u64).write(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        let length = usize::try_from(u64::read(input)?).ok()?;
        let (text, rest) = input.split_at_checked(length)?;
        *input = rest;
        core::str::from_utf8(text).ok().map(Self::from)
    }

    fn show(&self) -> Value {
        json!(self)
    }
}

fn take_byte(input: &mut &[u8]) -> Option<u8> {
    let (&byte, rest) = input.split_first()?;
    *input = rest;
    Some(byte)
}

/// For the tests of all kinds of rows.
#[cfg(test)]
pub(crate) mod testing {
    use super::{Row, decode, encode};

    /// Writes and reads a row; how many bytes it took.
    pub(crate) fn there_and_back<T: Row + PartialEq + core::fmt::Debug>(value: &T) -> usize {
        let mut bytes = Vec::new();
        encode(value, &mut bytes);
        assert_eq!(decode::<T>(&bytes).as_ref(), Some(value));
        for cut in 0..bytes.len() {
            assert_eq!(decode::<T>(&bytes[..cut]), None, "a shorter value is no row");
        }
        bytes.push(0);
        assert_eq!(decode::<T>(&bytes), None, "a longer value is no row");
        bytes.len() - 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::testing::there_and_back;
    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn every_value_is_read_back(a: u64, b: i64, c: Option<u16>, d: bool, e in proptest::collection::vec(any::<i32>(), 0..9), f: String) {
            there_and_back(&((a, b), ((c, d), (e, f))));
        }

        #[test]
        fn floats_keep_every_bit(bits: u64) {
            let mut bytes = Vec::new();
            encode(&f64::from_bits(bits), &mut bytes);
            prop_assert_eq!(decode::<f64>(&bytes).map(f64::to_bits), Some(bits));
        }

        #[test]
        fn arbitrary_bytes_are_refused_or_read_but_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode::<(Vec<(u64, String)>, [Option<f64>; 3])>(&bytes);
        }
    }

    #[test]
    fn a_row_of_another_format_is_not_guessed_at() {
        let mut bytes = Vec::new();
        encode(&7_u64, &mut bytes);
        bytes[0] = 2;
        assert_eq!(decode::<u64>(&bytes), None);
    }
}
