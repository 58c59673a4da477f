//! What bounds one connection: its socket knows how many calls are being worked
//! on and whether the client reads its answers, and reads no more requests
//! while either is too much.

use super::config::ServerLimits;
use futures::task::AtomicWaker;
use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        atomic::{AtomicU32, Ordering},
        Arc,
    },
    task::{ready, Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::OwnedSemaphorePermit,
    time::Sleep,
};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The calls of one connection.
#[derive(Debug)]
pub struct Calls {
    running: AtomicU32,
    limit: u32,
    /// Who waits to read the connection's next request.
    reader: AtomicWaker,
}

impl Calls {
    /// None yet, `limit` at most.
    pub fn new(limit: u32) -> Arc<Self> {
        Arc::new(Self { running: AtomicU32::new(0), limit, reader: AtomicWaker::new() })
    }

    /// Counts a call until the guard is dropped.
    pub fn begin(self: &Arc<Self>) -> RunningCall {
        self.running.fetch_add(1, Ordering::AcqRel);
        RunningCall(self.clone())
    }

    fn are_too_many(&self) -> bool {
        self.running.load(Ordering::Acquire) >= self.limit
    }
}

/// A call that is being worked on.
#[derive(Debug)]
pub struct RunningCall(Arc<Calls>);

impl Drop for RunningCall {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::AcqRel);
        self.0.reader.wake();
    }
}

/// A client's socket.
pub struct ClientSocket {
    socket: TcpStream,
    calls: Arc<Calls>,
    stall_timeout: Duration,
    /// Runs while the client does not read what is written to it.
    stalled: Option<Pin<Box<Sleep>>>,
    /// It ran out, and nothing is read from such a client either.
    gone: bool,
    /// When to fail; reading and writing are awaited by different tasks.
    cut: [Pin<Box<WaitForCancellationFutureOwned>>; 2],
    /// One of the connections there may be, given back with the last reader
    /// and writer.
    _permit: OwnedSemaphorePermit,
}

impl ClientSocket {
    /// Counts as one connection by `permit`; fails when `cut` is cancelled.
    pub fn new(
        socket: TcpStream,
        calls: Arc<Calls>,
        limits: &ServerLimits,
        cut: &CancellationToken,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        let cut = [Box::pin(cut.clone().cancelled_owned()), Box::pin(cut.clone().cancelled_owned())];
        Self { socket, calls, stall_timeout: limits.stall_timeout, stalled: None, gone: false, cut, _permit: permit }
    }

    fn must_not_read(&self) -> bool {
        self.stalled.is_some() || self.calls.are_too_many()
    }

    /// Passes on what writing came to, and measures how long it comes to nothing.
    fn watch<T>(&mut self, outcome: Poll<io::Result<T>>, context: &mut Context<'_>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            if self.stalled.take().is_some() {
                self.calls.reader.wake();
            }
            return outcome;
        }
        let stall_timeout = self.stall_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(stall_timeout)));
        if !self.gone {
            ready!(stalled.as_mut().poll(context));
            self.gone = true;
            self.calls.reader.wake();
        }
        Poll::Ready(Err(does_not_read()))
    }

    fn fail_if_cut(&mut self, side: usize, context: &mut Context<'_>) -> io::Result<()> {
        match self.cut.get_mut(side).map(|cut| cut.as_mut().poll(context)) {
            Some(Poll::Ready(())) => Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the server has stopped")),
            Some(Poll::Pending) | None => Ok(()),
        }
    }
}

fn does_not_read() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client does not read")
}

impl AsyncRead for ClientSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.fail_if_cut(0, context)?;
        if self.gone {
            return Poll::Ready(Err(does_not_read()));
        }
        if self.must_not_read() {
            self.calls.reader.register(context.waker());
            // It may have become possible before the waker was known.
            if self.must_not_read() {
                return Poll::Pending;
            }
        }
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl AsyncWrite for ClientSocket {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.fail_if_cut(1, context)?;
        let outcome = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.watch(outcome, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.fail_if_cut(1, context)?;
        let outcome = Pin::new(&mut self.socket).poll_write_vectored(context, slices);
        self.watch(outcome, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
