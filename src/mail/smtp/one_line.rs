use std::{
    fmt, io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

/// A TCP stream that hands over at most one line at a time.
///
/// A reply buffered before TLS and read after it would be taken for the server's own: an attacker
/// on the line can so answer for the server, up to "your letter is accepted" (the class of
/// CVE-2011-0411). lettre keeps its buffer across STARTTLS. Here there is never more in it than
/// the line just asked for, so whatever was smuggled in behind the reply to STARTTLS ends up in
/// the TLS handshake, which fails.
pub(super) struct OneLine {
    tcp: TcpStream,
    held: Vec<u8>,
    /// How many bytes came since a line ended.
    unended: usize,
}

/// The longest line taken in, in bytes: RFC 5321 §4.5.3.1.5 allows 512. Without it, a server that
/// never ends a line grows this process. Behind TLS nothing reads as lines, and records of TLS
/// hold a newline often enough never to come near.
const LONGEST: usize = 1 << 20;

impl OneLine {
    pub(super) fn new(tcp: TcpStream) -> Self {
        Self { tcp, held: Vec::new(), unended: 0 }
    }
}

impl AsyncRead for OneLine {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.held.is_empty() {
            let mut chunk = [0; 4_096];
            let mut read = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut this.tcp).poll_read(context, &mut read))?;
            this.held.extend_from_slice(read.filled());
        }
        let line = this.held.iter().position(|&b| b == b'\n').map_or(this.held.len(), |at| at + 1);
        let taken: Vec<u8> = this.held.drain(..line.min(out.remaining())).collect();
        this.unended = if taken.ends_with(b"\n") { 0 } else { this.unended + taken.len() };
        if this.unended > LONGEST {
            return Poll::Ready(Err(io::Error::other("the server's line does not end")));
        }
        out.put_slice(&taken);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for OneLine {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().tcp).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(context)
    }
}

impl AsyncTokioStream for OneLine {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.peer_addr()
    }
}

impl fmt::Debug for OneLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OneLine").finish_non_exhaustive()
    }
}
