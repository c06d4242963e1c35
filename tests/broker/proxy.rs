//! A way to the broker that can be cut per client: the client goes on running, and the cluster hears nothing of it any more.

use std::collections::{HashMap, HashSet};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// Up to the client's name: length (4), API (2), its version (2), number of the request (4), length of the name (2).
const HEADER: usize = 14;

#[derive(Default)]
struct Ways {
    /// Both ends of every connection, by client id.
    open: HashMap<String, Vec<TcpStream>>,
    cut: HashSet<String>,
}

/// Forwards connections. Kafka advertises the proxy's address, so every client comes this way.
pub(crate) struct Proxy {
    listener: TcpListener,
    ways: Arc<Mutex<Ways>>,
}

impl Proxy {
    pub(crate) fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").unwrap(), ways: Arc::default() }
    }

    pub(crate) fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    /// Begins to forward to this address.
    pub(crate) fn forward_to(&self, broker: &str) {
        let (listener, ways, broker) = (self.listener.try_clone().unwrap(), Arc::clone(&self.ways), broker.to_owned());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (ways, broker) = (Arc::clone(&ways), broker.clone());
                std::thread::spawn(move || connect(&ways, client, &broker));
            }
        });
    }

    /// Cuts a client off, for ever.
    pub(crate) fn cut(&self, client_id: &str) {
        let mut ways = self.ways.lock().unwrap();
        ways.cut.insert(client_id.to_owned());
        for end in ways.open.remove(client_id).unwrap_or_default() {
            drop(end.shutdown(Shutdown::Both));
        }
    }
}

/// Every request names its client, so the first one says whose the connection is.
fn connect(ways: &Mutex<Ways>, mut client: TcpStream, broker: &str) -> Option<()> {
    let mut header = [0; HEADER];
    client.read_exact(&mut header).ok()?;
    let name_len = i16::from_be_bytes([header[12], header[13]]);
    let mut name = vec![0; usize::try_from(name_len).unwrap_or(0)];
    client.read_exact(&mut name).ok()?;
    let client_id = String::from_utf8_lossy(&name).into_owned();
    let mut upstream = TcpStream::connect(broker).ok()?;
    client.set_nodelay(true).ok()?;
    upstream.set_nodelay(true).ok()?;
    {
        let mut ways = ways.lock().unwrap();
        if ways.cut.contains(&client_id) {
            return None;
        }
        let ends = [client.try_clone().ok()?, upstream.try_clone().ok()?];
        ways.open.entry(client_id).or_default().extend(ends);
    }
    upstream.write_all(&header).ok()?;
    upstream.write_all(&name).ok()?;
    let (from, to) = (upstream.try_clone().ok()?, client.try_clone().ok()?);
    std::thread::spawn(move || copy(from, to));
    copy(client, upstream);
    Some(())
}

fn copy(mut from: TcpStream, mut to: TcpStream) {
    drop(std::io::copy(&mut from, &mut to));
    drop(to.shutdown(Shutdown::Both));
    drop(from.shutdown(Shutdown::Both));
}
