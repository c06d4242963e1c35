//! A registry that this process starts.

use std::io::{Read, Write};
use std::net::TcpStream;

use cluster::{Registry, registry};

#[test]
fn a_registry_registers_a_schema_and_leaves_nothing_behind() {
    let registry = Registry::start(registry::Options::new()).unwrap();
    let folder = registry.folder().to_owned();
    let url = registry.url();
    let address = url.trim_start_matches("http://").trim_end_matches(registry::API_PATH);

    let schema = r#"{"schema":"\"string\""}"#;
    let registered = post(address, "/subjects/greeting-value/versions", schema);
    assert!(registered.starts_with("HTTP/1.1 200") && registered.contains("\"id\":"), "{registered}");

    drop(registry);
    assert!(!folder.exists(), "{} is left behind", folder.display());
    assert!(TcpStream::connect(address).is_err(), "somebody still listens on {address}");
}

fn post(address: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("POST {}{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n", registry::API_PATH);
    let kind = "Content-Type: application/vnd.schemaregistry.v1+json";
    write!(stream, "{head}{kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
