//! The TCP connection under an SSH session: it can be cut from outside, and gives only so much before the
//! server has let us in. The library's task reads it until it fails, so this is how that task ends.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// What a server may send before it has let us in, in bytes: banners, keys, nothing else.
const BEFORE: usize = 1 << 20;

/// A connection with a knife at it.
pub(super) struct Line {
    tcp: TcpStream,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    let_in: Arc<AtomicBool>,
    left: usize,
}

impl Line {
    /// Ends with an error once `cut` is cancelled, or when too much comes while not `let_in`.
    pub(super) fn new(tcp: TcpStream, cut: CancellationToken, let_in: Arc<AtomicBool>) -> Self {
        Self { tcp, cut: Box::pin(cut.cancelled_owned()), let_in, left: BEFORE }
    }

    fn check(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        match self.cut.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::ConnectionAborted.into()),
            Poll::Pending => Ok(()),
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(context)?;
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.tcp).poll_read(context, buffer);
        if !self.let_in.load(Ordering::Relaxed) {
            let came = buffer.filled().len() - before;
            let left = self.left.checked_sub(came);
            self.left = left.ok_or(io::ErrorKind::FileTooLarge)?;
        }
        read
    }
}

impl AsyncWrite for Line {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(context)?;
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(context)?;
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }
}
