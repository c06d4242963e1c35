//! Connections that can not hold anything up: one that takes nothing of what it is sent for a while is closed. A viewer who has stopped
//! reading would otherwise keep its place until the operating system finds out.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio_io_timeout::TimeoutStream;

/// How long a connection may take nothing.
const PATIENCE: Duration = Duration::from_secs(20);

/// A listener whose connections are closed when they take nothing for too long.
pub(super) struct Patient(TcpListener);

impl Patient {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self(listener)
    }
}

impl Listener for Patient {
    type Io = Pin<Box<TimeoutStream<TcpStream>>>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        // The listener's own way through errors such as too many open files.
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Frames are small, and each is news.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(PATIENCE));
        (Box::pin(stream), address)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.0.local_addr()
    }
}
