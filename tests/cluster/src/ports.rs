//! Ports on this machine's loopback.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

use crate::error::Error;

/// Below the ports that Linux and macOS give to outgoing connections: a client that tries again and again to reach a killed
/// server could otherwise be given the server's own port, and then keeps the server from coming back.
const FIRST: u16 = 12_000;
const LAST: u16 = 31_999;

/// Whether nobody listens there.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// A port that was asked for by name.
pub(crate) fn take(port: u16, flag: &'static str) -> Result<u16, Error> {
    if is_free(port) { Ok(port) } else { Err(Error::PortTaken { port, flag }) }
}

/// A free port, another one with each call. Another process may take it before the server does; whoever starts one tries again.
pub(crate) fn free() -> Result<u16, Error> {
    static TRIED: AtomicU16 = AtomicU16::new(0);
    let count = LAST - FIRST + 1;
    // Test processes run side by side: each begins elsewhere.
    let start = std::process::id().wrapping_mul(97);
    for _ in 0..count {
        let step = start.wrapping_add(u32::from(TRIED.fetch_add(1, Ordering::Relaxed)));
        let port = FIRST + u16::try_from(step % u32::from(count)).unwrap_or(0);
        if is_free(port) {
            return Ok(port);
        }
    }
    Err(Error::NoPort { first: FIRST, last: LAST })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_refused_by_name() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, free().unwrap())).unwrap();
        let port = listener.local_addr().unwrap().port();
        let refused = take(port, "--port").unwrap_err().to_string();
        assert!(refused.contains(&format!("port {port} is taken")) && refused.contains("--port"), "{refused}");
        drop(listener);
        assert_eq!(take(port, "--port").unwrap(), port);
    }

    #[test]
    fn two_calls_give_two_ports_out_of_reach_of_outgoing_connections() {
        let (one, two) = (free().unwrap(), free().unwrap());
        assert_ne!(one, two);
        assert!([one, two].iter().all(|port| (FIRST..=LAST).contains(port)));
    }
}
