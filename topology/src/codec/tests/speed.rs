//! Prints what a record costs; asserts nothing, since machines differ. `cargo test -p topology speed -- --nocapture`

use super::*;
use crate::cpu_time::cpu_time;

#[test]
fn speed_of_a_chat_message() {
    let text = r#"{"kind":"message","id":"e-000001","user":"u-000007","message":"m-000001","text":"this is what a message looks like"}"#;
    let value: Chat = decode(text.as_bytes()).unwrap();
    for format in [Format::Json, Format::Avro] {
        let bytes = bytes_of(&value, format);
        let rounds = 100_000u32;
        let started = cpu_time();
        for _ in 0..rounds {
            std::hint::black_box(decode::<Chat>(std::hint::black_box(&bytes)).unwrap());
        }
        let decoding = (cpu_time() - started) / rounds;
        let mut out = Vec::new();
        let started = cpu_time();
        for _ in 0..rounds {
            out.clear();
            encode(std::hint::black_box(&value), format, &mut out).unwrap();
        }
        let encoding = (cpu_time() - started) / rounds;
        println!("{format:?}: {} bytes, decode {decoding:?}, encode {encoding:?}", bytes.len());
    }
}
