//! Asks a server whether it is ready, over the wire, without a client library: what the clients do is what is tested with it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// For one question. A server that is only starting gets asked again.
const PATIENCE: Duration = Duration::from_secs(2);
/// More than any cluster here has.
const BROKERS_MAX: i32 = 16;
/// More than any answer to the questions here needs.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Whether the broker of this id, on this port, answers and counts itself among the living: from then on, topics can be created.
pub(crate) fn kafka_answers(port: u16, id: i32) -> bool {
    brokers(port).is_ok_and(|living| living.contains(&id))
}

/// Whether the registry on this port answers on Confluent's API.
pub(crate) fn registry_answers(port: u16, path: &str) -> bool {
    http_status(port, path).is_ok_and(|status| status == 200)
}

/// Kafka's Metadata request, version 1, for no topic; the answer begins with the brokers that live, of which these are the
/// ids.
fn brokers(port: u16) -> io::Result<Vec<i32>> {
    let mut request = Vec::with_capacity(18);
    request.extend(14_i32.to_be_bytes()); // bytes that follow
    request.extend(3_i16.to_be_bytes()); // Metadata
    request.extend(1_i16.to_be_bytes()); // version
    request.extend(1_i32.to_be_bytes()); // correlation
    request.extend((-1_i16).to_be_bytes()); // client without a name
    request.extend(0_i32.to_be_bytes()); // no topics
    let mut stream = connect(port)?;
    stream.write_all(&request)?;
    skip(&mut stream, 8)?; // size, correlation
    let count = i32::from_be_bytes(read(&mut stream)?).clamp(0, BROKERS_MAX);
    let mut living = Vec::new();
    for _ in 0..count {
        living.push(i32::from_be_bytes(read(&mut stream)?));
        skip_text(&mut stream)?; // its host
        skip(&mut stream, 4)?; // its port
        skip_text(&mut stream)?; // its rack
    }
    Ok(living)
}

/// The next bytes of an answer.
fn read<const COUNT: usize>(stream: &mut TcpStream) -> io::Result<[u8; COUNT]> {
    let mut bytes = [0; COUNT];
    stream.read_exact(&mut bytes).map(|()| bytes)
}

fn skip(stream: &mut TcpStream, count: u64) -> io::Result<()> {
    io::copy(&mut stream.take(count), &mut io::sink()).map(drop)
}

/// A text stands behind its length, which is -1 when there is none.
fn skip_text(stream: &mut TcpStream) -> io::Result<()> {
    let length = i16::from_be_bytes(read(stream)?);
    skip(stream, u64::try_from(length).unwrap_or(0))
}

fn http_status(port: u16, path: &str) -> io::Result<u16> {
    let mut stream = connect(port)?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX as u64).read_to_end(&mut answer)?;
    let line = String::from_utf8_lossy(&answer);
    line.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

fn connect(port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}
