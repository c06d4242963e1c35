//! Avro's single-object encoding: `0xC3 0x01`, the CRC-64-AVRO of the schema (little endian), the record. And Confluent's framing, which
//! puts a zero and the registry's id of the schema (big endian) in front instead.
//!
//! Records go straight between bytes and structs; apache-avro's `Value` in between would cost more than twice as much.

use std::sync::LazyLock;

use apache_avro::Schema;
use apache_avro::rabin::Rabin;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::writer::datum::GenericDatumWriter;

use super::error::{DecodeError, EncodeError, reason};
use crate::wire::{
    Baselines, Chat, EngagementScore, InterventionCommand, InterventionFeedback, InterventionResult, Policy, Poll,
    Presence, Reaction, Session, Value,
};

/// The two marker bytes.
const MARKER: [u8; 2] = [0xC3, 0x01];

/// The most that one length field of a record may make the decoder allocate; the crate's own limit is 512 MiB.
const ALLOCATION_BYTES_MAX: usize = 8 * 1024 * 1024;

/// A value that has an Avro schema, parsed once.
pub trait Coded: Value {
    /// Its schemas.
    ///
    /// # Errors
    /// A schema in the binary does not parse; a test holds that this cannot happen.
    fn avro() -> Result<&'static Avro, &'static apache_avro::Error>;
}

/// The schemas of one record, ready to read and to write.
pub struct Avro {
    record: &'static str,
    /// The schema that this binary writes.
    writer: GenericDatumWriter<'static>,
    /// What precedes each record: marker and fingerprint of that schema.
    pub(super) header: [u8; 10],
    /// Every schema that this binary reads, by fingerprint; the one that it writes is the first.
    readers: Vec<([u8; 8], GenericDatumReader<'static>)>,
}

impl Avro {
    pub(super) fn new<T: Value>(schemas: &'static [Schema]) -> Result<Self, apache_avro::Error> {
        apache_avro::util::max_allocation_bytes(ALLOCATION_BYTES_MAX);
        let mut readers = Vec::new();
        for schema in schemas {
            readers.push((fingerprint(schema), GenericDatumReader::builder(schema).build()?));
        }
        let [written, ..] = schemas else {
            return Err(serde::ser::Error::custom("a record without a schema"));
        };
        let [a, b, c, d, e, f, g, h] = fingerprint(written);
        let [first, second] = MARKER;
        Ok(Self {
            record: T::RECORD,
            writer: GenericDatumWriter::builder(written).build()?,
            header: [first, second, a, b, c, d, e, f, g, h],
            readers,
        })
    }

    fn reader(&self, fingerprint: [u8; 8]) -> Option<&GenericDatumReader<'static>> {
        self.readers.iter().find(|(known, _)| *known == fingerprint).map(|(_, reader)| reader)
    }
}

/// The schemas of a record, as text in the binary: the current one, then the former ones.
pub(super) fn parse<T: Value>() -> Result<Vec<Schema>, apache_avro::Error> {
    std::iter::once(&T::SCHEMA).chain(T::FORMER_SCHEMAS).map(|text| Schema::parse_str(text)).collect()
}

/// CRC-64-AVRO of the schema's canonical form, in the byte order of the header.
fn fingerprint(schema: &Schema) -> [u8; 8] {
    let fingerprint = schema.fingerprint::<Rabin>();
    // The algorithm gives eight bytes; were it ever otherwise, the golden list of fingerprints would notice.
    fingerprint.bytes.first_chunk().copied().unwrap_or_default()
}

macro_rules! coded {
    ($($Record:ty),+ $(,)?) => {
        $(impl Coded for $Record {
            fn avro() -> Result<&'static Avro, &'static apache_avro::Error> {
                static SCHEMAS: LazyLock<Result<Vec<Schema>, apache_avro::Error>> = LazyLock::new(parse::<$Record>);
                static AVRO: LazyLock<Result<Avro, apache_avro::Error>> = LazyLock::new(|| match &*SCHEMAS {
                    Ok(schemas) => Avro::new::<$Record>(schemas),
                    Err(error) => Err(serde::ser::Error::custom(error)),
                });
                AVRO.as_ref()
            }
        })+

        /// The schemas of all records, in the order of the wire contract.
        fn all() -> impl Iterator<Item = &'static Avro> {
            [$(<$Record>::avro()),+].into_iter().flatten()
        }
    };
}

coded!(
    Chat,
    Poll,
    Presence,
    Reaction,
    Session,
    InterventionFeedback,
    EngagementScore,
    InterventionCommand,
    InterventionResult,
    Policy,
    Baselines,
);

/// Every schema that this binary reads: the record and the schema's CRC-64-AVRO, current before former ones.
pub fn fingerprints() -> impl Iterator<Item = (&'static str, u64)> {
    all().flat_map(|avro| avro.readers.iter().map(|(bytes, _)| (avro.record, u64::from_le_bytes(*bytes))))
}

/// The CRC-64-AVRO of any schema, if it is one: two texts with the same number have the same bytes on the wire.
#[must_use]
pub fn fingerprint_of(schema: &str) -> Option<u64> {
    Schema::parse_str(schema).ok().map(|schema| u64::from_le_bytes(fingerprint(&schema)))
}

pub(super) fn encode<T: Coded>(value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let avro = T::avro().map_err(|error| failed::<T>(error))?;
    out.extend_from_slice(&avro.header);
    write(avro, value, out)
}

pub(super) fn encode_framed<T: Coded>(value: &T, schema_id: u32, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let avro = T::avro().map_err(|error| failed::<T>(error))?;
    out.push(0);
    out.extend_from_slice(&schema_id.to_be_bytes());
    write(avro, value, out)
}

fn write<T: Coded>(avro: &Avro, value: &T, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    avro.writer.write_ser(out, value).map_err(|error| failed::<T>(&error))?;
    Ok(())
}

fn failed<T: Value>(error: &apache_avro::Error) -> EncodeError {
    EncodeError::Avro { record: T::RECORD, reason: reason(error) }
}

/// Reads what follows the marker's first byte.
pub(super) fn decode<T: Coded>(bytes: &[u8]) -> Result<T, DecodeError> {
    let Some(([second, fingerprint @ ..], datum)) = bytes.split_first_chunk::<9>() else {
        return Err(DecodeError::TruncatedHeader);
    };
    if *second != 0x01 {
        return Err(DecodeError::UnknownFormat { first: 0xC3 });
    }
    read(*fingerprint, datum)
}

/// Reads a record that was written with the schema of this fingerprint.
pub(super) fn read<T: Coded>(fingerprint: [u8; 8], mut datum: &[u8]) -> Result<T, DecodeError> {
    let failed = |error: &apache_avro::Error| DecodeError::Avro { record: T::RECORD, reason: reason(error) };
    let Some(reader) = T::avro().map_err(failed)?.reader(fingerprint) else {
        return Err(unknown::<T>(fingerprint));
    };
    let value = reader.read_deser(&mut datum).map_err(|error| failed(&error))?;
    if datum.is_empty() { Ok(value) } else { Err(DecodeError::TrailingBytes { record: T::RECORD, count: datum.len() }) }
}

/// Another record's fingerprint is a record on the wrong topic, any other one a newer producer.
fn unknown<T: Value>(fingerprint: [u8; 8]) -> DecodeError {
    match all().find(|avro| avro.reader(fingerprint).is_some()) {
        Some(avro) => DecodeError::WrongRecord { record: T::RECORD, found: avro.record },
        None => DecodeError::UnknownFingerprint { record: T::RECORD, fingerprint: u64::from_le_bytes(fingerprint) },
    }
}
